"""Reports in words alone, as Exim, qmail and older Gmail and Exchange write them, without a part for machines."""

from __future__ import annotations

import re
from typing import NamedTuple

from mycrm_cli.services.mail import verdicts
from mycrm_cli.services.mail.outbox import printable
from mycrm_cli.services.mail.reading import SEEN, address_of, words
from mycrm_cli.services.mail.reports import Report, first_id, original

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.services.mail.reading import Mail

SENDERS = ("mailer-daemon", "postmaster", "mail-daemon", "microsoftexchange", "maildelivery")
SUBJECTS = (
    "mail delivery failed", "failure notice", "undeliverable", "undelivered mail", "delivery status notification",
    "returned mail", "delivery failure", "delivery has failed", "mail delivery failure", "mail system error",
    "unzustellbar", "nicht zustellbar", "non remis", "no se puede entregar", "message delivery failure",
    "delivery notification", "warning: message", "mail delivery system",
)  # fmt: skip
LATE = (
    "delivery status notification (delay", "has been delayed", "warning: message", "delayed mail", "delivery delayed",
    "will be retried", "no action is required on your part", "delivery attempts will continue", "will keep trying",
)  # fmt: skip
COPY = (
    "this is a copy of", "below this line is a copy", "original message", "original message headers",
    "message header follows", "transcript of session follows",
)  # fmt: skip
"""Words of the line under which the message itself follows."""
ADDRESS = re.compile(r"<?([^\s<>():;,\"']{1,64}@[A-Za-z0-9.-]{1,190}[A-Za-z0-9])>?")
LINE_ID = re.compile(r"^\s*message-id:\s*(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE)


class Told(NamedTuple):
    """The words about a failure, and the message behind them."""

    words: str
    copy: str


def read(mail: Mail) -> list[Report] | None:
    """Return what a message reports in words; None where no mail server wrote it."""
    if not is_report(mail):
        return None
    told = taken_apart(mail)
    low = f"{mail.subject}\n{told.words}".lower()
    message_id = _original(mail, told)
    if any(mark in low for mark in LATE):
        return [Report("deferred", message_id, next(iter(_addresses(mail, told)), None))]
    found = []
    reached: list[str | None] = [*_addresses(mail, told)]
    for address in reached or [None]:
        said = _said(told.words, address)
        final = any(mark in low for mark in ("permanent", "given up", "giving up", "could not be delivered", "wasn't"))
        bounce = verdicts.judged(None, said, is_final=final)
        status = verdicts.clearest(None, said)
        found.append(Report("bounce", message_id, address, bounce, status, verdicts.told(None, said)))
    return found


def is_report(mail: Mail) -> bool:
    """Return whether a mail server wrote it: its name, or nobody as the sender, with a subject of theirs."""
    if mail.header("X-Failed-Recipients"):
        return True
    name = (mail.sender or mail.header("From")).lower()
    is_server = name.startswith(SENDERS) or any(f"<{each}" in name for each in SENDERS)
    is_nobody = mail.header("Return-Path") == "<>"
    return (is_server or is_nobody) and mail.subject.lower().startswith(SUBJECTS)


def taken_apart(mail: Mail) -> Told:
    """Return the words of a report and the copy of the message behind them."""
    part = next((each for each in mail.parts if each.kind == "text/plain"), None)
    html = next((each for each in mail.parts if each.kind == "text/html"), None)
    text = part.text if part else words(html.text[: 4 * SEEN]) if html else ""
    lines = text[: 4 * SEEN].splitlines()
    place, size = len(lines), 0
    for number, line in enumerate(lines):
        low = line.strip().lower()
        is_mark = low.startswith(("-", "=", "original message")) and any(mark in low for mark in COPY)
        if is_mark or size > SEEN:
            place = number
            break
        size += len(line)
    return Told("\n".join(lines[:place]), "\n".join(lines[place:]))


def _original(mail: Mail, told: Told) -> str | None:
    """Return the message that is meant: by its copy in words or as a part, else by what the report answers."""
    if any(part.kind in ("message/rfc822", "text/rfc822-headers") for part in mail.parts):
        return original(mail)
    if found := LINE_ID.search(told.copy) or LINE_ID.search(told.words):
        return first_id(found[1])
    return original(mail)


def _addresses(mail: Mail, told: Told) -> list[str]:
    """Return who was not reached: as a header says, else the first ones in the words that are not ours."""
    listed = mail.header("X-Failed-Recipients").split(",")
    if known := list(dict.fromkeys(filter(None, (address_of(text) for text in listed if text.strip()))))[:20]:
        return known
    ours = {mail.sender, *mail.recipients}
    lone = [line.strip().rstrip(":") for line in told.words.splitlines()]
    for candidates in ([line for line in lone if ADDRESS.fullmatch(line)], lone):
        found = [address_of(each[1]) for line in candidates for each in ADDRESS.finditer(line[:1000])]
        if known := list(dict.fromkeys(each for each in found if each and each not in ours)):
            return known[:20] if candidates is not lone else known[:1]
    return []


def _said(text: str, address: str | None) -> str:
    """Return what was said about an address: from where it is named to the next one."""
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if address and address in line.lower()]
    after = lines[starts[0] :] if starts else lines
    kept: list[str] = []
    for n, line in enumerate(after):
        other = ADDRESS.fullmatch(line.strip().rstrip(":"))
        if n and other and address and other[1].lower() != address:
            break
        kept.append(line)
    coded = [line for line in kept if verdicts.code(line) or verdicts.REPLY.search(line)]
    words = [line for line in kept if any(word in line.lower() for word in (*verdicts.NOBODY, *verdicts.FULL))]
    best = list(dict.fromkeys([*coded, *words])) or kept[1:4] or kept
    return printable(" ".join(best)[:1000])
