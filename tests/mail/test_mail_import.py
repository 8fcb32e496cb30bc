"""``email import`` of mailboxes in files: mbox, .eml, folders of them; honest about each, and never sent."""

import gzip
from pathlib import Path

from tests.mail import samples
from tests.program import Program
from tests.rowhash import everything

UNTOLD = frozenset(("version", "updated_at", "search_rowid", "last_used_at"))


def test_messages_from_files(crm: Program, tmp_path: Path) -> None:
    """Each message once, linked with its people and its conversation; the same again changes nothing."""
    crm("contact", "add", "Jan", "--email", "jan@nova.example")
    letters = [samples.letter(id=f"<{n}@x>", subject=f"n{n}", body="From me\nto you") for n in range(3)]
    letters.append(samples.letter(id="<3@x>", answers="<0@x>", date=None))
    letters.append(b"Subject: nobody\r\n\r\nlost")
    quoted = [letter.replace(b"\r\n", b"\n").replace(b"\nFrom me", b"\n>From me") for letter in letters]
    box = tmp_path / "box.mbox"
    box.write_bytes(b"".join(b"From jan@x Tue Nov 10 09:30:00 2020\n" + each + b"\n" for each in quoted))
    assert crm("email", "import", str(box), exit=6).stderr.count("not_mail")
    told = crm.json("email", "import", str(box), "--on-error", "skip", "--rejects", str(tmp_path / "r.csv"), exit=7)
    assert (told["rows"], told["created"], told["rejected"]) == (5, 4, 1)
    found = {row["message_id"]: row for row in crm.json("email", "list", "-L", "0")}
    assert found["<0@x>"]["body_preview"] == "From me to you"
    assert found["<3@x>"]["thread_id"] == "<0@x>"
    assert found["<3@x>"]["sent_at"].startswith("2020-11-10T09:30")
    assert all(row["contact_id"] for row in found.values())
    assert crm("email", "outbox", "list").stdout == ""
    folder = tmp_path / "mails" / "2026"
    folder.mkdir(parents=True)
    for n, letter in enumerate(letters[:3]):
        (folder / f"{n}.eml").write_bytes(letter)
    (folder / "notes.txt").write_text("not a message")
    packed = tmp_path / "one.eml.gz"
    packed.write_bytes(gzip.compress(letters[0]))
    before = everything(crm, without=UNTOLD)
    assert crm.json("email", "import", str(tmp_path / "mails"))["unchanged"] == 3
    assert crm.json("email", "import", str(packed))["unchanged"] == 1
    assert everything(crm, without=UNTOLD) == before
    (folder / "new.eml").write_bytes(samples.letter(id="<new@x>", subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?="))
    assert crm.json("email", "import", str(tmp_path / "mails"), "-n")["created"] == 1
    assert crm.json("email", "import", str(tmp_path / "mails"))["created"] == 1
    assert crm.json("email", "list", "-w", "subject=Grüße")
    assert "email import" in crm("contact", "import", str(box), exit=2).stderr
    assert "folder" in crm("contact", "import", str(folder), exit=2).stderr
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    for n, raw in enumerate(samples.hostile().values()):
        (hostile / f"{n}.eml").write_bytes(raw)
    told = crm.json("email", "import", str(hostile), "--on-error", "skip", exit=None)
    assert told["rows"] == told["created"] + told["updated"] + told["unchanged"] + told["rejected"]
    assert told["rows"] == len(samples.hostile())
