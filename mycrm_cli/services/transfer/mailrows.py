"""Rows of messages: one for each message of an mbox file, of an .eml file, or of a folder of them."""

from __future__ import annotations

import os
import re
import tempfile

from mycrm_cli.services.mail import reading
from mycrm_cli.services.transfer import files
from mycrm_cli.services.transfer.formed import Formed
from mycrm_cli.services.transfer.model import Problem, Record
from mycrm_cli.services.transfer.presets.mail import HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


KEPT = 256 * 1024
"""Bytes of a message that are looked at: its headers and how it begins."""
LINE = 64 * 1024
BEGINS = re.compile(rb"From \S+ ")
QUOTED = re.compile(rb">+From ")
MAILDIR = ("cur", "new")
ENDINGS = (".eml", ".emlx")


class MailRows(Formed):
    """The messages of a file as rows."""

    headings = HEADER

    def __iter__(self) -> Iterator[Record]:
        """Yield a row for each message; one without anything in it has a problem, and the next ones are read on."""
        several = messages(self.source.stream) if self.source.format == "mbox" else whole(self.source.stream)
        for line, raw, arrived in several:
            try:
                yield Record(line, cells(raw, arrived))
            except Problem as problem:
                yield self.broken(line, raw[:1000].decode("utf-8", "replace").replace("\0", ""), problem)


def cells(raw: bytes, arrived: str) -> list[str]:
    """Return the cells of a message; raises Problem for what is none."""
    mail = reading.read(raw)
    if mail.sender is None and not mail.recipients:
        raise Problem("not_mail", "the message names neither a sender nor somebody who received it")
    sent_at = reading.said(mail.header("Date")) or reading.said(arrived)
    row = {
        "Message-ID": mail.message_id,
        "Thread": mail.answers[-1] if mail.answers else mail.message_id,
        "Subject": mail.subject,
        "From": mail.sender or "",
        "To": mail.recipients[0] if mail.recipients else "",
        "Date": sent_at.strftime("%Y-%m-%dT%H:%M:%SZ") if sent_at else "",
        "Preview": mail.preview or "",
    }
    return [row[heading] for heading in HEADER]


def whole(stream: BinaryIO) -> Iterator[tuple[int, bytes, str]]:
    """Yield the one message that a file is."""
    yield 1, stream.read(KEPT), ""


def messages(stream: BinaryIO) -> Iterator[tuple[int, bytes, str]]:
    """Yield the messages of an mbox file: the line at which each begins, its bytes, when it arrived."""
    kept: list[bytes] = []
    number, begun, size, arrived, is_blank = 0, 0, 0, "", True
    while line := stream.readline(LINE):
        number += line.endswith(b"\n")
        if is_blank and BEGINS.match(line):
            if begun:
                yield begun, b"".join(kept), arrived
            kept, size, begun = [], 0, max(number, 1)
            arrived = " ".join(line.decode("ascii", "replace").split()[2:8])
        elif size < KEPT:
            kept.append(line[1:] if QUOTED.match(line) else line)
            size += len(line)
        is_blank = line in (b"\n", b"\r\n")
    if begun or kept:
        yield max(begun, 1), b"".join(kept), arrived


def folder(path: str) -> files.File:
    """Return the messages of a folder, and of the folders in it, as one mbox file without a name."""
    made: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - the source closes it
    for place, _, names in sorted(os.walk(path)):
        wanted = os.path.basename(place) in MAILDIR
        for name in sorted(names):
            if wanted or name.lower().endswith(ENDINGS):
                _copy(os.path.join(place, name), made)
    made.flush()
    made.seek(0)
    file = files.File(None, made, True)
    file.name = path
    return file


def _copy(path: str, target: BinaryIO) -> None:
    """Write a message behind the others."""
    with open(path, "rb") as message:
        raw = message.read(KEPT).replace(b"\r\n", b"\n")
    quoted = re.sub(rb"(?m)^(>*From )", rb">\1", raw)
    target.write(b"From MAILER-DAEMON -\n" + quoted + b"\n\n")
