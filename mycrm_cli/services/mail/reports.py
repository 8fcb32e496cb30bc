"""Reports of mail servers about messages that we sent: delivered, late, come back for now or for good (RFC 3464)."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli.services.mail import parts, verdicts
from mycrm_cli.services.mail.outbox import printable
from mycrm_cli.services.mail.reading import LONGEST, MESSAGE_ID, address_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import Message

    from mycrm_cli.services.mail.reading import Mail

STATUS = ("message/delivery-status", "message/global-delivery-status")
COPIES = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
ACTIONS = {"failed": "bounce", "delayed": "deferred", "delivered": "delivered", "relayed": "other", "expanded": "other"}
MOST = 100
"""Recipients in one report; what we send has one."""


class Report(NamedTuple):
    """What became of a message: ``type`` as in events, ``status`` the code of RFC 3463 where one is told."""

    type: str
    message_id: str | None = None
    address: str | None = None
    bounce_type: str | None = None
    status: str | None = None
    detail: str | None = None


def read(mail: Mail) -> list[Report] | None:
    """Return what a message reports; None where it is no report of a mail server."""
    if is_complaint(mail):
        return [Report("complaint", original(mail), _field(mail, "Original-Rcpt-To"), detail="abuse report")]
    told = [part for part in mail.parts if part.kind in STATUS]
    if told:
        found = [report for part in told for report in by_recipient(mail, part)][:MOST]
        return found or [Report("other", original(mail))]
    from mycrm_cli.services.mail import bouncetexts

    return bouncetexts.read(mail)


def is_complaint(mail: Mail) -> bool:
    """Return whether somebody pressed the button against spam (RFC 5965); other kinds of feedback are none."""
    kind = _field(mail, "Feedback-Type", as_address=False)
    return (kind or "").lower() in ("abuse", "fraud")


def _field(mail: Mail, name: str, *, as_address: bool = True) -> str | None:
    for part in mail.parts:
        if part.kind == "message/feedback-report":
            value = parts.one(parts.headers_of(part.content), name)[:LONGEST].strip()
            return address_of(value.partition(";")[2] or value) if as_address else value
    return None


def by_recipient(mail: Mail, part: parts.Part) -> Iterator[Report]:
    """Yield what a report says of each recipient: groups of lines, of which the first is about the message."""
    text = part.content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").strip(b"\n")
    for group in [each for each in text.split(b"\n\n") if each.strip()][: MOST + 1]:
        about = parts.headers_of(group.lstrip(b"\n") + b"\n\n")
        action = parts.one(about, "Action").partition(" ")[0].strip().lower()
        if not action and not parts.one(about, "Final-Recipient"):
            continue
        status = verdicts.code(parts.one(about, "Status")[:100])
        said = _said(about)
        type = ACTIONS.get(action) or ("deferred" if (status or "").startswith("4") else "bounce")
        bounce = verdicts.judged(status, said) if type == "bounce" else None
        who = _recipient(about, "Original-Recipient") or _recipient(about, "Final-Recipient")
        yield Report(type, original(mail), who, bounce, verdicts.clearest(status, said), verdicts.told(status, said))


def _said(about: Message) -> str:
    """Return what the other server said, without the kind of it."""
    text = printable(parts.one(about, "Diagnostic-Code")[:LONGEST])
    kind, mark, rest = text.partition(";")
    return rest.strip() if mark and kind.strip().lower() in ("smtp", "x-unix", "x-exchange", "x-postfix") else text


def _recipient(about: Message, name: str) -> str | None:
    value = parts.one(about, name)[:LONGEST]
    return address_of(value.partition(";")[2] or value) if value else None


def original(mail: Mail) -> str | None:
    """Return the message that a report is about: by the copy it carries, else by what it answers."""
    for part in mail.parts:
        if part.kind in COPIES:
            copied = parts.headers_of(parts.split(part.content)[0])
            if found := first_id(parts.one(copied, "Message-ID")):
                return found
    named = first_id(mail.header("X-Original-Message-ID")) or first_id(mail.header("Original-Message-ID"))
    return named or next(iter(mail.answers), None)


def first_id(text: str) -> str | None:
    """Return the first Message-ID in a text."""
    found: Sequence[str] = MESSAGE_ID.findall(text[:LONGEST])
    return next((id for id in found if id.isprintable()), None)
