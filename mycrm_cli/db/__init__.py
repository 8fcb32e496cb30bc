"""The database: connections, column types, the unit of work, migrations."""
