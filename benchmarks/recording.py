"""``python -m benchmarks.recording WORDS``: prints what a command sends to PostgreSQL, for psql.

Those that find out who asks are left out: psql knows who it is.
"""

import os
import sys
from contextlib import redirect_stdout
from typing import Any

from mycrm_cli.db import connect
from mycrm_cli.main import run


def main() -> int:
    """Run the command, remember its statements, and print them with their values."""
    import psycopg

    sent: list[str] = []
    execute = connect.Connection.execute

    def remember(self: connect.Connection, sql: str, params: Any = ()) -> Any:
        sent.append(psycopg.ClientCursor(self.raw).mogrify(self.sql(sql), params))
        return execute(self, sql, params)

    connect.Connection.execute = remember  # type: ignore[method-assign]
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        status = run(sys.argv[1:])
    asked = [sql for sql in sent if "alembic_version" not in sql and "set_config" not in sql]
    print(";\n".join(asked) + ";")
    return status


if __name__ == "__main__":
    sys.exit(main())
