"""The scripts in the real shells: what is stored in a record is typed for the user, and never evaluated."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.completion.asking import PAYLOADS, UNTYPABLE
from tests.completion.terminal import ROOT, Box, Terminal, require
from tests.program import Program

SHELLS = ("bash", "zsh", "fish")
QUOTES = {"none": ("{}", ""), "double": ('"{}', ""), "single": ("'{}", "")}


@pytest.fixture
def named(sqlite_crm: Program) -> tuple[Program, dict[str, str]]:
    """Contacts called after the payloads, each behind a beginning of its own; their ids by that beginning."""
    import json

    names = {f"zq{place:02}": name for place, name in enumerate(PAYLOADS + UNTYPABLE)}
    records = [{"last_name": f"{start} {name}"} for start, name in names.items()]
    added = sqlite_crm("contact", "add", "--from-json", "-", "--yes", stdin=json.dumps(records)).lines
    plain = [{"last_name": name, "first_name": None} for name in PAYLOADS + UNTYPABLE]
    sqlite_crm("contact", "add", "--from-json", "-", "--yes", "--allow-duplicate", stdin=json.dumps(plain))
    return sqlite_crm, dict(zip(names, added, strict=True))


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    """One of the shells, which is there."""
    require(request.param)
    return str(request.param)


@pytest.fixture
def terminal(shell: str, named: tuple[Program, dict[str, str]], tmp_path: Path) -> Iterator[tuple[Terminal, Box]]:
    """The shell in a terminal of its own."""
    folder = tmp_path / "box"
    folder.mkdir()
    box = Box(named[0], folder)
    running = Terminal(shell, box)
    yield running, box
    running.close()


@pytest.mark.parametrize("quote", QUOTES)
def test_a_hostile_name_becomes_one_literal_word(
    terminal: tuple[Terminal, Box], named: tuple[Program, dict[str, str]], quote: str
) -> None:
    running, box = terminal
    program, ids = named
    opening, closing = QUOTES[quote]
    for place, name in enumerate(PAYLOADS):
        start = f"zq{place:02}"
        running.complete(f"mycrm contact view {opening.format(start)}", f"{closing} {start}")
        call = box.called(start)
        own = " ".join(f"{start} {name}".split())
        assert call == ["contact", "view", own, start], (name, running.screen[-600:].decode("utf-8", "replace"))
        assert program("contact", "view", own, "-o", "ids").lines == [ids[start]]
    assert box.files() == []


def test_menus_show_names_harmlessly(terminal: tuple[Terminal, Box]) -> None:
    running, box = terminal
    for line in (
        "mycrm contact view ",
        "mycrm contact view C-",
        "mycrm contact view zq",
        "mycrm contact edit --owner ",
    ):
        running.type(line)
        running.settle()
        for _ in range(3):
            running.type("\t")
            running.settle(0.5, 0.15)
        running.type("\x03")
        running.settle(0.2)
    for raw in (b"\x1b]0;owned", b"\xe2\x80\xae", b"\xc2\x9b", b"\x01\x02"):
        assert raw not in running.screen
    running.type("\rmycrm still alive\r")
    assert box.called("alive") == ["still", "alive"]
    assert box.files() == []


def test_words_that_the_shells_split(terminal: tuple[Terminal, Box]) -> None:
    running, box = terminal
    lines = (
        ("mycrm contact add --owner=ana@ac", "add", ["contact", "add", "--owner=ana@acme.com"]),
        ("mycrm contact list -w status=arch", "where", ["contact", "list", "-w", "status=archived"]),
        ("mycrm contact list -w 'score>1 status=arch", "quoted", ["contact", "list", "-w", "score>1 status=archived"]),
        (
            'mycrm contact list -w "owner=me status:inac',
            "double",
            ["contact", "list", "-w", "owner=me status:inactive"],
        ),
        ("mycrm contact view c-1", "nothing", None),
        ("mycrm con", "noun", None),
    )
    for line, name, expected in lines:
        if expected is None:
            continue
        running.complete(line, f" {name}")
        assert box.called(name) == [*expected, name], running.screen[-600:].decode("utf-8", "replace")
    # Names go on without a space where more may follow.
    running.complete("mycrm contact list -F lifecycle_s", ",email fields")
    call = box.called("fields")
    assert call is not None
    assert "".join(call[3:-1]) == "lifecycle_stage,email"
    (box.work / "some file.csv").touch()
    running.complete("mycrm contact export -O som", " file")
    assert box.called("file") == ["contact", "export", "-O", "some file.csv", "file"]


def test_nothing_typed_is_evaluated(terminal: tuple[Terminal, Box]) -> None:
    running, box = terminal
    for line in ("mycrm contact view $(touch x", "mycrm contact view `touch x", "mycrm $(touch x) contact view ",
                 'mycrm -P "$(touch x)" contact view ', "mycrm contact view a\\;touch\\ x", "mycrm contact view ${x:=$(touch x)"):  # fmt: skip
        running.type(line)
        running.settle(0.5, 0.05)
        running.type("\t\t")
        running.settle(0.5, 0.2)
        running.type("\x03\x03")
        running.settle(0.2)
    running.type("\rmycrm still alive\r")
    assert box.called("alive") == ["still", "alive"]
    assert box.files() == []


def test_fish_without_a_terminal(named: tuple[Program, dict[str, str]], tmp_path: Path) -> None:
    require("fish")
    folder = tmp_path / "box"
    folder.mkdir()
    box = Box(named[0], folder)
    script = (
        f"source {ROOT}/completions/mycrm.fish; complete -C 'mycrm contact view zq'; complete -C 'mycrm contact view '"
    )
    done = subprocess.run(
        ["fish", "--no-config", "-c", script],
        env=box.environment,
        cwd=box.work,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert "zq00 $(touch x)" in done.stdout.splitlines()
    assert box.files() == []


def test_bash_function_with_names_that_begin_with_what_is_special(
    named: tuple[Program, dict[str, str]], tmp_path: Path
) -> None:
    require("bash")
    folder = tmp_path / "box"
    folder.mkdir()
    box = Box(named[0], folder)
    names = [" ".join(name.split()) for name in PAYLOADS if not name.startswith("-")]
    typable = [name for name in names if any(c.isalpha() for c in name) and (" " in name or "." not in name)]
    assert len(typable) >= 20
    script = [f"source {ROOT}/completions/mycrm.bash"]
    for name in typable:
        start = "".join(f"\\{c}" if c.isascii() and not c.isalnum() else c for c in name[:3])
        quoted = start.replace("'", "'\\''")
        script += [
            f"COMP_LINE='mycrm contact view {quoted}'; COMP_POINT=${{#COMP_LINE}}; COMP_CWORD=3",
            f"_mycrm mycrm '{quoted}' view",
            'for one in "${COMPREPLY[@]}"; do eval "set -- $one"; printf "%s\\0%s\\0" "$#" "$*"; done; printf "\\n\\0\\0"',
        ]
    done = subprocess.run(
        ["bash", "--norc", "-c", "\n".join(script)],
        env=box.environment,
        cwd=box.work,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    groups = done.stdout.split("\n\0\0")
    assert len(groups) == len(typable) + 1
    for name, group in zip(typable, groups, strict=False):
        cells = group.split("\0")
        found = dict(zip(cells[1::2], cells[0::2], strict=False))
        assert found.get(name) == "1", (name, found)
    assert box.files() == []
