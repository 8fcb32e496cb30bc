"""Who may do what with backups, and whose they are."""

import shutil
from pathlib import Path

from tests.program import Program


def second(crm: Program, folder: Path) -> Program:
    """Return a program with a home and a database of its own, both of the same names as the first's."""
    other = Program(folder / "other")
    who = ("--organization", "Globex", "--slug", "globex", "--email", "gus@globex.com")
    other("init", "--profile", "work", *who, "--first-name", "Gus", "--last-name", "Lane", "--no-input")
    return other


def test_backups_of_another_database(sqlite_crm: Program, tmp_path: Path) -> None:
    """They stay where both lie in one folder, and are not put into the place of a profile's own."""
    other, both = second(sqlite_crm, tmp_path), tmp_path / "both"
    mine = Path(sqlite_crm("db", "backup", "--to", str(both), "--keep", "1").lines[0])
    theirs = Path(other("db", "backup", "--to", str(both), "--keep", "1").lines[0])
    named = theirs.with_name(mine.name.replace(mine.name.split("-")[0], theirs.name.split("-")[0]))
    assert mine.exists() and theirs.exists()
    shutil.copy(mine, named)
    shutil.copy(f"{mine}.json", f"{named}.json")
    other("db", "backup", "--to", str(both), "--keep", "1")
    assert named.exists() and not theirs.exists()
    refused = other("db", "restore", str(mine), "--confirm", "work", exit=6).stderr
    assert "holds acme, and not the organization of profile work" in refused
    assert "with acme, is whole" in sqlite_crm("db", "restore", str(mine), "-n").stderr
    assert other("org", "view", "globex").stdout


def test_who_may(sqlite_crm: Program) -> None:
    """A reader neither restores nor thins out backups, and a profile that names nobody opens no door."""
    sqlite_crm("user", "add", "ro@acme.com", "--role", "readonly")
    sqlite_crm(
        "profile", "add", "ro", "--organization", "acme", "--user", "ro@acme.com", "--database", sqlite_crm.database
    )
    made = sqlite_crm("db", "backup").lines[0]
    sqlite_crm("-P", "ro", "db", "backup", "--keep", "1", exit=4)
    sqlite_crm("-P", "ro", "db", "restore", made, "--confirm", "ro", exit=4)
    config = sqlite_crm.home / "config.toml"
    text = config.read_text()
    config.write_text(text.replace('user = "ro@acme.com"', 'user = "nobody@acme.com"'))
    refused = sqlite_crm("-P", "ro", "db", "restore", made, "--confirm", "ro", exit=None)
    assert refused.exit in (4, 78), refused
