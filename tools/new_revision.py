"""Write a migration for what changed in the entities: ``python tools/new_revision.py "add deal.region"``.

It compares the entities with a database at the newest revision. Read what it wrote: row security,
full text and triggers of new tables are written by hand (``mycrm_cli/db/ddl.py`` has the words), and
``REVISION`` in ``mycrm_cli/db/revision.py`` is raised.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from mycrm_cli.db import migrate
from mycrm_cli.db.connect import connect


def main(message: str) -> None:
    """Write ``migrations/versions/NNNN_message.py``."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'head.db'}"
        migrate.upgrade(url)
        number = len(list((Path(migrate.folder()) / "versions").glob("[0-9]*.py"))) + 1
        with migrate.session(connect(url, write=True)) as connection:
            command.revision(
                migrate.config(connection), message, autogenerate=True, rev_id=f"{number:04}", version_path=None
            )


if __name__ == "__main__":
    main(sys.argv[1])
