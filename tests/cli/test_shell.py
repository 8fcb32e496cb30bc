"""``mycrm shell``: lines at a prompt in a real terminal, lines from a pipe, and the record they are about."""

import os
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from mycrm_cli.cli import shellwords
from mycrm_cli.cli.shellcontext import Context, applied
from mycrm_cli.cli.shellhistory import is_kept
from mycrm_cli.cli.shellprompt import Candidates
from mycrm_cli.errors import UsageError
from tests.cli.test_terminal import Terminal
from tests.program import Program

PLAIN = {"NO_COLOR": "1", "PROMPT_TOOLKIT_NO_CPR": "1"}
DEAL = Context("deal", "D-12", "D-12", "work")


@contextmanager
def prompt(crm: Program, *line: str, **env: str) -> Iterator[Terminal]:
    """Open a shell in a terminal; its end is checked."""
    terminal = Terminal(crm, "shell", *line, env=PLAIN | env)
    try:
        terminal.expect(">")
        yield terminal
        assert left(terminal) == 0, terminal.text
    finally:
        terminal.process.kill()
        terminal.process.wait()


def left(terminal: Terminal) -> int | None:
    """Press Ctrl-D until the shell has ended; a key that comes before the prompt reads is lost."""
    for _ in range(20):
        terminal.type("\x04")
        with suppress(subprocess.TimeoutExpired):
            return terminal.process.wait(timeout=1)
    return None


READY = "\x1b[?2004h"
"""What a terminal is told when the prompt begins to read."""


def say(terminal: Terminal, typed: str, expected: str, ready: str = READY) -> None:
    """Type keys, wait for an answer and for the next prompt."""
    terminal.text = ""
    terminal.type(typed)
    terminal.expect(expected)
    if ready not in terminal.text:
        terminal.expect(ready)


def test_a_story_at_the_prompt(crm: Program, tmp_path: Path) -> None:
    """A record in context, completion, history, errors, Ctrl-C and questions, as a rep would meet them."""
    crm("deal", "add", "Acme renewal", "--value", "100")
    for name in ("Jan Smit", "Ida Berg", "Bo Ek"):
        crm("contact", "add", name)
    with prompt(crm) as terminal:
        say(terminal, "mycrm contact count\r", "3")
        say(terminal, "deal D-1\r", "work deal D-1>")
        say(terminal, "move Prop\t", "osal", "osal")
        say(terminal, "\r", "undo")
        say(terminal, "edit --value 5000\r", "undo")
        say(terminal, "log call \"Wants 'a | b'\"\r", "undo")
        say(terminal, 'note add "Likes it"\r', "undo")
        say(terminal, "view\r", "Likes it")
        say(terminal, "deal D-99\r", "no deal matches")
        say(terminal, "veiw\r", "did you mean: view")
        say(terminal, "half a line\x03", "work deal D-1>")
        say(terminal, "exit\r", "work>")
        say(terminal, "contact list | wc\r", "no pipes")
        say(terminal, "shell\r", "this is the shell already")
        say(terminal, "?\r", "leaves the record")
        say(terminal, "contact delete -w 'name^=Ida or name^=Bo'\r", "[y/N]", "[y/N]")
        time.sleep(0.3)  # before anything is read an interrupt would have to wait for it
        say(terminal, "\x03", "interrupted")
        say(terminal, "contact delete -w 'name^=Ida or name^=Bo'\r", "[y/N]", "[y/N]")
        say(terminal, "y\r", "deleted 2 contacts")
    with prompt(crm, "--context", "deal D-1") as terminal:
        say(terminal, "\x1b[A", "contact delete", "contact")
        say(terminal, "\x03", "D-1>")
    deal = crm.json("deal", "view", "D-1")
    assert (deal["value"], crm("contact", "count").stdout) == ("5000.00", "1\n")
    assert crm.json("deal", "list", "-w", "stage=Proposal")[0]["id"] == deal["id"]
    assert crm.json("note", "list", "-F", "deal,body")[0]["body"] == "Likes it"
    assert crm("note", "count", "-w", "deal=D-1").stdout == "1\n"
    assert (
        crm.json("activity", "list", "-w", "deal=D-1 subject~wants", "-F", "subject")[0]["subject"] == "Wants 'a | b'"
    )
    file = crm.home / "state" / "shell_history"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "view" in file.read_text().splitlines()


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"COLUMNS": "30"}], ids=str)
def test_poor_terminals(sqlite_crm: Program, env: dict[str, str]) -> None:
    """A prompt without any skill, and a narrow one; the wish for no colours is honoured."""
    with prompt(sqlite_crm, **env) as terminal:
        is_dumb = env.get("TERM") == "dumb"
        say(terminal, "contact count\r", "0\r\nwork>" if is_dumb else "0", "work>" if is_dumb else READY)
        assert "0" in terminal.text and "\x1b[3" not in terminal.text


