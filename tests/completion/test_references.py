"""Records that are offered: by number, name and address, of one organization only, whatever they are called."""

import hashlib
import os
import socket
import time
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mycrm_cli import catalog, commands
from mycrm_cli.completing import access, places, references
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.query.keys import keys
from mycrm_cli.scope import Locale, Scope
from tests.completion.asking import PAYLOADS, UNTYPABLE, add, ask, offered
from tests.program import Program


def test_numbers_the_newest_first_with_titles(crm: Program) -> None:
    for place in range(1, 13):
        add(crm, f"Person {place}")
    mode, found = ask(crm, "contact", "view", "")
    assert mode == "words"
    assert list(found) == [f"C-{place}" for place in range(12, 0, -1)]
    assert found["C-3"] == "Person 3"
    assert offered(crm, "contact", "view", "C-1") == ["C-12", "C-11", "C-10", "C-1"]
    assert offered(crm, "contact", "view", "c-12") == ["c-12"]
    assert offered(crm, "contact", "edit", "C-9", "C-1") == ["C-12", "C-11", "C-10", "C-1"]
    assert offered(crm, "contact", "view", "C-0") == offered(crm, "contact", "view", "C-x") == []
    assert offered(crm, "contact", "view", "C-99999999999999999999") == []


def test_at_most_thirty(crm: Program) -> None:
    records = "[" + ",".join(f'{{"last_name":"Same {n:03}"}}' for n in range(70)) + "]"
    crm("contact", "add", "--from-json", "-", "--yes", stdin=records)
    assert offered(crm, "contact", "view", "") == [f"C-{n}" for n in range(70, 40, -1)]
    assert offered(crm, "contact", "view", "Same") == [f"Same {n:03}" for n in range(30)]


def test_names_and_addresses_go_on_from_what_was_typed(crm: Program) -> None:
    id = add(crm, "García Müller", "--first-name=José", "--email=jose@example.com")
    for typed, expected in (
        ("Jos", ["Jose@example.com", "José García Müller"]),
        ("jose", ["jose@example.com", "jose García Müller"]),
        ("JOSE g", ["JOSE garcía Müller"]),
        ("josé garcia m", ["josé garcia müller"]),
        ("Jose@ex", ["Jose@example.com"]),
    ):
        found = offered(crm, "contact", "view", typed)
        assert found == expected
        for value in found:
            assert value.startswith(typed)
            assert crm("contact", "view", value, "-o", "ids").lines == [id]


def test_relations_take_the_records_they_point_to(crm: Program) -> None:
    crm("company", "add", "Acme Rockets")
    crm("team", "add", "Field Sales")
    assert ask(crm, "contact", "add", "--owner", "")[1] == {"me": "You", "ana@acme.com": "Ana Berg", "Ana Berg": ""}
    assert offered(crm, "contact", "add", "--owner=an") == ["--owner=ana@acme.com", "--owner=ana Berg"]
    assert offered(crm, "contact", "list", "-w", "owner=a") == ["owner=ana@acme.com", "owner=any"]
    assert "CO-1" in offered(crm, "contact", "add", "--company", "")
    assert offered(crm, "user", "edit", "me", "--team", "F") == ["Field Sales"]


def test_the_trash_is_offered_to_those_who_work_in_it(crm: Program) -> None:
    add(crm, "Kept")
    add(crm, "Thrown")
    crm("contact", "delete", "C-2")
    assert offered(crm, "contact", "view", "") == ["C-1"]
    assert offered(crm, "contact", "view", "T") == []
    assert offered(crm, "contact", "view", "--deleted", "") == ["C-2"]
    assert offered(crm, "contact", "restore", "") == ["C-2"]
    assert offered(crm, "contact", "purge", "T") == ["Thrown"]


def test_custom_fields(crm: Program) -> None:
    assert offered(crm, "contact", "list", "-F", "cf.") == []


