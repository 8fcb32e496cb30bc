"""What messages are: letters, answers of machines, reports of mail servers in their forms, and hostile ones."""

import time
from datetime import UTC, datetime

import pytest

from mycrm_cli.services.mail import classifying, reading, reports
from tests.mail import samples

ABOUT = "<5f0e@acme.com>"
TO = "jan@nova.example"


@pytest.mark.parametrize("name", samples.BOUNCES)
def test_what_mail_servers_report(name: str) -> None:
    """Who is meant, by which message, for good or for now, and what the server said."""
    _, said, wanted = samples.BOUNCES[name]
    [report, *others] = reports.read(reading.read(samples.bounce(name, TO, ABOUT))) or [reports.Report("none")]
    assert not others
    assert report.type == {"deferred": "deferred", "delivered": "delivered"}.get(wanted, "bounce"), report
    assert report.address == TO
    assert report.bounce_type == (wanted if report.type == "bounce" else None), report
    # Exim's warning names no message of ours: it is found by whom it went to.
    assert report.message_id == (None if name == "exim late" else ABOUT)
    if "status" in said:
        assert report.status == said["status"]
    if report.type == "bounce" and name != "exim bare":
        assert report.detail


def test_who_writes() -> None:
    """Machines answer, people wish, and some write to many; a report of abuse is a complaint."""
    for name, away in samples.AWAY.items():
        mail = reading.read(samples.letter(answers=ABOUT, **away))
        assert (reports.read(mail), classifying.kind(mail)) == (None, classifying.AUTO), name
    [said] = reports.read(reading.read(samples.complaint(TO, ABOUT))) or []
    assert (said.type, said.address, said.message_id) == ("complaint", TO, ABOUT)
    kinds = {
        "Re: Your quote": classifying.LETTER,
        "Re: Automatic reply: Your quote": classifying.LETTER,
        "unsubscribe 0a1b2c3d4e5f": classifying.UNSUBSCRIBE,
        "Unsubscribe": classifying.UNSUBSCRIBE,
        "RE: unsubscribe me!": classifying.UNSUBSCRIBE,
        "How do I unsubscribe my colleague from this?": classifying.LETTER,
        "Mail delivery failed: returning message to sender": classifying.LETTER,
    }
    for subject, kind in kinds.items():
        mail = reading.read(samples.letter(subject=subject))
        assert (reports.read(mail), classifying.kind(mail)) == (None, kind), subject
    listed = reading.read(samples.letter(more={"List-Id": "<crm.lists.example>"}))
    assert classifying.kind(listed) == classifying.MANY


def test_what_is_read_of_a_letter() -> None:
    """Encoded words, parts, quotations, what it answers: the nearest first."""
    body = "Thank you, Jürgen.\n\n> Dear Jan\n> here it is"
    more = {"References": "<1@acme.com> <2@acme.com>", "In-Reply-To": "<3@acme.com>"}
    subject = "=?utf-8?q?Re=3A_Gr=C3=BC=C3=9Fe?= =?iso-8859-1?B?/A==?="
    mail = reading.read(samples.letter("=?utf-8?q?J=C3=BC?= <JU@Nova.Example>", subject, body, more=more))
    assert (mail.sender, mail.subject, mail.preview) == ("ju@nova.example", "Re: Grüßeü", "Thank you, Jürgen.")
    assert list(mail.answers) == ["<3@acme.com>", "<2@acme.com>", "<1@acme.com>"]
    assert mail.sent_at == samples.MOMENT
    nameless = reading.read(samples.letter(id=None))
    assert nameless.message_id == reading.read(samples.letter(id=None)).message_id != mail.message_id
    assert nameless.key != reading.read(samples.letter(id=None, subject="other")).key


@pytest.mark.parametrize("name", samples.hostile())
def test_hostile_messages(name: str) -> None:
    """Nothing is raised, nothing takes long, and nothing is read that a database could not keep."""
    raw, begun = samples.hostile()[name], time.process_time()
    mail = reading.read(raw[: 1 << 20], datetime(2026, 11, 10, tzinfo=UTC))
    reports.read(mail), classifying.kind(mail)
    kept = f"{mail.key}{mail.message_id}{mail.sender}{mail.recipients}{mail.subject}{mail.preview}{mail.sent_at}"
    assert time.process_time() - begun < 2
    kept.encode("utf-8")
    assert "\0" not in kept and len(mail.message_id) <= 255 and len(mail.key) < 200
    assert datetime(1990, 1, 1, tzinfo=UTC) < mail.sent_at < datetime(2100, 1, 1, tzinfo=UTC)