def test_editor_and_pager_work_inside(sqlite_crm: Program, tmp_path: Path) -> None:
    """Programs that take the terminal give it back."""
    sqlite_crm("contact", "add", "Ana Berg")
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nstty -echo raw < /dev/tty; sed -i 's/^city:.*/city: Rome/' \"$1\"\n")
    editor.chmod(0o700)
    rows = "[" + ",".join(f'{{"first_name": "N{i}"}}' for i in range(60)) + "]"
    sqlite_crm("contact", "add", "--from-json", "-", "--yes", stdin=rows)
    with prompt(sqlite_crm, EDITOR=str(editor), PAGER="sed s/^/P:/") as terminal:
        say(terminal, "contact edit C-1\r", "undo")
        say(terminal, "contact list -L 0\r", "P:")
        say(terminal, "contact view C-1\r", "Rome")


def test_lines_from_a_pipe(crm: Program) -> None:
    """One after another, each with its own status; the first that fails ends them, unless told otherwise."""
    lines = "# names\n\n$ mycrm contact add 'Ana Berg'\ncontact C-1\nedit --city Oslo\n..\n"
    assert len(crm("shell", stdin=lines).lines) == 2
    failing = "contact count\ncontact view C-9\ncontact count\n"
    ended = crm("shell", stdin=failing, exit=3)
    assert ended.stdout == "1\n"
    assert "line 2 ended with exit status 3" in ended.stderr
    going = crm("shell", "--keep-going", stdin=failing, exit=7)
    assert going.stdout == "1\n1\n"
    assert crm("shell", "--keep-going", stdin="contact view C-9\n", exit=3).stdout == ""
    assert crm("shell", stdin="contact count\nexit\ncontact count\n").stdout == "1\n"
    assert crm("shell", "-o", "json", "--context", "contact C-1", stdin="view\n").json["city"] == "Oslo"
    assert crm("shell", "--context", "contact C-9", exit=3).stdout == ""
    # A command that reads stdin gets none of the lines.
    assert crm("shell", stdin="contact delete -\ncontact count\n", exit=None).stderr.count("C-1") == 0
    assert "a quote (') is open" in crm("shell", stdin="contact add 'Ana\n", exit=2).stderr
    assert crm("contact", "view", "C-1", "--json").json["city"] == "Oslo"


def test_profiles_inside(crm: Program) -> None:
    """``profile use`` holds from the next line on and ends a context; -P of the shell wins over it."""
    crm("org", "add", "--name", "Globex", "--slug", "globex", "--admin-email", "gus@globex.com")
    crm("profile", "add", "globex", "--organization", "globex", "--user", "gus@globex.com", "--database", crm.database)
    crm.sign_in("globex")
    crm("contact", "add", "Ana")
    crm("contact", "add", "Gus", "-P", "globex")
    lines = "contact C-1\nview -o jsonl\nprofile use globex\ncontact list -F name\n"
    shown = crm("shell", stdin=lines)
    assert '"first_name": "Ana"' in shown.stdout
    assert shown.lines[-1] == "Gus"
    left = crm("shell", "-q", stdin="profile use work\ncontact C-1\nprofile use globex\nview\n", exit=2)
    assert "no command 'view'" in left.stderr
    bound = crm(
        "shell", "-P", "work", stdin="contact C-1\nprofile use globex\ncontact list -F name\nedit -P globex\n", exit=2
    )
    assert "Ana" in bound.stdout
    assert "contact C-1 is of profile work" in bound.stderr


def test_debugging_one_line_is_over_with_it(sqlite_crm: Program) -> None:
    """What a line is told with does not stay for the next."""
    told = sqlite_crm("shell", stdin="contact count --debug\ncontact count\n").stderr.splitlines()
    assert told[-1].startswith("sql: ") and " statements, " in told[-1]
    assert sum(" statements, " in line for line in told) == 1


