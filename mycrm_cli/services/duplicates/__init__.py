"""Records that are there twice: found by what they share, merged into one."""
