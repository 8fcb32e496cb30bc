"""Reading imports nothing heavy."""

import subprocess
import sys

FORBIDDEN = (
    "sqlmodel",
    "sqlalchemy",
    "pydantic",
    "alembic",
    "typer",
    "rich",
    "dataclasses",
    "typing",
    "pathlib",
    "hypothesis",
)
SCRIPT = """
import sys
before = set(sys.modules)
import mycrm_cli.query
{more}
print(*sorted({{name.partition('.')[0] for name in set(sys.modules) - before}}))
"""
EVERYTHING = "import pkgutil, mycrm_cli.query as package; [__import__(f'mycrm_cli.query.{m.name}') for m in pkgutil.iter_modules(package.__path__)]"


def loaded(more: str) -> set[str]:
    """Return the top-level modules that a fresh process has after importing the package."""
    line = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n" + SCRIPT.format(more=more)]
    return set(subprocess.run(line, capture_output=True, text=True, check=True).stdout.split())


def test_the_package_imports_nothing_heavy() -> None:
    assert not loaded("").intersection(FORBIDDEN)


def test_no_module_of_it_does() -> None:
    modules = loaded(EVERYTHING)
    assert not modules & {"sqlmodel", "sqlalchemy", "pydantic", "alembic", "typer", "rich", "dataclasses"}
    assert "difflib" not in modules