def test_a_command_in_the_shell_is_fast(sqlite_crm: Program) -> None:
    """It takes less than a quarter of what a process of its own takes."""

    def seconds(*line: str, stdin: str = "") -> float:
        start = time.perf_counter()
        sqlite_crm.process(*line, stdin=stdin)
        return time.perf_counter() - start

    line = "contact list\n"
    tries = [
        (seconds("contact", "list"), seconds("shell", stdin=line), seconds("shell", stdin=21 * line)) for _ in "abc"
    ]
    fresh, one, many = (min(times) for times in zip(*tries, strict=True))
    assert (many - one) / 20 < fresh / 4


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("view", "deal view D-12"),
        ("show", "deal show D-12"),
        ("move Proposal", "deal move D-12 Proposal"),
        ("move D-13 Proposal", "deal move D-13 Proposal"),
        ("move D-13", "deal move D-13"),
        ("edit --value 5000 -y", "deal edit D-12 --value 5000 -y"),
        ("-o json view", "-o json deal view D-12"),
        ("delete D-13", "deal delete D-13"),
        ("delete Other", "deal delete Other"),
        ("delete -w +vip", "deal delete -w +vip"),
        ("delete -", "deal delete -"),
        ("list", "deal list"),
        ("tag vip", "deal tag vip D-12"),
        ("tag vip D-13", "deal tag vip D-13"),
        ("history", "deal history D-12"),
        ("merge D-13", "merge D-13"),
        ("log call Hello", "log call D-12 Hello"),
        ("log call C-1 Hello", "log call C-1 Hello"),
        ("log call jan@x.com", "log call jan@x.com"),
        ("log call Jan Hello", "log call Jan Hello"),
        ("note add Hi", "note add --deal D-12 Hi"),
        ("note add Hi --deal D-1", "note add Hi --deal D-1"),
        ("task add Call --due fri", "task add --deal D-12 Call --due fri"),
        ("item add Seat", "item add D-12 Seat"),
        ("item add D-1 Seat", "item add D-1 Seat"),
        ("contact list", "contact list"),
        ("contact add Jan", "contact add Jan"),
        ("deal view D-3", "deal view D-3"),
        ("deal contact add D-3 C-1", "deal contact add D-3 C-1"),
        ("undo", "undo"),
        ("nonsense", "nonsense"),
    ],
)
def test_what_a_line_means_in_a_context(typed: str, full: str) -> None:
    """Verbs alone mean the record; whatever names another one is left as it is."""
    assert " ".join(applied(typed.split(), DEAL)) == full
    assert applied(typed.split(), None) == typed.split()


def test_words() -> None:
    """Quotes as in a shell; signs for pipes are refused only where they would have been signs."""
    assert shellwords.split("mycrm a 'b | c' \"d > e\" f\\ g x|y score>=70 --body=\"a & b\" '' \\|") == [
        *("a", "b | c", "d > e", "f g", "x|y", "score>=70", "--body=a & b", "", "|")
    ]
    assert shellwords.split("import ~/a.csv") == ["import", os.path.expanduser("~/a.csv")]
    assert shellwords.split("$HOME `ls` *") == ["$HOME", "`ls`", "*"]
    for line in ("a | b", "a > b", "a && b", "'x' ; b", "a 2> b", "| a", "a &"):
        with pytest.raises(UsageError, match="means nothing here"):
            shellwords.split(line)
    for line in ("a 'b", 'a "b', "a \\"):
        with pytest.raises(UsageError):
            shellwords.split(line)


def test_lines_that_are_not_remembered() -> None:
    """None with a secret, and none that begins with a space."""
    secret = (
        "auth accept mci_abcdefghij1234",
        "profile edit work --database postgresql://u:geheim@h/x",
        "x --password geheim",
        "x --smtp-password=geheim",
        "x token=geheim",
        " contact list",
        "",
    )
    assert not [line for line in secret if is_kept(line)]
    assert all(map(is_kept, ("profile edit work --token file:/a", "auth login --password-file f", "contact list")))


def test_candidates(crm: Program) -> None:
    """The same as in other shells, quoted for the line they stand in; in a context its verbs and its record."""
    crm("contact", "add", "Ana Berg")
    crm("deal", "add", "Acme renewal")
    context: list[Context | None] = [None]
    asked = Candidates([], lambda: context[0])

    def offered(line: str) -> list[str]:
        with patch.dict(os.environ, crm.environment(), clear=True):
            return [each.text for each in asked.get_completions(Document(line), CompleteEvent())]

    assert offered("conta") == offered("mycrm conta") == ["ct "]
    assert offered("contact vi") == ["ew "]
    assert offered("contact C-") == ["1 "]
    assert offered("contact view An") == ["a\\ Berg "]
    assert offered("contact view 'An") == ["a Berg' "]
    assert offered("contact list -w 'sta") and offered("contact edit C-1 --cit") == ["y "]
    assert offered("exi") == ["t "]
    context[0] = Context("deal", "D-1", "D-1", "work")
    assert offered("mov") == ["e "]
    assert offered("move Prop") == ["osal "]
    assert "ue " in offered("edit --val")
    assert offered("nothing here ") == []
