"""A person's rights: everything the organization holds about somebody, and how all of it goes."""
