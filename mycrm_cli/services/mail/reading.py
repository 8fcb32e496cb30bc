"""A message as it came, read without trust: who, when, what it answers, and how it begins."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.errors import MessageError
from email.header import decode_header
from email.utils import getaddresses, parsedate_to_datetime
from typing import NamedTuple

from mycrm_cli import clock, kinds
from mycrm_cli.services.mail import parts
from mycrm_cli.services.mail.outbox import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import Message

MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
MOST_IDS = 50
"""How many messages one may refer to; a conversation of years has fewer that are known."""
MOST_PEOPLE = 50
PREVIEW = 1000
SEEN = 20_000
"""Characters of a text that are looked at for its beginning."""
LONGEST = 4000
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(hours=1)
"""How far the clock of another machine may be ahead."""
EMAIL = kinds.make("email")


class Mail(NamedTuple):
    """A message: ``key`` is by what it is known again, its Message-ID or a hash of what it says."""

    key: str
    message_id: str
    headers: Message
    answers: Sequence[str]
    sender: str | None
    recipients: Sequence[str]
    subject: str
    sent_at: datetime
    parts: Sequence[parts.Part]

    def header(self, name: str) -> str:
        """Return a header in one line, empty where there is none."""
        return parts.one(self.headers, name)[:LONGEST].strip()

    @property
    def preview(self) -> str | None:
        """How it begins, without what it quotes."""
        return beginning(self.parts)


def read(raw: bytes, arrived: datetime | None = None) -> Mail:
    """Read a message, whole or as much as there is of it; ``arrived`` is when its server got it."""
    top, body = parts.split(raw)
    headers = parts.headers_of(top)
    found = [id for id in MESSAGE_ID.findall(parts.one(headers, "Message-ID")[:LONGEST]) if id.isprintable()][:1]
    digest = hashlib.sha256(_lasting(headers) + (b"" if found else body[:2000])).hexdigest()
    message_id = found[0] if found else f"<{digest[:40]}@no-message-id.invalid>"
    people = addresses(headers, "From", "Sender")
    return Mail(
        message_id if len(message_id) < 200 else digest,
        message_id,
        headers,
        answered(headers),
        people[0] if people else None,
        addresses(headers, "To", "Cc", "Delivered-To", "X-Original-To"),
        text_of(parts.one(headers, "Subject"))[:500],
        moment(parts.one(headers, "Date"), arrived),
        parts.leaves(headers, body),
    )


def _lasting(headers: Message) -> bytes:
    """Return what tells messages without an id apart, wherever they are read."""
    said = [parts.one(headers, name)[:LONGEST] for name in ("From", "To", "Date", "Subject")]
    return "\n".join(said).encode("utf-8", "replace")


def answered(headers: Message) -> list[str]:
    """Return the messages that one answers, the nearest first."""
    near = MESSAGE_ID.findall(parts.one(headers, "In-Reply-To")[:LONGEST])
    far = MESSAGE_ID.findall(parts.one(headers, "References")[-4 * LONGEST :])
    ids = dict.fromkeys([*near, *reversed(far)])
    return [id for id in ids if id.isprintable()][:MOST_IDS]


def text_of(header: str) -> str:
    """Return a header's text in one line; encoded words that cannot be read stay as they are."""
    header = header[:LONGEST]
    try:
        pieces = decode_header(header)
    except (MessageError, ValueError, LookupError):
        return printable(header)
    known = [each if isinstance(each, str) else parts.decoded(each, charset or "") for each, charset in pieces]
    return printable("".join(known))


def addresses(headers: Message, *names: str) -> list[str]:
    """Return the addresses in headers, as they are compared, each once."""
    found: dict[str, None] = {}
    for name in names:
        try:
            values = [str(value)[:LONGEST] for value in headers.get_all(name) or ()][:5]
            pairs = getaddresses(values)
        except (ValueError, LookupError, IndexError, TypeError):
            continue
        found |= dict.fromkeys(filter(None, (address_of(text) for _, text in pairs[:MOST_PEOPLE])))
    return list(found)


def address_of(text: str) -> str | None:
    """Return an address as it is stored, nothing where it is none."""
    try:
        return str(EMAIL.read(text.strip().strip("<>").strip()))
    except (kinds.BadValue, UnicodeError):
        return None


def moment(text: str, arrived: datetime | None) -> datetime:
    """Return when a message was sent: what it says, unless that cannot be, else when it came."""
    now = clock.now()
    return said(text) or (min(arrived, now) if arrived is not None else now)


def said(text: str) -> datetime | None:
    """Return the time that a text names, None where it cannot be when a message was sent."""
    now = clock.now()
    try:
        found = parsedate_to_datetime(text[:100])
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(found, now) if OLDEST <= found <= now + AHEAD else None


def beginning(several: Sequence[parts.Part]) -> str | None:
    """Return how the first text of a message begins."""
    plain = next((part for part in several if part.kind == "text/plain"), None)
    html = next((part for part in several if part.kind == "text/html"), None)
    text = plain.text[:SEEN] if plain else words(html.text[: 4 * SEEN]) if html else ""
    kept = [line for line in text.splitlines() if not line.startswith(">")]
    found = printable(" ".join(" ".join(kept).split())[: 2 * PREVIEW])[:PREVIEW]
    return found or None


def words(html: str) -> str:
    """Return the words of a page, each looked at once."""
    found, hidden = [], ""
    for piece in html.split("<"):
        tag, closed, text = piece.partition(">")
        name = tag[:20].split(None, 1)[0].lower() if tag[:20].strip() else ""
        if hidden:
            hidden = "" if name == f"/{hidden}" else hidden
        elif name in ("script", "style", "head", "title"):
            hidden = name
        if not hidden:
            found.append(text if closed else piece)
    from html import unescape

    return unescape(" ".join(found))
