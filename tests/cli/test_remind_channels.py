"""Reminders by e-mail, through a real server on this machine, and by a command of the user's own."""

import importlib
import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller

from mycrm_cli.db.connect import connect
from tests.program import Program

NOW = {"MYCRM_NOW": "2026-11-23T08:00:00Z"}
LATER = {"MYCRM_NOW": "2026-11-23T08:20:00Z"}


class Mailbox:
    """What a server received; ``answers`` are its next replies to whole messages."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer == "cut":
            session.peer  # noqa: B018
            server.transport.abort()
            return "250 OK"
        if answer.startswith(("250", "kept")):
            self.messages.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
            self.recipients.append(list(envelope.rcpt_tos))
        if answer == "kept and cut":
            server.transport.abort()
        return answer


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


def use(crm: Program, port: int) -> None:
    crm(
        *("profile", "edit", "work", "--smtp", f"smtp://127.0.0.1:{port}", "--smtp-security", "none"),
        *("--smtp-from", "Acme CRM <crm@acme.com>"),
    )


def remind_all(crm: Program, env: dict[str, str] = NOW, exit: int = 0) -> Any:
    return crm("task", "remind", "--all", "--channel", "email", env=env, exit=exit)


def test_each_gets_one_message_with_what_is_theirs(crm: Program, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    crm("task", "remind", "--channel", "email", env=NOW, exit=78)
    use(crm, port)
    crm(
        *("user", "add", "ben@acme.com", "--role", "sales_rep", "--timezone", "Asia/Tokyo"),
        *("--first-name", "Bén", "--last-name", "O'Hara, Jr."),
        env=NOW,
    )
    remind = ("--remind", "2026-11-23 07:00", "--due", "2026-11-23 09:00")
    crm("contact", "add", "Jan Miller", env=NOW)
    crm("task", "add", "Call Jan", *remind, "--contact", "C-1", "--priority", "high", env=NOW)
    crm("task", "add", "Mail Eve", *remind, env=NOW)
    crm("task", "add", "Große Frage", *remind, "--assigned-to", "ben@acme.com", env=NOW)
    done = remind_all(crm)
    assert (done.stdout, done.stderr) == ("", "")
    assert box.recipients == [["ana@acme.com"], ["ben@acme.com"]]
    to_ana, to_ben = box.messages
    assert to_ana["Subject"] == "2 reminders: Call Jan, …"
    text = to_ana.get_content().replace("\r\n", "\n")
    assert "Call Jan\n  T-1 · due Mon 23 Nov 09:00 · high\n  contact: Jan Miller" in text and "Mail Eve" in text
    assert to_ben["Subject"] == "Reminder: Große Frage (due Mon 23 Nov 18:00)"
    assert str(to_ben["To"].addresses[0].display_name) == "Bén O'Hara, Jr."
    assert to_ben["From"] == "Acme CRM <crm@acme.com>" and to_ben["Auto-Submitted"] == "auto-generated"
    assert to_ben["Message-ID"].endswith("@acme.com>")
    # Another channel is another matter.
    assert remind_all(crm).stderr == "" and len(box.messages) == 2
    assert len(crm("task", "remind", "--all", env=NOW).lines) == 3


def test_what_a_server_refuses_is_tried_again_and_what_it_leaves_open_is_not(
    sqlite_crm: Program, mailbox: tuple[Mailbox, int]
) -> None:
    crm, (box, port) = sqlite_crm, mailbox
    use(crm, 1)
    crm("task", "add", "Call Jan", "--remind", "2026-11-23 07:00", env=NOW)
    assert "nothing went out" in remind_all(crm, exit=75).stderr
    use(crm, port)
    # Not at once, but after a quarter of an hour.
    assert remind_all(crm).stderr == "" and not box.messages
    box.answers = ["451 later"]
    assert "451 later" in remind_all(crm, LATER, exit=7).stderr
    box.answers = ["cut"]
    third = {"MYCRM_NOW": "2026-11-23T08:40:00Z"}
    assert "in doubt" in remind_all(crm, third, exit=7).stderr
    assert remind_all(crm, {"MYCRM_NOW": "2026-11-23T12:40:00Z"}).stderr == "" and not box.messages
    crm("task", "remind", "--all", "--channel", "email", "--again", env=third)
    assert [message["Subject"] for message in box.messages] == ["Reminder: Call Jan"]
    # What is refused for good is not tried again.
    crm("task", "add", "Mail Eve", "--remind", "2026-11-23 07:00", env=NOW)
    box.answers = ["550 no"]
    assert "550 no" in remind_all(crm, third, exit=7).stderr
    assert remind_all(crm, {"MYCRM_NOW": "2026-11-23T12:40:00Z"}).stderr == ""


def test_what_is_in_doubt_goes_out_again_only_on_request_and_in_the_same_message(
    crm: Program, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    use(crm, port)
    due = ("--remind", "2026-11-23 07:00", "--due", "2026-11-23 07:00")
    crm("user", "add", "ben@acme.com", "--role", "sales_rep", env=NOW)
    for number in range(3):
        crm("task", "add", f"A{number}", *due, env=NOW)
        crm("task", "add", f"B{number}", *due, "--assigned-to", "ben@acme.com", env=NOW)
    crm("lead", "add", "Late", "--owner", "me", env={"MYCRM_NOW": "2026-11-20T08:00:00Z"})
    kept: list[tuple[str, str]] = []
    for words in (("task", "remind", "--all"), ("alert", "run"), ("digest", "run")):
        line = (*words, "--channel", "email")
        box.answers, box.messages[:] = ["kept and cut", "kept and cut"], []
        crm(*line, env=NOW, exit=7)
        kept = sorted((message["To"], message["Message-ID"]) for message in box.messages)
        assert len(kept) == 2, line
        later = {"MYCRM_NOW": "2026-11-23T12:00:00Z"}
        # What else became due goes out in a message of its own, and what is done in none.
        if words[0] == "task":
            crm("task", "done", "A0", env=NOW)
            crm("task", "add", "New", *due, env=NOW)
        assert "A1" in crm(*line, "--again", "-n", env=later).stdout or words[0] == "digest"
        crm(*line, "--again", env=later)
        again = sorted((message["To"], message["Message-ID"]) for message in box.messages[2:])
        assert set(kept) <= set(again) and len(again) == len(set(again)) == (3 if words[0] == "task" else 2), line
        assert not any("A0" in message.get_content() for message in box.messages[2:])
        box.messages.clear()
        crm(*line, "--again", env=later)
        assert not box.messages


def test_whoever_has_left_or_cannot_be_reached_is_not_written_to(
    crm: Program, mailbox: tuple[Mailbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where that changes while a run goes on."""
    box, port = mailbox
    use(crm, port)
    for name in ("ben", "cy", "dan"):
        crm("user", "add", f"{name}@acme.com", "--role", "sales_rep", env=NOW)
        due = ("--remind", "2026-11-23 07:00", "--assigned-to", f"{name}@acme.com")
        crm("task", "add", f"Call {name}", *due, env=NOW)
    said = mailing(crm, monkeypatch, "DELETE FROM tasks WHERE organization_id = ? AND title = 'Call dan'")
    assert "2 messages" not in said and [message["To"] for message in box.messages] == ["ben@acme.com", "cy@acme.com"]
    for name in ("ben", "cy"):
        crm("task", "remind", f"Call {name}", "--at", "2026-11-23 08:10", env=NOW)
    disable = "UPDATE users SET is_active = false WHERE organization_id = ? AND email = 'cy@acme.com'"
    assert "cy@acme.com: has left" in mailing(crm, monkeypatch, disable)
    assert [message["To"] for message in box.messages[2:]] == ["ben@acme.com"]


