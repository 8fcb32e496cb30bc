"""What people and files are called never becomes another header, another recipient, or a command to a server."""

import itertools
from email.headerregistry import Address

import pytest

from mycrm_cli.errors import CrmError
from mycrm_cli.services.mail import attaching, outbox, unsubscribing
from mycrm_cli.services.mail.sending import Claimed, written
from mycrm_cli.services.mail.transport import Mailer, Server
from mycrm_cli.services.notices.notice import NotSent
from tests.mail.conftest import Smtp
from tests.program import Program

ENDS = ("\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x00", "\r\n\t", "\n ")
EVIL = (
    "Bcc: victim@evil.example",
    "To: victim@evil.example",
    "Cc: victim@evil.example, second@evil.example",
    "Reply-To: victim@evil.example",
    "Subject: owned",
    "Content-Type: text/html",
    "\r\nbody",
    ".\r\nRCPT TO:<victim@evil.example>",
    ".\r\nMAIL FROM:<a@b>\r\nRCPT TO:<victim@evil.example>\r\nDATA",
)
TRICKS = (
    "x <victim@evil.example>",
    "x, victim@evil.example",
    "victim@evil.example; x",
    '" <victim@evil.example> "',
    "(comment) victim@evil.example",
    "=?utf-8?q?x=0D=0ABcc:_victim@evil.example?=",
    "=?utf-8?b?eA0KQmNjOiB2aWN0aW1AZXZpbC5leGFtcGxl?=",
    "group: victim@evil.example;",
    "a@b> RCPT TO:<victim@evil.example",
    "x\ud800y",
    "{{7*7}} ${7*7} %(x)s {0.__class__}",
)
PAYLOADS = [f"x{end}{evil}" for end, evil in itertools.product(ENDS, EVIL)] + list(TRICKS)
FIELDS = ("subject", "to_name", "from_name", "body_text", "body_html", "file", "to_email", "reply", "header", "url")
ALLOWED = {"from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding"}
ALLOWED |= {"in-reply-to", "references", "list-unsubscribe", "list-unsubscribe-post", "precedence"}


def row(field: str, payload: str) -> dict[str, object]:
    """Return a message of the outbox as ``queue`` writes it, with a payload in one field."""

    def text(name: str, usual: str) -> str:
        return payload if field == name else usual

    by = outbox.sender_of(f"{Address(outbox.printable(text('from_name', 'Acme')), 'crm', 'acme.com')}")
    page = unsubscribing.checked(text("url", "https://acme.example/u/{token}"))
    message = outbox.Message(
        text("to_email", "jan@example.com"),
        text("to_name", "Jan"),
        text("subject", "Hello"),
        text("body_text", "Dear Jan"),
        text("body_html", "<p>x</p>"),
        headers={"Precedence": text("header", "bulk")},
        reply_to_message_id=text("reply", "<1@example.com>"),
    )
    id = "<0a@acme.com>"
    _, further = outbox._thread(message, id, {str(message.reply_to_message_id): str(message.reply_to_message_id)})
    bulk = unsubscribing.headers(page, by.email, id)
    more = {name: value for name, value in bulk.items() if name != "Precedence"}
    return outbox._row(message, by, further | more) | {"message_id": id}


@pytest.mark.parametrize("field", FIELDS)
def test_no_payload_adds_a_header_or_a_recipient(field: str, smtp: Smtp) -> None:
    mailer = Mailer(Server("127.0.0.1", smtp.port, "none", None, None, "Acme <crm@acme.com>"))
    tried = refused = 0
    for payload in PAYLOADS:
        tried += 1
        try:
            files = [attaching.Attached(attaching.clean(payload), "text/plain", b"x")] if field == "file" else []
            mailer.send(written(mailer, Claimed(row(field, payload), files)))
        except (CrmError, NotSent, ValueError):
            refused += 1
    mailer.close()
    assert tried == len(PAYLOADS) and len(smtp.box.taken) == tried - refused
    assert refused == 0 or field in ("to_email", "url")
    for taken in smtp.box.taken:
        assert taken.sender == "crm@acme.com" and taken.to == ["jan@example.com"]
        message = taken.message
        assert {name.lower() for name in message} <= ALLOWED, taken.content
        assert len(message.keys()) == len({name.lower() for name in message}), taken.content
        assert [one.addr_spec for one in message["From"].addresses] == ["crm@acme.com"]
        assert len(message["To"].addresses) == 1
        head = taken.content.partition(b"\r\n\r\n")[0]
        assert not any(line[:1].isalpha() and b":" not in line for line in head.split(b"\r\n"))
        names = {part.get_filename() for part in message.walk()} - {None}
        assert all(name is not None and not {*"\r\n/\\"} & {*name} for name in names)


def test_hostile_names_by_the_program_itself(sqlite_crm: Program, smtp: Smtp) -> None:
    """The same through commands: records, an organization's page, a sender's name."""
    crm = sqlite_crm
    smtp.use(crm)
    for number, payload in enumerate((*TRICKS[:9], "x\rBcc: victim@evil.example", "x\u2028Bcc: v@evil.example")):
        crm("contact", "add", "--last-name", payload, "--email", f"p{number}@example.com", exit=None)
        crm("email", "send", f"p{number}@example.com", "--subject", payload, "--body", payload)
        message = smtp.box.last
        assert smtp.box.taken[-1].to == [f"p{number}@example.com"] == [message["To"].addresses[0].addr_spec]
        assert message["Bcc"] is None and message["Cc"] is None
    for url in ("http://a.example/{token}", "https://a.example/", "https://a.example/{token}>, <https://evil.example"):
        crm("org", "edit", "--unsubscribe-url", url, exit=6)


def test_there_are_a_thousand_payloads() -> None:
    assert len(PAYLOADS) * len(FIELDS) >= 1_000
