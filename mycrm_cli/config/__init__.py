"""Where the program's files lie, what can be set, which profile is meant, and where its secrets come from."""
