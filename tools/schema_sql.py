"""Write the SQL of the first migration from the entities: ``python tools/schema_sql.py``.

Only while no release carries that migration. Afterwards its files stay as they are, and a later
migration is made with ``python tools/new_revision.py``.
"""

from pathlib import Path

import mycrm_cli.entities  # noqa: F401  (fills the metadata)
from mycrm_cli.db import ddl

VERSIONS = Path(__file__).parent.parent / "migrations" / "versions"


def script(dialect_name: str) -> str:
    """Return the statements of a dialect as the text of a file, with an empty line between them."""
    return "\n\n".join(ddl.statements(dialect_name)) + "\n"


def main() -> None:
    """Write a file for each database."""
    for dialect_name in ("sqlite", "postgresql"):
        (VERSIONS / f"0001.{dialect_name}.sql").write_text(script(dialect_name), encoding="utf-8")


if __name__ == "__main__":
    main()
