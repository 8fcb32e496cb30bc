"""Completion answers before anything heavy is imported."""

import ast
import subprocess
import sys
import time

from tests.completion.asking import add
from tests.program import Program

FORBIDDEN = {
    "typer", "rich", "sqlmodel", "sqlalchemy", "pydantic", "alembic", "psycopg", "keyring", "platformdirs",
    "dataclasses", "inspect", "typing", "pathlib", "json", "re", "uuid", "mycrm_cli.query", "mycrm_cli.catalog", "mycrm_cli.kinds",
}  # fmt: skip
LINES = (
    ("",),
    ("contact", "list", "--"),
    ("contact", "list", "-w", "status="),
    ("contact", "view", ""),
    ("contact", "view", "S"),
    ("contact", "tag", ""),
    ("contact", "list", "-w", "+"),
    ("deal", "move", "D-1", ""),
    ("stage", "view", "Sales/"),
    ("log", "call", ""),
    ("filter", "save", "hot", "lead", "@"),
    ("undo", "X-"),
)


def test_nothing_heavy_is_imported(sqlite_crm: Program) -> None:
    add(sqlite_crm, "Somebody", "--tag=vip")
    sqlite_crm("filter", "save", "hot", "lead", "-w", "score>1")
    time.sleep(2.2)  # the configuration must be settled before it is kept for the next start
    sqlite_crm("contact", "count")
    for words in LINES:
        # runpy and a checkout's own start-up hooks import some of it, so the modules are asked for as the script starts.
        code = (
            "import sys; from mycrm_cli.__main__ import main; "
            f"sys.argv = ['mycrm', '__complete', 'fish', '--', *{words!r}]; status = main(); "
            "sys.stderr.write(repr(sorted(sys.modules)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env=sqlite_crm.environment(),
            timeout=60,
            check=True,
        )
        assert len(done.stdout.splitlines()) > 1, words
        assert not FORBIDDEN & set(ast.literal_eval(done.stderr)), words
