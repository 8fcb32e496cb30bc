"""The forms in which providers deliver their reports: each kind of report becomes what it says."""

import json
from typing import Any

import pytest

from mycrm_cli.services.mail.happening import Event
from mycrm_cli.services.mail.providers import module
from mycrm_cli.services.transfer.model import Problem
from tests.mail.reports import ID, envelope, mailgun, message, postmark, sendgrid, ses, take
from tests.program import Program

JAN = "jan@globex.example"
GUID = "883953f4-6105-42a2-a16a-77a8eac79483"
TIME = "2025-04-05T16:33:54.9070259Z"


def read(provider: str, value: Any) -> list[Event]:
    """Return what a value reports."""
    source = module(provider)
    return [event for entry in source.unpack(value) for event in source.events(entry)]


def kinds(provider: str, value: Any) -> list[str]:
    """Return the kinds of what a value reports, with how hard a bounce was."""
    return [f"{each.bounce_type or ''} {each.type}".strip() for each in read(provider, value)]


BOUNCED = {"bouncedRecipients": [{"emailAddress": JAN, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 unknown"}]}
AT = {"timestamp": "2026-11-01T09:01:00.123Z"}
CASES: list[tuple[str, Any, list[str]]] = [
    ("sendgrid", [sendgrid("processed", 1), sendgrid("delivered", 2)], ["other", "delivered"]),
    ("sendgrid", [sendgrid("open", 1), sendgrid("open", 2, sg_machine_open=True)], ["open", "other"]),
    ("sendgrid", sendgrid("click", 1, url="https://acme.example"), ["click"]),
    ("sendgrid", sendgrid("bounce", 1, status="5.1.1", type="bounce", reason="550 unknown"), ["hard bounce"]),
    ("sendgrid", sendgrid("bounce", 1, status="5.2.2", type="bounce"), ["soft bounce"]),
    ("sendgrid", sendgrid("bounce", 1, status="5.0.0", type="blocked"), ["soft bounce"]),
    ("sendgrid", sendgrid("dropped", 1, reason="Bounced Address"), ["failed", "hard bounce"]),
    ("sendgrid", sendgrid("dropped", 1, reason="Unsubscribed Address"), ["failed", "unsubscribe"]),
    ("sendgrid", sendgrid("dropped", 1, reason="Spam Content"), ["failed"]),
    ("sendgrid", [sendgrid("spamreport", 1), sendgrid("group_unsubscribe", 2)], ["complaint", "unsubscribe"]),
    ("sendgrid", [sendgrid("deferred", 1), sendgrid("account_status_change", 2)], ["deferred"]),
    ("mailgun", mailgun("accepted", "m", 1793600000.5), ["other"]),
    ("mailgun", {"items": [mailgun("delivered", "m", 1793600001.25)["event-data"]], "paging": {}}, ["delivered"]),
    ("mailgun", mailgun("opened", "m", 1793600002), ["open"]),
    ("mailgun", mailgun("clicked", "m", 1793600003, url="https://acme.example"), ["click"]),
    ("mailgun", mailgun("failed", "m", 1793600004, severity="temporary"), ["deferred"]),
    ("mailgun", mailgun("failed", "m", 1, severity="permanent") | {}, ["bad_time"]),
    (
        "mailgun",
        mailgun(
            "failed", "m", 1793600004, severity="permanent", reason="generic",
            **{"delivery-status": {"code": 550, "message": "5.1.1 The account does not exist"}},
        ),
        ["hard bounce"],
    ),
    (
        "mailgun",
        mailgun(
            "failed", "m", 1793600004, severity="permanent", reason="generic",
            **{"delivery-status": {"code": 550, "message": "5.7.1 blocked by policy"}},
        ),
        ["soft bounce"],
    ),
    ("mailgun", mailgun("failed", "m", 1793600004, reason="suppress-complaint"), ["failed", "complaint"]),
    ("mailgun", mailgun("failed", "m", 1793600004, reason="suppress-bounce"), ["hard bounce"]),
    ("mailgun", mailgun("complained", "m", 1793600005), ["complaint"]),
    ("mailgun", [mailgun("unsubscribed", "m", 1793600006), mailgun("stored", "m", 1793600006)], ["unsubscribe"]),
    ("ses", ses("Send", {}, "s"), ["other"]),
    ("ses", ses("Delivery", AT | {"recipients": [JAN]}, key="notificationType"), ["delivered"]),
    ("ses", envelope(ses("Bounce", AT | BOUNCED | {"bounceType": "Permanent"}, "s")), ["hard bounce"]),
    ("ses", {"Records": [{"Sns": envelope(ses("Bounce", AT | BOUNCED | {"bounceType": "Transient"}))}]}, ["soft bounce"]),
    ("ses", {"detail-type": "Email Opened", "detail": ses("Open", AT | {"ipAddress": "1.2.3.4"}, "s")}, ["open"]),
    ("ses", ses("Click", AT | {"link": "https://acme.example"}, "s"), ["click"]),
    ("ses", ses("Complaint", AT | {"complainedRecipients": [{"emailAddress": JAN}]}, "s"), ["complaint"]),
    ("ses", ses("Complaint", AT | {"complaintFeedbackType": "not-spam"}, "s"), ["other"]),
    ("ses", ses("Reject", {"reason": "Bad content"}, "s"), ["failed"]),
    ("ses", ses("DeliveryDelay", {}, "s"), ["deferred"]),
    ("ses", ses("Subscription", AT | {"newTopicPreferences": {"unsubscribeAll": True}}, "s"), ["unsubscribe"]),
    ("ses", {"Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe", "Token": "t"}, []),
    ("ses", envelope("Successfully validated SNS topic for Amazon SES event publishing."), []),
    ("ses", envelope('{"eventType": '), ["not_json"]),
    ("postmark", postmark("Delivery", "DeliveredAt", TIME, MessageID=GUID, Recipient=JAN), ["delivered"]),
    ("postmark", postmark("Open", "ReceivedAt", TIME, MessageID=GUID, Recipient=JAN, FirstOpen=True), ["open"]),
    ("postmark", postmark("Click", "ReceivedAt", TIME, MessageID=GUID, Recipient=JAN, OriginalLink="https://a"), ["click"]),
    ("postmark", postmark("Bounce", "BouncedAt", TIME, ID=42, Type="HardBounce", TypeCode=1, Email=JAN), ["hard bounce"]),
    ("postmark", postmark("Bounce", "BouncedAt", TIME, ID=43, Type="SoftBounce", Email=JAN), ["soft bounce"]),
    ("postmark", postmark("Bounce", "BouncedAt", TIME, ID=43, Type="Transient", Email=JAN), ["deferred"]),
    ("postmark", postmark("Bounce", "BouncedAt", TIME, ID=44, Type="AutoResponder", Email=JAN), ["other"]),
    ("postmark", postmark("SpamComplaint", "BouncedAt", TIME, ID=45, Email=JAN), ["complaint"]),
    (
        "postmark",
        postmark(
            "SubscriptionChange", "ChangedAt", TIME, SuppressSending=True, SuppressionReason="ManualSuppression",
            Recipient=JAN, MessageID="00000000-0000-0000-0000-000000000000",
        ),
        ["unsubscribe"],
    ),
    ("postmark", postmark("SubscriptionChange", "ChangedAt", TIME, SuppressSending=False, Recipient=JAN), ["other"]),
    ("postmark", postmark("Inbound", "Date", TIME, From=JAN), []),
    *((name, {"hello": "world"}, ["bad_choice" if name == "?" else "required"]) for name in ("sendgrid", "ses")),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "value", "expected"), CASES)
def test_every_kind_of_report(provider: str, value: Any, expected: list[str]) -> None:
    """What it is called becomes what it means; read again it has the same key."""
    try:
        assert kinds(provider, value) == expected
    except Problem as problem:
        assert [problem.code] == expected
        return
    keys = [event.event_id for event in read(provider, value)]
    assert keys == [event.event_id for event in read(provider, json.loads(json.dumps(value)))]
    assert len(set(keys)) == len(keys)
    for event in read(provider, value):
        assert event.occurred_at.tzinfo is not None
        assert event.message_id or event.provider_key or event.address


def test_names_of_messages() -> None:
    """What a provider calls a message, and what we called it."""
    [event] = read("sendgrid", sendgrid("delivered", 1, **{"smtp-id": ID.format("a")}))
    assert (event.message_id, event.provider_key, event.address) == (ID.format("a"), "14c5d75ce93.dfd.1", JAN)
    [event] = read("mailgun", mailgun("delivered", "a", 1793600000.5))
    assert (event.message_id, event.event_id) == ("a@acme.example", "mg-delivered-1793600000.5")
    [event] = read("ses", ses("Delivery", AT, "a"))
    assert (event.message_id, event.provider_key) == (ID.format("a"), "0102015fd91a5ca3-000000")
    both = {"recipients": [JAN, "eva@globex.example"]}
    assert len(read("ses", ses("Delivery", AT | both, "a"))) == 2
    carried = {"message-id": ID.format("a")}
    [event] = read("postmark", postmark("Open", "ReceivedAt", TIME, MessageID=GUID, Metadata=carried))
    assert (event.message_id, event.provider_key) == (ID.format("a"), GUID)


def test_files_of_each_provider(crm: Program) -> None:
    """What webhooks deliver moves the message; opens of SendGrid find theirs by SendGrid's key, even before it is known."""
    crm("contact", "add", "Jan Berg", "--email", JAN)
    for number, name in enumerate(("sg", "mg", "ses", "pm"), 1):
        message(crm, JAN, name, day=f"2026-11-0{number}")
    now = {"MYCRM_NOW": "2026-11-10T12:00:00Z"}

    def status(number: int) -> tuple[str, int]:
        found = crm.json("email", "view", f"E-{number}")
        return found["status"], found["open_count"]

    opened = sendgrid("open", 5)
    assert take(crm, [opened], "sendgrid", env=now)["unmatched"] == 1
    told = {"smtp-id": ID.format("sg")}
    assert take(crm, [sendgrid("processed", 5, **told)], "sendgrid", env=now)["new"] == 1
    assert status(1) == ("opened", 1), "the earlier report has found its message"
    clicked = "\n".join(json.dumps([sendgrid("click", 5, url="https://a.example"), each]) for each in [opened])
    assert take(crm, clicked, "sendgrid", env=now)["known"] == 1
    assert status(1) == ("clicked", 1)

    counts = take(crm, [mailgun("opened", "mg", 1793700000.5), mailgun("complained", "mg", 1793700001.5)], "mailgun")
    assert (counts["new"], counts["suppressed"], status(2)) == (2, 1, ("opened", 1))

    inner = ses("Bounce", AT | BOUNCED | {"bounceType": "Permanent", "feedbackId": "f"}, "ses")
    lines = "".join(json.dumps(envelope(inner, number)) for number in (1, 2))
    counts = take(crm, lines, "ses", env=now)
    assert (counts["reports"], counts["new"], status(3)[0]) == (2, 1, "bounced"), "delivered twice, counted once"
    [held] = crm.json("email", "suppress", "list")
    assert held["reason"] == "complaint", "the stronger reason stays"

    bounce = postmark(
        "Bounce", "BouncedAt", "2026-11-05T09:00:00Z", ID=42, Type="HardBounce", Email=JAN, MessageID=GUID
    )
    later = postmark("Open", "ReceivedAt", "2026-11-06T09:00:00Z", MessageID=GUID, Recipient=JAN)
    counts = take(crm, [bounce, later], "postmark", env=now)
    assert (status(4), counts["unmatched"]) == (("bounced", 1), 0), "the bounce says which message it was"
