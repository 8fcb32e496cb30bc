"""What messages of a mailbox mean here: answers to ours, mail from people we know, reports, wishes, and the rest.

Only Message-IDs that this organization has issued count. The same messages again change nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli import catalog
from mycrm_cli.services import records
from mycrm_cli.services.mail import classifying, events, reports
from mycrm_cli.services.mail.known import Known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mycrm_cli.services.mail.reading import Mail
    from mycrm_cli.services.mail.reports import Report
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

PROVIDER = "mail"
KEPT = ("bounce", "deferred", "delivered", "complaint")


class Counts(NamedTuple):
    """What became of messages: ``read`` is the sum of the next five; ``new`` are those that changed something."""

    read: int = 0
    matched: int = 0
    ignored: int = 0
    auto: int = 0
    bounced: int = 0
    unknown: int = 0
    new: int = 0

    def plus(self, other: Counts) -> Counts:
        """Return the sum."""
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Meant(NamedTuple):
    """What one message means: under which count it goes, what is reported, what is written down."""

    counted: str
    events: Sequence[events.Event] = ()
    letter: Row | None = None


def take(work: Work, mails: Sequence[Mail], own: Collection[str] = ()) -> Counts:
    """Write down what messages mean, and return what became of them. ``own`` are further addresses of ours."""
    told = [(mail, reports.read(mail)) for mail in mails]
    named = [id for mail, several in told for id in _named(mail, several)]
    writers = [address for mail, several in told for address in _writers(mail, several)]
    receivers = [address for mail, _ in told for address in mail.recipients]
    known, tally = Known(work, named, writers, receivers, own), dict.fromkeys(Counts._fields, 0)
    happened: list[events.Event] = []
    letters: dict[str, Row] = {}
    for mail, several in told:
        meant = _reported(mail, several, known) if several is not None else _written(mail, known)
        tally["read"] += 1
        tally[meant.counted] += 1
        happened += meant.events
        if meant.letter is not None and mail.message_id not in known.messages and mail.message_id not in known.gone:
            letters[mail.message_id] = known.messages[mail.message_id] = meant.letter
    _add(work, list(letters.values()))
    tally["new"] = len(letters) + (events.apply(work, happened).new if happened else 0)
    told_of = {event.address for event in happened}
    _stop(work, [row for row in letters.values() if row["from_email"] not in {*known.own, *told_of}])
    return Counts(**tally)


def _named(mail: Mail, several: Iterable[Report] | None) -> list[str]:
    about = [report.message_id for report in several or () if report.message_id]
    return [mail.message_id, *mail.answers, *about]


def _writers(mail: Mail, several: Iterable[Report] | None) -> list[str]:
    about = [report.address for report in several or () if report.address]
    return [*([mail.sender] if mail.sender else []), *about]


def _reported(mail: Mail, several: Sequence[Report], known: Known) -> Meant:
    """Return what a mail server's report means: something only where it is about a message of ours."""
    ours = [(n, report) for n, report in enumerate(several) if _is_ours(report, known)]
    happened = [_event(mail, report, n) for n, report in ours if report.type in KEPT]
    if not ours:
        return Meant("unknown")
    return Meant("matched" if several[0].type == "complaint" else "bounced", happened)


def _is_ours(report: Report, known: Known) -> bool:
    """Return whether a report names a message of ours, or no message and somebody to whom we wrote of late."""
    if report.message_id is not None:
        return known.ours([report.message_id]) is not None
    return report.address in known.written


def _event(mail: Mail, report: Report, place: int) -> events.Event:
    key = mail.key if place == 0 else f"{mail.key}#{place}"
    data = {"status": report.status} if report.status else {}
    return events.Event(
        PROVIDER, key, report.type, mail.sent_at, report.message_id, report.address, None, report.bounce_type,
        report.detail, data,
    )  # fmt: skip


def _written(mail: Mail, known: Known) -> Meant:
    """Return what a message means that somebody, or some machine, has written."""
    kind = classifying.kind(mail)
    if mail.sender in known.own:
        return _from_us(mail, known)
    if kind == classifying.UNSUBSCRIBE:
        return _wished(mail, known)
    if kind == classifying.AUTO:
        return Meant("auto")
    if mail.sender is None or mail.sender in known.erased:
        return Meant("unknown" if mail.sender is None else "ignored")
    answered = known.ours(mail.answers, mail.sender)
    if answered is not None:
        reply = events.Event(PROVIDER, mail.key, "reply", mail.sent_at, answered["message_id"], mail.sender)
        return Meant("matched", [reply], _letter(mail, known, answered))
    if kind == classifying.MANY:
        return Meant("ignored")
    return Meant("matched", (), _letter(mail, known, None)) if mail.sender in known.people else Meant("unknown")


def _from_us(mail: Mail, known: Known) -> Meant:
    """Return what a message of ours means, as folders of sent mail have it: one to somebody known is written down."""
    if mail.message_id in known.messages:
        return Meant("matched")
    theirs = next((each for each in mail.recipients if each in known.people), None)
    if theirs is None or classifying.is_automatic(mail):
        return Meant("ignored")
    return Meant("matched", (), _letter(mail, known, None, to=theirs))


def _wished(mail: Mail, known: Known) -> Meant:
    """Return what the wish for no more mail means: by the message that is named, else to whom we wrote."""
    row = known.by_token(classifying.wish(mail) or "") or known.ours(mail.answers, mail.sender)
    if row is None and mail.sender not in known.written:
        return Meant("unknown")
    about = row["message_id"] if row is not None else None
    return Meant("matched", [events.Event(PROVIDER, mail.key, "unsubscribe", mail.sent_at, about, mail.sender)])


def _letter(mail: Mail, known: Known, answered: Row | None, *, to: str | None = None) -> Row:
    """Return the record of a message: whose it is, who it was exchanged with, and its conversation."""
    user = next((known.users[each] for each in (mail.sender, *mail.recipients) if each in known.users), None)
    links = {name: answered.get(name) for name in ("contact_id", "lead_id", "opportunity_id")} if answered else {}
    if not (links.get("contact_id") or links.get("lead_id")) and (person := known.people.get(to or mail.sender or "")):
        links |= {"contact_id": None, "lead_id": None, person[0]: person[1]}
    receiver = to or next((each for each in mail.recipients if each in known.own), None)
    row: Row = {
        "subject": mail.subject or None,
        "body_preview": mail.preview,
        "from_email": mail.sender,
        "to_email": receiver or (mail.recipients[0] if mail.recipients else answered and answered["from_email"]),
        "message_id": mail.message_id,
        "thread_id": known.thread(mail.answers) or mail.message_id,
        "sent_at": mail.sent_at,
        "contact_id": None,
        "lead_id": None,
        "opportunity_id": None,
        **links,
    }
    owner = (answered.get("user_id") if answered else None) or user
    return row | ({"user_id": owner} if owner else {})


def _add(work: Work, letters: Sequence[Row]) -> None:
    """Write messages down; whoever may read a mailbox writes for everybody whose messages are in it."""
    if letters:
        with work.on_behalf():
            records.add(work, catalog.entity("email"), letters)


def _stop(work: Work, letters: Sequence[Row]) -> None:
    """Stop the sequences of people who wrote without answering one of our messages."""
    if not letters:
        return
    from mycrm_cli.services.sequences import stopping

    contacts, leads = (sorted({row[name] for row in letters if row[name]}) for name in ("contact_id", "lead_id"))
    stopping.stop(work, "reply", contacts, leads, sorted({row["from_email"] for row in letters}))
