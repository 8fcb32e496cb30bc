"""Messages go out by a real server on this machine: alone, to many, as answers, with files, and never twice."""

from pathlib import Path
from typing import Any

from tests.mail.conftest import Smtp
from tests.program import Program

NOW = {"MYCRM_NOW": "2026-11-23T08:00:00Z"}


def at(time: str) -> dict[str, str]:
    return {"MYCRM_NOW": f"2026-11-23T{time}:00Z"}


def text_of(message: Any, kind: str = "plain") -> str:
    return str(message.get_body((kind,)).get_content()).replace("\r\n", "\n")


def state_of(crm: Program, *filters: str) -> list[str]:
    return [str(row["state"]) for row in crm.json("email", "outbox", "list", "-s", "id", *filters)]


def test_one_message_and_its_answer(crm: Program, smtp: Smtp, tmp_path: Path) -> None:
    crm("contact", "add", "Jan O'Hára, Jr.", "--email", "jan@example.com", env=NOW)
    send = ("email", "send", "C-1", "--subject", "Your  quote: Größe", "--body", "Dear Jan,\n.\n.. äöü\nFrom here")
    assert "has no mail server" in crm(*send, exit=78, env=NOW).stderr
    assert crm("email", "count").stdout == "0\n"
    smtp.use(crm)
    # A preview sends nothing and leaves nothing.
    shown = crm(*send, "-n", env=NOW).stdout
    assert 'To: "Jan O\'Hára, Jr." <jan@example.com>' in shown and ".. äöü" in shown
    assert crm("email", "count").stdout == "0\n" and not smtp.box.taken
    quote = tmp_path / "quote.pdf"
    quote.write_bytes(b"%PDF-1 \x00\xff")
    page = tmp_path / "page.html"
    page.write_text("<p>Größe</p>")
    sent = crm.json(*send, "--html", str(page), "--attach", str(quote), env=NOW)
    assert (sent["status"], sent["sent_at"]) == ("sent", "2026-11-23T08:00:00Z")
    assert sent["thread_id"] == sent["message_id"]
    [taken], message = smtp.box.taken, smtp.box.last
    assert (taken.sender, taken.to) == ("crm@acme.com", ["jan@example.com"])
    assert message["Subject"] == "Your quote: Größe" and message["From"] == "Acme CRM <crm@acme.com>"
    assert message["To"].addresses[0].display_name == "Jan O'Hára, Jr."
    assert message["Message-ID"] == sent["message_id"] and message["List-Unsubscribe"] is None
    assert text_of(message) == "Dear Jan,\n.\n.. äöü\nFrom here\n"
    assert "Größe" in text_of(message, "html")
    [file] = message.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("quote.pdf", "application/pdf")
    assert file.get_content() == b"%PDF-1 \x00\xff"
    assert crm.json("contact", "view", "C-1")["last_activity_at"] == "2026-11-23T08:00:00Z"
    # An answer stays in the conversation and goes to the other side.
    crm("email", "send", "--reply", "E-1", "--body", "And one more thing", env=NOW)
    answer = smtp.box.last
    assert (answer["Subject"], answer["In-Reply-To"]) == ("Re: Your quote: Größe", sent["message_id"])
    third = crm.json("email", "send", "--reply", "E-2", "--body", "Really", env=NOW)
    assert third["thread_id"] == sent["message_id"] and third["contact_id"] == sent["contact_id"]
    assert smtp.box.last["References"] == f"{sent['message_id']} {answer['Message-ID']}"
    # Whoever answers knows us, whatever else is named.
    incoming = ("email", "add", "Hello", "--from-email", "jan@example.com", "--to-email", "crm@acme.com")
    crm(*incoming, "--message-id", "<1@x.example.com>", "--contact", "C-1", env=NOW)
    crm("email", "send", "--reply", "E-4", "--body", "Hi", env=NOW)
    assert smtp.box.taken[-1].to == ["jan@example.com"] and smtp.box.last["In-Reply-To"] == "<1@x.example.com>"
    # What is out cannot be taken back, and the journal says which.
    refused = crm("undo", "X-" + str(crm.json("change", "list", "-L", "1")[0]["number"]), "-y", exit=6, env=NOW)
    assert "was sent: mail that is out cannot be taken back" in refused.stderr
    assert crm("email", "count").stdout == "5\n"


def test_many_are_reached_once_and_who_refused_is_not(crm: Program, smtp: Smtp) -> None:
    smtp.use(crm)
    people = "".join(f'{{"first_name": "P{n}", "email": "p{n}@example.com"}}\n' for n in range(6))
    crm("contact", "add", "-", "-y", stdin=people, env=NOW)
    crm("contact", "edit", "C-2", "--do-not-email", "yes", env=NOW)
    crm("contact", "add", "Nobody", env=NOW)
    crm("lead", "add", "Eve", "--email", "p3@example.com", env=NOW)
    crm("email", "suppress", "add", "p2@example.com", env=NOW)
    crm("org", "edit", "--unsubscribe-url", "https://acme.example/u?t={token}", env=NOW)
    words = ("--subject", "News", "--body", "Hello", "--key", "news-1")
    assert "Nobody is there" in crm("email", "send", "--all", "--to", "contact", *words, exit=2, env=NOW).stderr
    done = crm("email", "send", "--all", "--to", "contact", *words, "--rate", "600/min", "-y", env=NOW)
    for reason in ("1 (refused mail)", "1 (suppressed)", "1 (no e-mail address)"):
        assert reason in done.stderr
    assert sorted(one.to[0][:2] for one in smtp.box.taken) == ["p0", "p3", "p4", "p5"]
    message = smtp.box.last
    token = message["Message-ID"][1:].split("@")[0]
    mail = f"<mailto:crm@acme.com?subject=unsubscribe%20{token}>"
    assert message["List-Unsubscribe"] == f"<https://acme.example/u?t={token}>, {mail}"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" and message["Precedence"] == "bulk"
    # The same name again reaches nobody twice, be it by another record; whoever is new gets it.
    crm("contact", "add", "New", "--email", "new@example.com", env=NOW)
    again = crm("email", "send", "-", *words, "-y", stdin="C-1\nL-1\nnew@example.com\n", env=NOW)
    assert "2 (reached with this key before)" in again.stderr and len(smtp.box.taken) == 5
    assert smtp.box.taken[-1].to == ["new@example.com"]
    # Alone it is an error, so that nobody believes that it went out.
    assert "refused mail" in crm("email", "send", "C-2", *words[:4], exit=6, env=NOW).stderr
    assert "suppressed" in crm("email", "send", "C-3", *words[:4], exit=6, env=NOW).stderr
    assert len(smtp.box.taken) == 5
    # Who is suppressed while a message waits does not get it.
    crm("email", "send", "C-1", *words[:4], "--later", env=NOW)
    crm("email", "suppress", "add", "p0@example.com", env=NOW)
    assert crm("email", "outbox", "run", env=NOW, exit=None).stdout == ""
    assert len(smtp.box.taken) == 5 and state_of(crm, "--state", "cancelled") == ["cancelled"]


