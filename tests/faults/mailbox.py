"""A mail server and a command of the test's own: they write down what they took, whoever is killed meanwhile."""

import asyncio
import json
import random
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller

TASK = re.compile(r"\bT-\d+")


class Taken(NamedTuple):
    """A message that was accepted: its name, to whom, and what it says."""

    id: str
    to: str
    text: str

    def items(self, what: str) -> set[str]:
        """Return what it tells of: tasks, or the day of its reader."""
        return {self.to} if what == "digests" else set(TASK.findall(self.text))


class Server:
    """Accepts messages after a while, so that others may be killed before, meanwhile and after."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a message: from here on it counts as delivered, whether the answer is heard or not."""
        await asyncio.sleep(random.uniform(0, 0.01))
        message = message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default)
        [to] = envelope.rcpt_tos
        self.taken.append(Taken(message["Message-ID"], to, message.get_content()))
        await asyncio.sleep(random.uniform(0, 0.01))
        return "250 OK"


@contextmanager
def server() -> Iterator[tuple[Server, int]]:
    """Run a server and yield it with its port."""
    box = Server()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


def command(folder: Path) -> tuple[Path, Path]:
    """Write a command that appends each notice to a file; return both."""
    script, heard = folder / "notify", folder / "heard"
    script.write_text(f"#!/bin/sh\nsaid=$(cat)\nprintf '%s\\n' \"$said\" >> {heard}\n")
    script.chmod(0o700)
    return script, heard


def heard(file: Path) -> list[Taken]:
    """Return what a command has written; half a notice, of a run that was killed meanwhile, is none."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        try:
            notice = json.loads(line)
        except ValueError:
            continue
        found.append(Taken(notice["id"], notice["email"], notice["text"]))
    return found
