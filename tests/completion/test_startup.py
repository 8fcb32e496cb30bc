"""Completion answers before anything heavy is imported."""

import ast
from pathlib import Path

import pytest

from tests.completion.asking import add
from tests.program import Program

FORBIDDEN = {
    "typer", "rich", "sqlmodel", "sqlalchemy", "pydantic", "alembic", "psycopg", "keyring", "platformdirs",
    "dataclasses", "inspect", "typing", "pathlib", "json", "re", "uuid", "mycrm_cli.query", "mycrm_cli.catalog", "mycrm_cli.kinds",
}  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ("",),
        ("contact", "list", "--"),
        ("contact", "list", "-w", "status="),
        ("contact", "view", ""),
        ("contact", "view", "S"),
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(sqlite_crm: Program, words: tuple[str, ...], tmp_path: Path) -> None:
    import subprocess
    import sys

    add(sqlite_crm, "Somebody")
    import time

    time.sleep(2.2)  # the configuration must be settled before it is kept for the next start
    sqlite_crm("contact", "count")
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
    assert len(done.stdout.splitlines()) > 1
    assert not FORBIDDEN & set(ast.literal_eval(done.stderr))
