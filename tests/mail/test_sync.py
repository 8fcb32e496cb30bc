"""``email sync`` reads real mailboxes: what comes of it, what is left alone, what goes wrong with servers."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from mycrm_cli.services.transfer import queueing
from tests.mail import samples
from tests.mail.imap import Imap
from tests.mail.server import server
from tests.program import Program
from tests.rowhash import everything, rows_of

PEOPLE = [name.replace(" ", ".") + "@nova.example" for name in samples.BOUNCES]
WAITERS = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
ALWAYS = frozenset(("version", "updated_at", "search_rowid", "last_used_at"))


def sent(crm: Program, people: list[str], profile: str = "work") -> dict[str, str]:
    """Send a message to each and return their Message-IDs by address."""
    lines = "\n".join(json.dumps({"email": person, "first_name": "P"}) for person in people)
    crm("contact", "import", "-", "--format", "jsonl", "-y", "-P", profile, stdin=lines)
    with server() as (box, port):
        url = f"smtp://127.0.0.1:{port}"
        crm("profile", "edit", profile, "--smtp", url, "--smtp-security", "none", "--smtp-from", "crm@acme.com")
        words = ("email", "send", "-", "--subject", "Your quote", "--body", "Dear all", "-y", "-P", profile)
        crm(*words, stdin="\n".join(people))
        return {message["To"].addresses[0].addr_spec: str(message["Message-ID"]) for message in box.messages}


def status(crm: Program) -> dict[str, dict[str, Any]]:
    """Return our messages by whom they went to."""
    return {row["to_email"]: row for row in crm.json("email", "list", "-w", "from_email=crm@acme.com", "-L", "0")}


def unmoved(crm: Program, profile: str = "work") -> dict[str, list[str]]:
    """Return all rows but how far folders were read."""
    found = rows_of(crm, profile, without=ALWAYS, journal=True)
    return {table: rows for table, rows in found.items() if table not in ("mail_folders", "api_tokens")}


def test_a_mailbox_of_everything(crm: Program, imap: Imap) -> None:
    """Answers, machines, reports in all forms: recognised; replayed, or about somebody else's mail: changes 0."""
    others = ["jan@nova.example", "away@nova.example", "wants.none@nova.example", "spam@nova.example"]
    ids = sent(crm, [*PEOPLE, *others])
    crm("contact", "add", "Mia", "--email", "mia@nova.example")
    crm("org", "add", "--name", "Globex", "--slug", "globex", "--admin-email", "gus@globex.com")
    crm("profile", "add", "globex", "--organization", "globex", "--user", "gus@globex.com", "--database", crm.database)
    crm.sign_in("globex")
    imap.use(crm, "globex")
    imap.use(crm)
    token = ids["wants.none@nova.example"][1:].partition("@")[0]
    box = [samples.bounce(name, PEOPLE[n], ids[PEOPLE[n]]) for n, name in enumerate(samples.BOUNCES)]
    box += [samples.letter(answers=ids["jan@nova.example"], id="<r1@nova.example>")]
    box += [samples.letter("assistant@nova.example", answers="<r1@nova.example>", id="<r2@nova.example>")]
    box += [
        samples.letter("away@nova.example", answers=ids["away@nova.example"], id=f"<{name}@x>", **away)
        for name, away in samples.AWAY.items()
    ]
    box += [samples.letter("Someone <other@nova.example>", f"unsubscribe {token}", "", id="<u1@nova.example>")]
    box += [samples.complaint("spam@nova.example", ids["spam@nova.example"])]
    box += [samples.letter("mia@nova.example", "A question", "Do you have it in blue?", id="<m1@nova.example>")]
    box += [samples.letter("stranger@example.com", "Buy now", id="<s1@example.com>")]
    box += [samples.letter("mia@nova.example", "News", id="<n1@x>", more={"List-Id": "<n.example>"})]
    assert imap.fill(box) == len(box)
    strange = imap.fill(samples.hostile().values())
    counts = crm.json("email", "sync")
    assert counts["read"] == len(box) + strange
    assert counts["bounced"] == len(PEOPLE) and counts["auto"] >= len(samples.AWAY)
    assert counts["matched"] >= 4  # hostile ones from somebody known are written down as well
    assert counts["read"] == sum(counts[name] for name in ("matched", "ignored", "auto", "bounced", "unknown"))
    ours = status(crm)
    for name, person in zip(samples.BOUNCES, PEOPLE, strict=True):
        wanted = samples.BOUNCES[name][2]
        row = ours[person]
        assert (row["status"], row["bounce_type"]) == {
            "deferred": ("sent", None),
            "delivered": ("delivered", None),
        }.get(wanted, ("bounced", wanted)), name
    jan = ours["jan@nova.example"]
    assert (jan["status"], jan["replied_at"] is not None) == ("replied", True)
    assert ours["away@nova.example"]["status"] == "sent"
    held = {row["email"]: row["reason"] for row in crm.json("email", "suppress", "list", "-L", "0")}
    hard = [person for name, person in zip(samples.BOUNCES, PEOPLE, strict=True) if samples.BOUNCES[name][2] == "hard"]
    expected = {**dict.fromkeys(hard, "bounce"), "wants.none@nova.example": "unsubscribe"}
    assert held == expected | {"spam@nova.example": "complaint"}
    came = {row["message_id"]: row for row in crm.json("email", "list", "-w", "to_email=crm@acme.com", "-L", "0")}
    assert {"<r1@nova.example>", "<m1@nova.example>"} <= came.keys()
    assert came["<r1@nova.example>"]["thread_id"] == jan["message_id"]
    assert came["<m1@nova.example>"]["body_preview"] == "Do you have it in blue?"
    assert crm.json("contact", "view", "mia@nova.example")["last_activity_at"] is not None
    assert all(b"\\Seen" not in flags for flags in imap.flags().values())  # type: ignore[operator]

    before = unmoved(crm), everything(crm, without=ALWAYS), everything(crm, "globex", without=ALWAYS, journal=True)
    again = crm("email", "sync")
    assert (again.stdout, again.stderr) == ("", "")
    assert everything(crm, without=ALWAYS) == before[1]
    assert everything(crm, "globex", without=ALWAYS, journal=True) == before[2]
    told = crm.json("email", "sync", "--since", "2020-01-01")
    assert (told["new"], told["read"]) == (0, counts["read"])
    assert unmoved(crm) == before[0]
    # The other organization reads the same mailbox: nothing in it is about its messages or its people.
    mine = everything(crm, without=ALWAYS), unmoved(crm, "globex")
    told = crm.json("email", "sync", "-P", "globex")
    assert (told["new"], told["bounced"], told["matched"]) == (0, 0, 0)
    assert (everything(crm, without=ALWAYS), unmoved(crm, "globex")) == mine