def test_a_disabled_or_unknown_user_gets_nothing(crm: Program) -> None:
    add(crm, "Somebody")
    crm("user", "add", "bob@acme.com", "--role", "sales_rep")
    crm("profile", "add", "bob", "--organization", "acme", "--user", "bob@acme.com")
    crm.sign_in("bob")
    config = crm.home / "config.toml"
    own = config.read_text().partition("[profiles.bob]")[2].partition("\n[")[0]
    config.write_text(config.read_text() + "\n[profiles.eve]" + own.replace("bob@", "eve@") + "\n")
    assert offered(crm, "-P", "bob", "contact", "view", "") == ["C-1"]
    crm("-P", "work", "user", "edit", "bob@acme.com", "--is-active", "no")
    assert offered(crm, "-P", "bob", "contact", "view", "") == []
    assert offered(crm, "-P", "eve", "contact", "view", "") == []
    assert offered(crm, "-P", "bob", "contact", "add", "--owner", "") == []


def test_hostile_names_are_one_harmless_line_each_and_find_their_record(crm: Program) -> None:
    ids = {name: add(crm, f"Zq {name}") for name in PAYLOADS + UNTYPABLE}
    shown = ask(crm, "contact", "view", "")[1]
    assert len(shown) == 30
    for text in shown.values():
        assert text.isprintable(), text
    found = offered(crm, "contact", "view", "Zq ")
    assert {" ".join(f"Zq {name}".split()) for name in PAYLOADS if "@" not in name} >= set(found)
    for name, id in ids.items():
        own = " ".join(f"Zq {name}".split())
        start = own[: len("Zq ") + 3]
        if name in UNTYPABLE:
            assert own not in offered(crm, "contact", "view", start[:5])
            continue
        assert own in offered(crm, "contact", "view", start), name
        assert crm("contact", "view", own, "-o", "ids").lines == [id]


SCOPE = Scope(UUID(int=1), UUID(int=2), "admin", organization="", slug="", email="", locale=Locale())


@given(
    st.text(min_size=1)
    | st.from_regex(r"[A-Za-z]{0,4}-?\d{1,12}|[\d +()./-]+|[0-9a-f-]{30,40}|\w+\.\w+", fullmatch=True)
)
@example("C-5")
@example("p-5")
@example("a/b c")
@example("GTX-100.5")
@example("me")
@example("ext:hubspot:1")
@example("tel:+13125550100")
@example("acme.com")
@example("a@b.c")
@example("0192f0c1-0000-7000-8000-000000000000")
def test_what_is_offered_as_a_name_can_mean_nothing_else(text: str) -> None:
    name = " ".join(text.split())
    if references.is_name(name):
        assert not name.startswith("-")
        for entity in catalog.nouns().values():
            # A name that is another product's code is left out by a statement of its own.
            ways = [way for way in keys(entity, name, SCOPE) if way[0] != "sku"]
            if entity.table in places.SIGNS and places.SIGNS[entity.table] in name:
                continue  # not offered where it would be a place
            assert ways == [("name", fold_key(name))]
    if references.is_code(text, "P"):
        assert keys(catalog.entity("product"), text, SCOPE)[0] == ("sku", text)


@given(st.text(), st.integers(0, 20))
def test_the_rest_of_a_name_goes_on_from_what_was_typed(text: str, length: int) -> None:
    name = " ".join(text.split())
    rest = references.rest_of(name, name[:length])
    assert rest is None or references.folded(name[:length] + rest) == references.folded(name)


