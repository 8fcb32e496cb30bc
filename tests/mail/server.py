"""A real mail server on this machine: it keeps what it takes, and breaks off or refuses where a test wants it to."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

STAGES = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "body", "dot", "kept", "answer")
"""Where it breaks off: ``dot`` takes the message and loses it, ``kept`` keeps it, both without an answer."""


class Taken(NamedTuple):
    """A message that was kept: from whom, to whom, its bytes."""

    sender: str
    to: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """What was sent, read as a mail program does."""
        return message_from_bytes(self.content, policy=policy.default)


class Box:
    """What a server has taken; ``cut`` says where the next conversation breaks off, ``answers`` what is said."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.answers: list[str] = []
        self.cut: Callable[[], str | None] = lambda: None
        self.wait: Callable[[], float] = lambda: 0.0
        self.lock = threading.Lock()
        self.cuts: dict[str, int] = {}

    @property
    def messages(self) -> list[EmailMessage]:
        """The messages, read."""
        return [one.message for one in self.taken]

    @property
    def last(self) -> EmailMessage:
        """The newest message."""
        return self.taken[-1].message

    def keep(self, envelope: Any) -> None:
        """Keep a message: from here on it has arrived, whether the answer is heard or not."""
        with self.lock:
            self.taken.append(Taken(envelope.mail_from, list(envelope.rcpt_tos), envelope.content))


class Conversation(SMTP):
    """One connection; it asks for each message where it is to break off."""

    box: Box
    stage: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or break off at once."""
        super().connection_made(transport)
        self.stage = self.box.cut()
        self._cut("connect")

    def _cut(self, stage: str) -> bool:
        if self.stage != stage:
            return False
        self.box.cuts[stage] = self.box.cuts.get(stage, 0) + 1
        assert self.transport is not None
        self.transport.abort()  # type: ignore[attr-defined]
        return True

    async def smtp_EHLO(self, hostname: str) -> None:
        """Greet, or break off."""
        if not self._cut("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str | None) -> None:
        """Take the sender, or break off."""
        if not self._cut("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        """Take a recipient, or break off."""
        if not self._cut("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        """Take the message, or break off before, in the middle or behind it."""
        if self._cut("DATA"):
            return
        if self.stage == "body":
            await self.push("354 go on")
            await self._reader.readline()
            self._cut("body")
            return
        await super().smtp_DATA(arg)
        if self.stage == "answer":
            await asyncio.sleep(0.005)
            self._cut("answer")
        self.stage = self.box.cut()


class _Keeper:
    """Decides what becomes of a whole message."""

    def __init__(self, box: Box) -> None:
        self.box = box

    async def handle_DATA(self, server: Conversation, session: Any, envelope: Any) -> str:
        """Keep a message, refuse it, or fall silent."""
        await asyncio.sleep(self.box.wait())
        if server._cut("dot"):
            return "250 nobody hears this"
        answer = self.box.answers.pop(0) if self.box.answers else "250 OK"
        if answer.startswith("250"):
            self.box.keep(envelope)
        server._cut("kept")
        await asyncio.sleep(self.box.wait())
        return answer


class _Controller(Controller):
    box: Box

    def factory(self) -> Conversation:
        """Make the other end of a connection."""
        made = Conversation(self.handler, enable_SMTPUTF8=True, data_size_limit=40 * 1024 * 1024)
        made.box = self.box
        return made


@contextmanager
def server() -> Iterator[tuple[Box, int]]:
    """Run a server and yield what it takes, with its port."""
    box = Box()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = _Controller(_Keeper(box), hostname="127.0.0.1", port=port)
    controller.box = box
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()
