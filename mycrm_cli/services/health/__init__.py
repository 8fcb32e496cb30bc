"""What ``mycrm doctor`` looks at: the machine, the files, the database, and whether organizations are kept apart."""