def test_messages_come_bit_by_bit(crm: Program, imap: Imap) -> None:
    """What is new alone is read; messages that vanish, another numbering, folders, a try without writing."""
    crm("contact", "add", "Jan", "--email", "jan@nova.example")
    imap.use(crm)
    assert crm("email", "sync", "--folder", "Nirgendwö", exit=3).stderr.startswith("error: ")
    assert crm("email", "sync", "--folder", "a\r\nb LOGOUT", exit=2).stderr
    imap.fill(samples.letter(id=f"<{n}@x>", subject=f"n{n}") for n in range(3))
    before = everything(crm, without=ALWAYS, journal=True)
    assert crm.json("email", "sync", "-n")["matched"] == 3
    assert everything(crm, without=ALWAYS, journal=True) == before
    assert crm.json("email", "sync")["new"] == 3
    imap.fill([samples.letter(id="<4@x>")])
    assert crm.json("email", "sync")["read"] == 1
    # What somebody deletes does not come back; what is taken back is there as it was.
    first = crm.json("email", "list", "-w", "message_id=<0@x>")[0]["number"]
    removed = crm.json("email", "delete", f"E-{first}", "-y")
    assert crm.json("email", "sync", "--since", "2020-01-01")["new"] == 0
    assert crm("email", "count").stdout.strip() == "3"
    crm("undo", removed["change"], "-y")
    assert crm.json("email", "sync", "--since", "2020-01-01")["new"] == 0
    assert crm("email", "count").stdout.strip() == "4"
    imap.fill([samples.letter("Ana <ana@acme.com>", "Hello", id="<5@x>", to="jan@nova.example")], "Sent")
    assert crm.json("email", "sync", "--folder", "Sent")["matched"] == 1
    [out] = crm.json("email", "list", "-w", "from_email=ana@acme.com")
    assert out["to_email"] == "jan@nova.example"
    archive = [samples.letter(id=f"<{n}@archive>") for n in range(3)]
    imap.fill(archive, "Archive")
    assert crm.json("email", "sync", "--folder", "Archive")["new"] == 3
    rows = unmoved(crm)
    imap.renumber("Archive", archive)
    told = crm.json("email", "sync", "--folder", "Archive")
    assert (told["read"], told["new"]) == (3, 0)
    assert unmoved(crm) == rows
    imap.empty()
    assert crm("email", "sync").stderr == ""


