"""``report email``: what went out, and what was reported of it."""

import json

from tests.mail.reports import generic, message, take
from tests.program import Program
from tests.reports.test_activity import table

NOW = {"MYCRM_NOW": "2026-11-20T12:00:00Z"}
DAYS = {"one": "2026-10-30", "two": "2026-11-01", "three": "2026-11-01", "four": "2026-11-02"}
EVENTS = [
    generic("delivered", "one", "2026-11-01T09:01:00Z", id="1"),
    generic("open", "one", "2026-11-01T10:00:00Z", id="2"),
    generic("click", "one", "2026-11-02T10:00:05Z", id="4"),
    generic("bounce", "two", "2026-11-01T09:02:00Z", id="5", bounce_type="hard", address="two@x.example"),
    generic("bounce", "three", "2026-11-03T09:05:00Z", id="8", bounce_type="soft"),
    generic("open", "four", "2026-11-04T09:05:00Z", id="9"),
    generic("reply", "four", "2026-11-05T09:05:00Z", id="10"),
    generic("unsubscribe", "four", "2026-11-06T09:05:00Z", id="11"),
    generic("complaint", "one", "2026-11-07T09:05:00Z", id="12"),
]
COUNTS = "sent delivered opened clicked replied hard_bounced soft_bounced unsubscribed complained failed".split()


def counts(rows: list[dict[str, str]]) -> list[list[str | int]]:
    """Return the first column and the counts of rows."""
    return [[next(iter(row.values())), *(int(row[name]) for name in COUNTS)] for row in rows]


def test_email(crm: Program) -> None:
    assert table(crm, "email", env=NOW) == []
    crm("user", "add", "bo@acme.com", "--role", "sales_rep", "--first-name", "Bo")
    for name, day in DAYS.items():
        crm("lead", "add", f"Lead {name}", "--email", f"{name}@x.example")
        message(crm, f"{name}@x.example", name, day=day)
    came = {
        "subject": "In",
        "from_email": "one@x.example",
        "to_email": "ana@acme.com",
        "sent_at": "2026-11-02T09:00:00Z",
    }
    late = {**came, "from_email": "bo@acme.com", "to_email": "one@x.example", "status": "failed", "user": "bo@acme.com"}
    late["sent_at"] = None  # type: ignore[assignment]
    for row in (came, late, {**late, "status": "queued"}):
        crm("email", "add", "--from-json", "-", stdin=json.dumps(row), env={"MYCRM_NOW": "2026-11-03T09:00:00Z"})
    take(crm, EVENTS, env=NOW)
    assert counts(table(crm, "email", "--period", "2026-10-01..2026-11-20", env=NOW)) == [
        ["2026-10", 1, 1, 1, 1, 0, 0, 0, 0, 1, 0],
        ["2026-11", 3, 1, 1, 0, 1, 1, 1, 1, 0, 1],
    ]
    by_user = table(crm, "email", "--by", "user", "--period", "60d", env=NOW)
    assert counts(by_user) == [["Ana Berg", 4, 2, 2, 1, 1, 1, 1, 1, 1, 0], ["Bo", *[0] * 9, 1]]
    assert [by_user[0][name] for name in ("delivered_rate", "open_rate", "click_rate", "reply_rate")] == [
        "0.5000",
        "1.0000",
        "0.5000",
        "0.5000",
    ]
    assert by_user[1]["open_rate"] == ""
    for by in ("sequence", "template"):
        assert counts(table(crm, "email", "--by", by, env=NOW)) == [["", 4, 2, 2, 1, 1, 1, 1, 1, 1, 1]]
    assert counts(table(crm, "email", "--by", "user", "--owner", "me", "-w", "opened_at=any", env=NOW)) == [
        ["Ana Berg", 2, 2, 2, 1, 1, 0, 0, 1, 1, 0]
    ]
    assert "replied" in crm("report", "email", "-o", "table", env=NOW).stdout