def mailing(crm: Program, monkeypatch: pytest.MonkeyPatch, statement: str) -> str:
    """Send reminders, and let a statement come in between the first message and the second."""
    wording = importlib.import_module("mycrm_cli.services.reminding.wording")
    usual, told = wording.notice, list[bool]()

    def notice(*words: Any) -> Any:
        if not told:
            told.append(True)
            known = crm.json("profile", "view", "work")
            with closing(connect(known["database"], write=True, organization_id=UUID(known["organization_id"]))) as one:
                one.begin()
                own = UUID(known["organization_id"])
                one.execute(statement, [own.bytes if one.dialect == "sqlite" else own])
                one.commit()
        return usual(*words)

    monkeypatch.setattr(wording, "notice", notice)
    done = remind_all(crm, LATER, exit=None)  # type: ignore[arg-type]
    monkeypatch.undo()
    return str(done.stderr)


def test_a_command_of_ones_own(sqlite_crm: Program, tmp_path: Path) -> None:
    crm, script, seen = sqlite_crm, tmp_path / "tell", tmp_path / "seen"
    crm("task", "add", "Call Jan", "--remind", "2026-11-23 07:00", "--due", "2026-11-23 09:00", env=NOW)
    words = ("task", "remind", "--channel", "command")
    assert "[notify]" in crm(*words, env=NOW, exit=78).stderr
    config = crm.home / "config.toml"
    before = config.read_text()
    config.write_text(before + f'\n[notify]\ncommand = ["{script}", "a b"]\ntime_limit = 1\n')
    script.write_text("#!/bin/sh\necho no such pager >&2\nexit 3\n")
    assert "chmod u+x" in crm(*words, env=NOW, exit=78).stderr
    script.chmod(0o700)
    assert "ended with status 3: no such pager" in crm(*words, env=NOW, exit=7).stderr
    script.write_text(f'#!/bin/sh\necho "$1" > {seen}\ncat >> {seen}\n')
    done = crm(*words, env={"MYCRM_NOW": "2026-11-23T09:00:00Z"})
    assert (done.stdout, done.stderr) == ("", "")
    first, *rest = seen.read_text().splitlines()
    told = json.loads("".join(rest))
    assert first == "a b" and told["kind"] == "reminder" and told["email"] == "ana@acme.com"
    [task] = told["data"]["tasks"]
    assert (task["number"], task["title"], task["due_date"]) == ("T-1", "Call Jan", "2026-11-23T09:00:00Z")
    # One that takes too long is stopped, and nobody knows what it did.
    crm("task", "add", "Mail Eve", "--remind", "2026-11-23 07:00", env=NOW)
    script.write_text("#!/bin/sh\nsleep 60\n")
    assert "in doubt" in crm(*words, env=NOW, exit=7).stderr
    assert crm(*words, env={"MYCRM_NOW": "2026-11-23T10:00:00Z"}).stderr == ""
    # A time zone that there is no longer stops nobody's reminders: the organization's takes its place.
    crm("task", "add", "Ask Kim", "--remind", "2026-11-23 07:00", "--due", "2026-11-23 09:00", env=NOW)
    with closing(sqlite3.connect(crm.database.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE users SET timezone = 'Mars/Phobos'")
    script.write_text(f"#!/bin/sh\ncat > {seen}\n")
    crm(*words, env={"MYCRM_NOW": "2026-11-23T10:30:00Z"})
    assert "Ask Kim" in json.loads(seen.read_text())["text"]
    # Only the user's own configuration names it.
    config.write_text(before + '\n[notify]\ncommand = ["tell"]\n')
    assert "whole path" in crm(*words, env=NOW, exit=78).stderr