class Cutter:
    """Stands between the program and the server, and hangs up after so many bytes."""

    def __init__(self, port: int, after: int) -> None:
        self.port, self.left = port, after
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        """Take one connection after the other."""
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(near,), daemon=True).start()

    def carry(self, near: socket.socket) -> None:
        """Pass on what both sides say."""
        with near, socket.create_connection(("127.0.0.1", self.port)) as far:
            back = threading.Thread(target=self.pump, args=(far, near, True), daemon=True)
            back.start()
            self.pump(near, far, False)
            back.join()

    def pump(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        """Pass bytes on, until there were enough of them."""
        try:
            while data := source.recv(512):
                if counted:
                    self.left -= len(data)
                    if self.left < 0:
                        break
                target.sendall(data)
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


def test_servers_that_fail(sqlite_crm: Program, imap: Imap, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off anywhere, kept out, certified by nobody, gone: told, and nothing is lost or twice."""
    crm = sqlite_crm
    assert "--imap" in crm("email", "sync", exit=78).stderr
    crm("contact", "add", "Jan", "--email", "jan@nova.example")
    imap.fill(samples.letter(id=f"<{n}@x>", body="x" * 3000) for n in range(30))
    exits = []
    for after in (0, 300, 2500, 8000, 20_000):
        cutter = Cutter(imap.port, after)
        imap.use(crm, port=cutter.own)
        exits.append(crm("email", "sync", exit=None).exit)
        cutter.listener.close()
    assert set(exits) == {75}, exits
    imap.use(crm)
    assert crm.json("email", "sync")["new"] == 30
    assert crm("email", "count").stdout.strip() == "30"
    (crm.home / "imap.password").write_text("wrong")
    refused = crm("email", "sync", exit=78)
    assert "wrong" in refused.stderr and "wrong\n" not in refused.stdout
    imap.use(crm)
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "certificate" in crm("email", "sync", exit=78).stderr
    imap.use(crm, port=1)
    assert crm("email", "sync", exit=75).stderr


def test_beside_an_import(crm: Program, fast_imap: Imap, tmp_path: Path) -> None:
    """The mailbox and a file with the same messages, read at the same moment: each message is there once."""
    crm("contact", "add", "Jan", "--email", "jan@nova.example")
    fast_imap.use(crm)
    letters = [samples.letter(id=f"<{n}@x>", subject=str(n)) for n in range(40)]
    fast_imap.fill(letters)
    box = tmp_path / "box.mbox"
    box.write_bytes(b"".join(b"From jan@x\n" + each.replace(b"\r\n", b"\n") + b"\n" for each in letters))
    line = [sys.executable, "-m", "mycrm_cli", "email"]
    settings = {"env": crm.environment(fast_imap.environment), "stdout": subprocess.DEVNULL}
    with waiting(crm) as turn:
        both = [subprocess.Popen([*line, *words], **settings) for words in (["sync"], ["import", str(box), "-y"])]
        turn()
        assert [one.wait(60) for one in both] == [0, 0]
    found = [row["message_id"] for row in crm.json("email", "list", "-L", "0")]
    assert sorted(found) == sorted(f"<{n}@x>" for n in range(40))


@contextmanager
def waiting(crm: Program) -> Iterator[Callable[[], None]]:
    """Keep those who write messages waiting on PostgreSQL, until two do and are let go at once."""
    if not crm.database.startswith("postgresql"):
        yield lambda: None
        return
    organization = UUID(crm.json("profile", "view", "work")["organization_id"])
    with psycopg.connect(crm.database) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s)", (queueing.key("email", organization),))

        def turn() -> None:
            end = time.monotonic() + 20
            while holder.execute(WAITERS).fetchone() != (2,):
                assert time.monotonic() < end, "they do not wait for each other"
                time.sleep(0.05)
            holder.commit()

        yield turn


def test_killed_and_taken_up(crm: Program, fast_imap: Imap) -> None:
    """Killed at any moment: each message is there once in the end; two at a time wait for nobody."""
    crm("contact", "add", "Jan", "--email", "jan@nova.example")
    fast_imap.use(crm)
    count = 250 if fast_imap.kind == "dovecot" else 120
    fast_imap.fill(samples.letter(id=f"<{n}@x>", subject=str(n)) for n in range(count))
    line = [sys.executable, "-m", "mycrm_cli", "email", "sync"]
    landed = 0
    for wait in (0.05, 0.2, 0.3, 0.5):
        process = subprocess.Popen(line, env=crm.environment(fast_imap.environment), stderr=subprocess.DEVNULL)
        time.sleep(wait)
        landed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    both = [
        subprocess.Popen(line, env=crm.environment(fast_imap.environment), stderr=subprocess.PIPE) for _ in range(2)
    ]
    exits = sorted(one.wait(60) for one in both)
    for one in both:
        assert one.stderr is not None
        one.stderr.close()
    assert exits in ([0, 0], [0, 75])
    assert landed, "no kill landed"
    crm("email", "sync")
    found = [row["message_id"] for row in crm.json("email", "list", "-L", "0")]
    assert sorted(found) == sorted(f"<{n}@x>" for n in range(count))
    assert os.environ["SSL_CERT_FILE"]
