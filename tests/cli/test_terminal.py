"""What happens on a real terminal: questions, the editor, tables, the pager."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.program import Program


class Terminal:
    """The program on a pseudo-terminal that it controls, as in a user's window."""

    def __init__(
        self, crm: Program, *line: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None
    ) -> None:
        self.master, slave = pty.openpty()
        environment = crm.environment({"TERM": "xterm", "COLUMNS": "80", "LINES": "40", "PAGER": "cat", **(env or {})})
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mycrm_cli", *line],
            stdin=subprocess.PIPE if stdin is not None else slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(slave)
        if stdin is not None:
            assert self.process.stdin is not None
            self.process.stdin.write(stdin)
            self.process.stdin.close()
        self.text = ""

    def expect(self, words: str, seconds: float = 20) -> None:
        """Read until the words appear."""
        end = time.monotonic() + seconds
        while words not in self.text:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            assert ready, f"waiting for {words!r}, seen: {self.text!r}"
            try:
                self.text += os.read(self.master, 65536).decode()
            except OSError:
                break
        assert words in self.text, self.text

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self.master, text.encode())

    def end(self) -> int:
        """Read the rest and return the exit status."""
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            self.text += data.decode()
        os.close(self.master)
        return self.process.wait(timeout=20)


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(1, termios.TIOCSCTTY, 0)


def test_init_asks(program: Program) -> None:
    """On a terminal init asks for what it needs, with defaults."""
    terminal = Terminal(program, "init")
    for question, answer in (
        ("Name of your organization", "Acme Ltd"),
        ("Short name for scripts [acme-ltd]", "acme"),
        ("Your e-mail address", "ana@acme.com"),
        ("Your first name", "Ana"),
        ("Your last name", ""),
        ("Name of the profile [acme]", ""),
    ):
        terminal.expect(question)
        terminal.type(answer + "\n")
    assert terminal.end() == 0, terminal.text
    assert program("profile", "current").stdout == "acme\n"


def test_bulk_writes_ask_on_the_terminal(sqlite_crm: Program) -> None:
    """Even where stdin is a pipe; no is exit 10, and names what would have been changed."""
    ids = [sqlite_crm.json("contact", "add", f"N{i}")["id"] for i in range(4)]
    terminal = Terminal(sqlite_crm, "contact", "delete", "-", stdin="\n".join(ids).encode())
    terminal.expect("delete 4 contacts")
    terminal.type("n\n")
    assert terminal.end() == 10
    assert "acme, profile work" in terminal.text
    terminal = Terminal(sqlite_crm, "contact", "delete", "-w", "name^=N")
    terminal.expect("[y/N]")
    terminal.type("y\n")
    assert terminal.end() == 0
    assert sqlite_crm("contact", "count").stdout == "0\n"


def test_the_editor_edits_a_record(sqlite_crm: Program, tmp_path: Path) -> None:
    """``edit`` without options opens $EDITOR and writes what was changed."""
    sqlite_crm("contact", "add", "Ana Berg", "--email", "ana@example.com", "--job-title", "CEO")
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/^city:.*/city: Rome/; s/^job_title:.*/job_title:/' \"$1\"\n")
    editor.chmod(0o700)
    terminal = Terminal(sqlite_crm, "contact", "edit", "C-1", env={"EDITOR": str(editor)})
    assert terminal.end() == 0, terminal.text
    record = sqlite_crm.json("contact", "view", "C-1")
    assert (record["city"], record["job_title"], record["email"]) == ("Rome", None, "ana@example.com")
    editor.write_text("#!/bin/sh\nsed -i 's/^country:.*/country: Atlantis/' \"$1\"\n")
    terminal = Terminal(sqlite_crm, "contact", "edit", "C-1", env={"EDITOR": str(editor)})
    assert terminal.end() == 6
    assert (sqlite_crm.home / "state" / "edited.txt").read_text().count("country: Atlantis\n") == 1
    editor.write_text("#!/bin/sh\nsed -i 's/^city:.*/citty: Delft/' \"$1\"\n")
    terminal = Terminal(sqlite_crm, "contact", "edit", "C-1", env={"EDITOR": str(editor)})
    assert terminal.end() == 6
    assert "kept in" in terminal.text
    terminal = Terminal(sqlite_crm, "contact", "edit", "C-1", env={"EDITOR": "true"})
    assert terminal.end() == 10
    terminal = Terminal(sqlite_crm, "contact", "edit", "C-1", env={"EDITOR": "no-such-editor"})
    assert terminal.end() == 78


def test_tables_and_the_pager(sqlite_crm: Program) -> None:
    """A table on a terminal; what is longer than the screen goes through the pager."""
    rows = "[" + ",".join(f'{{"first_name": "N{i}"}}' for i in range(60)) + "]"
    sqlite_crm("contact", "add", "--from-json", "-", "--yes", stdin=rows)
    short = Terminal(sqlite_crm, "contact", "list", "-L", "3")
    assert short.end() == 0
    assert "C-60" in short.text
    long = Terminal(sqlite_crm, "contact", "list", "-L", "0", env={"PAGER": "sed s/^/P:/"})
    assert long.end() == 0
    assert "P:" in long.text
    cut = Terminal(sqlite_crm, "contact", "list", env={"LINES": "80"})
    assert cut.end() == 0
    assert "more records exist" in cut.text


def test_an_empty_list_says_what_to_do(sqlite_crm: Program) -> None:
    """Nothing found is no error and no silence on a terminal."""
    terminal = Terminal(sqlite_crm, "contact", "list")
    assert terminal.end() == 0
    assert "mycrm contact add" in terminal.text
