"""A whole organization in one file, for backups and for the way from one database to another.

The file is JSON, one line each: a head that says what is in it, then for each table a line with its
columns and a line for each row, and a tail with the number of rows and a SHA-256 over all lines before it.
Values are written as the kinds dump them, so that they mean the same on both databases.
"""