def test_what_waits_is_tried_again_or_given_up(crm: Program, smtp: Smtp) -> None:
    smtp.use(crm)
    crm("contact", "add", "Jan", "--email", "jan@example.com", env=NOW)
    send = ("email", "send", "C-1", "--subject", "Hi", "--body", "Hello")
    # Put off: it waits a minute, then five; nothing is told while nothing is due.
    smtp.box.answers = ["451 later", "451 later still"]
    assert "451 later" in crm(*send, exit=75, env=at("08:00")).stderr
    quiet = crm("email", "outbox", "run", env=at("08:00"))
    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert "later still" in crm("email", "outbox", "run", exit=75, env=at("08:02")).stderr
    crm("email", "outbox", "run", env=at("08:06"))
    assert not smtp.box.taken
    crm("email", "outbox", "run", env=at("08:08"))
    assert [row["attempts"] for row in crm.json("email", "outbox", "list")] == [3]
    assert crm.json("email", "view", "E-1")["status"] == "sent"
    # Refused for good: failed, and sent again only on request, by the same name.
    smtp.box.answers = ["550 no such user"]
    assert "550 no such user" in crm(*send, exit=7, env=at("09:00")).stderr
    assert crm.json("email", "view", "E-2")["status"] == "failed"
    name = crm.json("email", "view", "E-2")["message_id"]
    crm("email", "outbox", "run", env=at("20:00"))
    crm("email", "outbox", "retry", "E-2", env=at("20:00"))
    assert crm.json("email", "view", "E-2")["status"] == "queued"
    crm("email", "outbox", "run", env=at("20:00"))
    assert smtp.box.last["Message-ID"] == name
    # In doubt: nobody sends it again by itself.
    smtp.box.cut = iter(["kept"]).__next__
    doubt = crm(*send, exit=7, env=at("21:00"))
    smtp.box.cut = lambda: None
    assert "in doubt" in doubt.stderr
    crm("email", "outbox", "run", env=at("23:00"))
    assert len(smtp.box.taken) == 3 and state_of(crm, "--state", "uncertain") == ["uncertain"]
    assert "may have been sent" in crm("undo", newest(crm), "-y", exit=6, env=NOW).stderr
    crm("email", "outbox", "cancel", "E-3", env=NOW)
    assert "is cancelled" in crm("email", "outbox", "retry", "E-3", exit=6, env=NOW).stderr
    assert "is sent" in crm("email", "outbox", "cancel", "E-1", exit=6, env=NOW).stderr
    assert crm("email", "outbox", "view", "E-3", "--json").json["state"] == "cancelled"


def newest(crm: Program) -> str:
    return f"X-{crm.json('change', 'list', '-L', '1')[0]['number']}"


def test_undo_cancels_what_waits(crm: Program, smtp: Smtp) -> None:
    smtp.use(crm)
    people = "".join(f'{{"first_name": "P{n}", "email": "p{n}@example.com"}}\n' for n in range(120))
    crm("contact", "add", "-", "-y", stdin=people, env=NOW)
    words = (
        "email",
        "send",
        "--all",
        "--to",
        "contact",
        "--subject",
        "A",
        "--body",
        "B",
        "--later",
        "-y",
        "--key",
        "k",
    )
    crm(*words, env=NOW)
    queued = newest(crm)
    crm("undo", queued, "-y", env=NOW)
    assert crm("email", "count").stdout == "0\n" and set(state_of(crm)) == {"cancelled"}
    crm("email", "outbox", "run", env=NOW)
    assert not smtp.box.taken
    # Taken back it is as if it had never been: the key is free.
    crm(*words, env=NOW)
    assert crm("email", "count").stdout == "120\n"
    crm("email", "outbox", "run", "--limit", "20", env=NOW)
    assert len(smtp.box.taken) == 20
    partly = crm("undo", newest(crm), "--keep-later", "-y", exit=7, env=NOW)
    assert "was sent" in partly.stderr and crm("email", "count").stdout == "20\n"
    crm("email", "outbox", "run", env=NOW)
    assert len(smtp.box.taken) == 20
    # A record that is deleted takes what waits with it.
    crm("email", "send", "C-1", "--subject", "A", "--body", "B", "--later", env=NOW)
    crm("email", "delete", "-w", "status=queued", "-y", env=NOW)
    crm("email", "outbox", "run", env=NOW)
    assert len(smtp.box.taken) == 20