def digest(folder: Path) -> str:
    """Return a digest of all files of a folder: names, times, contents."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        whole.update(f"{path} {path.stat().st_mtime_ns}".encode())
        whole.update(path.read_bytes() if path.is_file() else b"")
    return whole.hexdigest()


def test_nothing_is_written(sqlite_crm: Program, tmp_path: Path) -> None:
    add(sqlite_crm, "Somebody")
    before = digest(tmp_path)
    for words in (["contact", "view", ""], ["contact", "view", "S"], ["contact", "list", "-w", "owner="], ["-P", ""]):
        done = sqlite_crm.process("__complete", "fish", "--", *words)
        assert done.stdout.startswith("words\n") and done.stderr == ""
        assert len(done.lines) > 1
    assert digest(tmp_path) == before


def test_a_password_that_somebody_would_be_asked_for_is_left_alone(program: Program, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    folder = program.home
    folder.mkdir()
    (folder / "config.toml").write_text(
        '[profiles.far]\ndatabase = "postgresql://crm@127.0.0.1:1/crm"\norganization = "acme"\nuser = "ana@acme.com"\n'
        f'organization_id = "01a205bf-ca37-7000-8a3c-1353f5494f18"\ndatabase_password = "command:touch {asked}"\n'
    )
    (folder / "config.toml").chmod(0o600)
    done = program.process("__complete", "zsh", "--", "contact", "view", "")
    assert (done.stdout, done.stderr) == ("words\n", "")
    assert not asked.exists()


def far(program: Program, port: int) -> None:
    """Give the program a profile on a PostgreSQL server at a port of this machine."""
    program.home.mkdir()
    config = program.home / "config.toml"
    config.write_text(
        f'[profiles.far]\ndatabase = "postgresql://crm@127.0.0.1:{port}/crm"\norganization = "acme"\n'
        'user = "ana@acme.com"\norganization_id = "01a205bf-ca37-7000-8a3c-1353f5494f18"\n'
    )
    config.chmod(0o600)


def test_a_server_that_is_down_is_silence(program: Program) -> None:
    far(program, 1)
    done = program.process("__complete", "zsh", "--", "contact", "view", "")
    assert (done.stdout, done.stderr) == ("", "")


def test_a_server_that_does_not_answer_is_given_up_soon(program: Program) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        far(program, silent.getsockname()[1])
        begun = time.monotonic()
        done = program.process("__complete", "zsh", "--", "contact", "view", "")
        assert (done.stdout, done.stderr) == ("", "")
        assert time.monotonic() - begun < 6


def test_a_database_that_is_locked_is_given_up_soon(sqlite_crm: Program) -> None:
    import sqlite3

    add(sqlite_crm, "Somebody")
    path = sqlite_crm.database.removeprefix("sqlite:///")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA journal_mode = DELETE")
    holder.execute("BEGIN EXCLUSIVE")
    begun = time.monotonic()
    done = sqlite_crm.process("__complete", "zsh", "--", "contact", "view", "")
    holder.close()
    assert (done.stdout, done.stderr) == ("", "")
    assert time.monotonic() - begun < 6


@pytest.mark.parametrize("column", ["number", "email", "name_key", "sku"])
def test_every_statement_reads_a_part_of_an_index(sqlite_crm: Program, column: str) -> None:
    plans: dict[str, list[str]] = {}

    def explained(reached: access.Access) -> list[tuple[str, str]]:
        low, high = (1, 2) if column == "number" else ("a", "b")
        for noun in catalog.nouns():
            if (noun, column) == ("user", "email"):
                continue  # addresses of users are unique everywhere, and the users of an organization few
            entity = commands.read(f"@{noun}")
            if "title" not in entity or not (entity["prefix"] if column == "number" else column in entity["keys"]):
                continue
            statements: list[str] = []
            reached.connection.raw.set_trace_callback(statements.append)
            references._rows(reached, entity, column, low, high, False)
            reached.connection.raw.set_trace_callback(None)
            plans[noun] = [row[3] for row in reached.connection.execute(f"EXPLAIN QUERY PLAN {statements[0]}")]
        return []

    with patch.dict(os.environ, sqlite_crm.environment(), clear=True):
        access.ask(None, explained)
    assert plans
    for noun, plan in plans.items():
        assert any(f"(organization_id=? AND {column}>? AND {column}<?)" in line for line in plan), (noun, plan)
        assert not any("TEMP B-TREE" in line for line in plan), (noun, plan)
