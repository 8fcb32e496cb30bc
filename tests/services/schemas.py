"""What a database's schema is made of, to tell that it is as it was before."""

from mycrm_cli.db import connect as connecting
from tests.program import Program

POSTGRESQL = (
    (
        "SELECT concat_ws(' ', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid), k.convalidated,"
        " k.condeferred, obj_description(k.oid, 'pg_constraint'))"
        " FROM pg_constraint AS k WHERE k.connamespace = 'public'::regnamespace"
    ),
    (
        "SELECT concat_ws(' ', pg_get_indexdef(x.indexrelid), x.indisvalid, obj_description(x.indexrelid, 'pg_class'))"
        " FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indexrelid WHERE c.relnamespace = 'public'::regnamespace"
    ),
    (
        "SELECT concat_ws(' ', t.tgrelid::regclass, t.tgconstrrelid::regclass, t.tgfoid::regproc, t.tgenabled,"
        " t.tginitdeferred, k.conname)"
        " FROM pg_trigger AS t LEFT JOIN pg_constraint AS k ON k.oid = t.tgconstraint"
    ),
)


def schema(crm: Program) -> list[str]:
    """Return the indexes and triggers of a database, and the constraints of a server's, with what is said of them."""
    connection = connecting.connect(crm.database)
    if connection.dialect == "sqlite":
        statements: tuple[str, ...] = ("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL",)
    else:
        statements = POSTGRESQL
    found = sorted(row[0] for statement in statements for row in connection.raw.execute(statement))
    connection.close()
    return found
