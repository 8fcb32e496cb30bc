"""What must stay true of the source itself: light start-up, fresh generated files, small files, documented commands."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from mycrm_cli import catalog
from mycrm_cli.cli import tree
from mycrm_cli.cli.topics import TOPICS
from mycrm_cli.query import computed
from tests.program import Program

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mycrm_cli"
HEAVY = (
    "sqlmodel",
    "sqlalchemy",
    "alembic",
    "pydantic",
    "psycopg",
    "keyring",
    "platformdirs",
    "phonenumbers",
    "email_validator",
)
SOURCES = sorted(PACKAGE.rglob("*.py"))


def modules_after(program: Program, *line: str) -> set[str]:
    """Return the names of the modules that a run imports, found out in a process of its own."""
    code = f"import sys; from mycrm_cli.main import run; run({list(line)!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=program.environment(), capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "line",
    [
        ("contact", "list"),
        ("contact", "view", "C-1"),
        ("contact", "count", "-w", "score>=70 +vip"),
        ("contact", "export"),
        ("search", "ana"),
        ("profile", "list"),
        ("--help",),
        ("contact", "add", "--help"),
    ],
    ids=" ".join,
)
def test_reading_imports_nothing_heavy(sqlite_crm: Program, line: tuple[str, ...]) -> None:
    """Reads run from the catalogue on the DB-API."""
    sqlite_crm("contact", "add", "Ana Berg", "--email", "ana@example.com")
    loaded = modules_after(sqlite_crm, *line)
    assert not loaded & {*HEAVY, "rich", "mycrm_cli.entities", "mycrm_cli.services.records"}


def test_writing_needs_no_sqlmodel(sqlite_crm: Program) -> None:
    """Neither do writes."""
    loaded = modules_after(sqlite_crm, "contact", "add", "Ana Berg", "--email", "ana@example.com")
    assert "mycrm_cli.services.records" in loaded
    assert not loaded & {"sqlmodel", "sqlalchemy", "alembic", "pydantic", "mycrm_cli.entities"}


def test_generated_files_are_fresh() -> None:
    """``make generate`` would change nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.generate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_files_and_functions_are_short() -> None:
    """A file has at most 300 lines, a function at most 40."""
    long = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 300:
            long.append(f"{path.name}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 40:
                long.append(f"{path.name}:{node.lineno} {node.name}")
    assert not long


def leaves(names: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    """Return every command of the tree with the words that call it."""
    from mycrm_cli.cli.groups import LazyGroup

    command: object = tree.root()
    for name in names:
        assert isinstance(command, LazyGroup)
        command = command.build(name)
    if not isinstance(command, LazyGroup):
        return [(names, command)]
    return [leaf for name in command.list_commands(None) for leaf in leaves((*names, name))]


def test_every_command_is_documented() -> None:
    """Each has a sentence, an example, and help at every option; there are enough of them."""
    found = leaves()
    missing = []
    for names, command in found:
        line = " ".join(names)
        text = command.help or ""  # type: ignore[attr-defined]
        if "mycrm" not in text:
            missing.append(f"{line}: no example")
        if not text.strip().splitlines()[0].endswith("."):
            missing.append(f"{line}: no sentence")
        missing += [
            f"{line} {param.opts[0]}"
            for param in command.params  # type: ignore[attr-defined]
            if param.param_type_name == "option" and not param.help
        ]
    assert not missing
    assert len(found) >= 55, f"only {len(found)} commands"


def test_every_help_fits_a_terminal(program: Program) -> None:
    """No help is wider than 80 columns."""
    wide = []
    for names, _ in leaves():
        text = program(*names, "--help").stdout
        wide += [f"{' '.join(names)}: {line}" for line in text.splitlines() if len(line) > 80]
    for topic in TOPICS:
        wide += [f"{topic}: {line}" for line in program("help", topic).stdout.splitlines() if len(line) > 80]
    assert not wide


def test_every_description_holds_together() -> None:
    """What the catalogue says of an entity names fields that there are."""
    wrong = []
    for entity in catalog.entities().values():
        known = {*entity.fields, *entity.relations, *computed.of(entity), "name"}
        named = [*entity.columns, *entity.wide, *entity.search, *entity.match, *entity.any_of, *entity.distinct]
        named += [name.lstrip("-") for name in entity.sort.split(",")]
        named += [name for item in entity.title for name in item.split()]
        wrong += [f"{entity.name}.{name}" for name in named if name not in known]
        wrong += [f"{e.name} {e.command}" for e in [entity] if e.commands and not (e.command and e.title)]
    assert not wrong
    assert len(catalog.entities()) >= 45


def test_unscoped_reads_are_these(sqlite_crm: Program) -> None:
    """Only the functions of one module read without an organization."""
    from mycrm_cli.db import directory

    public = {
        name for name, value in vars(directory).items() if callable(value) and value.__module__ == directory.__name__
    }
    assert {name for name in public if not name.startswith("_")} == {
        "Identity",
        "identify",
        "checked",
        "outsider",
        "admitted",
        "check_schema",
        "compare_versions",
        "find_organization",
        "organization_ids",
        "scope_of",
    }


def test_the_statement_check_sees_what_is_loose() -> None:
    """The check that runs over every statement of the suite finds those that it should."""
    from tests.tenancy import unscoped_tables

    assert unscoped_tables("SELECT id FROM contacts WHERE email = ?") == ["contacts"]
    assert unscoped_tables("UPDATE contacts SET city = ? WHERE id = ?") == ["contacts"]
    assert unscoped_tables(
        "SELECT c.id FROM contacts AS c JOIN users AS u ON u.id = c.owner_id WHERE c.organization_id = ?"
    ) == ["users"]
    assert unscoped_tables("INSERT INTO contacts (id) VALUES (?)") == ["contacts"]
    assert unscoped_tables("SELECT id FROM contacts AS c WHERE c.organization_id = ?") == []
    assert unscoped_tables("SELECT id FROM organizations") == []
