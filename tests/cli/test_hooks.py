"""Hooks: commands of the user's own that hear what happened, and never get in the way of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.program import Program

EVENTS = (
    *("deal_won", "deal_lost", "deal_moved", "deal_reopened", "deal_added", "lead_added", "lead_assigned"),
    *("lead_qualified", "lead_disqualified", "lead_converted", "contact_added", "company_added", "task_added"),
    "task_done",
)


class Ear:
    """A hook that writes down what it is told, and how its environment looked."""

    def __init__(self, crm: Program, folder: Path) -> None:
        self.heard = folder / "heard"
        self.script = folder / "ear"
        self.script.write_text(
            "#!/bin/sh\n"
            f'printf "%s|%s|%s|%s|" "$1" "$MYCRM_HOOK" "$MYCRM_TOKEN$PGPASSWORD$SECRET" "$(pwd)" >> {self.heard}\n'
            f"cat >> {self.heard}\n"
            '[ "$1" = boom ] && { echo "it went wrong"; exit 3; }\n'
            '[ "$1" = slow ] && sleep 60\n'
            "exit 0\n"
        )
        self.script.chmod(0o700)
        self.config = crm.home / "config.toml"
        self.plain = self.config.read_text()

    def listen(self, more: str = "", words: dict[str, str] | None = None) -> None:
        """Set a hook for every event; ``words`` are the arguments of some."""
        lines = [f'on_{event} = ["{self.script}", "{(words or {}).get(event, event)}"]' for event in EVENTS]
        self.config.write_text("\n".join([self.plain, "[hooks]", *lines, more, ""]))
        self.config.chmod(0o600)

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """Return what was heard since the last time: (event, message)."""
        found = []
        for line in self.heard.read_text().splitlines() if self.heard.exists() else ():
            word, seen, secrets, folder, text = line.split("|", 4)
            message = json.loads(text)
            assert (seen, secrets, folder) == (message["event"], "", str(self.config.parent)), word
            found.append((message["event"], message))
        self.heard.unlink(missing_ok=True)
        return found

    def events(self) -> list[str]:
        """Return the names of what was heard."""
        return [event for event, _ in self.take()]


@pytest.fixture
def ear(crm: Program, tmp_path: Path) -> Ear:
    """A hook for every event."""
    found = Ear(crm, tmp_path)
    found.listen()
    return found


def test_a_hook_hears_what_happened_once_it_lasts(crm: Program, ear: Ear) -> None:
    """One message for each event of a change, with the record as view shows it."""
    secrets = {"PGPASSWORD": "x", "SECRET": "y"}
    crm("deal", "add", "Big", "--value", "500", "--owner", "me", env=secrets)
    [(event, message)] = ear.take()
    assert (event, message["count"], message["noun"]) == ("deal_added", 1, "deal")
    assert message["organization"]["slug"] == "acme" and message["user"]["email"] == "ana@acme.com"
    assert message["record"] == message["records"][0]
    shown = {name: value for name, value in crm.json("deal", "view", "D-1").items() if not name.startswith("related")}
    assert {name: message["record"][name] for name in shown} == shown
    assert (message["record"]["stage"], message["record"]["owner"]) == ("Qualification", "Ana Berg")
    assert message["change"] == f"X-{crm.json('change', 'list')[0]['number']}"

    crm("deal", "edit", "D-1", "--description", "nothing that anybody waits for")
    assert ear.events() == []
    crm("deal", "move", "D-1", "next")
    assert ear.events() == ["deal_moved"]
    crm("deal", "win", "D-1")
    assert ear.events() == ["deal_won", "deal_moved"]
    crm("deal", "reopen", "D-1")
    assert ear.events() == ["deal_moved", "deal_reopened"]
    crm("deal", "lose", "D-1", "--reason", "price")
    assert ear.events() == ["deal_lost", "deal_moved"]

    crm("user", "add", "--email", "bo@acme.com", "--role", "sales_rep", "--first-name", "Bo")
    crm("lead", "add", "Jan Novak", "--company", "Globex", "--email", "jan@globex.example", "--owner", "me")
    assert ear.events() == ["lead_added"]
    crm("lead", "assign", "L-1", "bo@acme.com")
    crm("lead", "qualify", "L-1")
    assert ear.events() == ["lead_assigned", "lead_qualified"]
    crm("lead", "convert", "L-1")
    assert ear.events() == ["deal_added", "lead_converted", "contact_added", "company_added"]
    crm("lead", "add", "No", "--owner", "bo@acme.com")
    crm("lead", "disqualify", "L-2", "--reason", "spam")
    assert ear.events() == ["lead_added", "lead_assigned", "lead_disqualified"]
    crm("task", "add", "Call", "--due", "tomorrow")
    crm("task", "done", "T-1")
    assert ear.events() == ["task_added", "task_done"]


def test_many_records_are_one_call_and_some_changes_tell_nobody(crm: Program, ear: Ear, tmp_path: Path) -> None:
    """Imports, undo, merges, dry runs and what a hook itself writes fire none."""
    file = tmp_path / "deals.csv"
    file.write_text("name,value\n" + "".join(f"Deal {n},{n}\n" for n in range(120)))
    crm("deal", "import", str(file))
    number = crm.json("change", "list")[0]["number"]
    crm("undo", f"X-{number}", "--yes")
    crm("redo", f"X-{number + 1}", "--yes")
    crm("contact", "add", "A", "--email", "a@x.example", "-n")
    assert ear.events() == []
    crm("deal", "move", "--all", "next", "--yes")
    [(event, message)] = ear.take()
    assert (event, message["count"], len(message["records"]), message["record"]) == ("deal_moved", 120, 120, None)
    crm("contact", "add", "A", "--email", "a@x.example")
    crm("contact", "add", "B", "--email", "b@x.example")
    assert ear.events() == ["contact_added"] * 2
    crm("contact", "merge", "C-1", "C-2", "--yes")
    crm("deal", "win", "D-1", env={"MYCRM_HOOK": "deal_moved"})
    assert ear.events() == []


def test_a_hook_that_fails_changes_nothing(crm: Program, ear: Ear) -> None:
    """The write stays, the status too; one line says so, and the log says more."""
    ear.listen("time_limit = 1", {"deal_added": "boom", "contact_added": "slow"})
    done = crm("deal", "add", "Big")
    assert done.stderr.count("\n") == 1 and "ended with status 3" in done.stderr
    assert crm("deal", "count").stdout.strip() == "1"
    late = crm("contact", "add", "Ana", "--email", "a@x.example")
    assert "took longer than 1 second" in late.stderr
    log = (crm.home / "state" / "mycrm.log").read_text()
    assert "it went wrong" in log and "took longer" in log

    ear.take()
    ear.script.unlink()
    done = crm("company", "add", "Globex")
    assert "there is no such file" in done.stderr
    assert "there is no such file" in crm("doctor", exit=None).stdout


def test_only_the_users_own_file_sets_hooks(crm: Program, ear: Ear, tmp_path: Path, monkeypatch: Any) -> None:
    """A file or a command that others may write is not believed; a working folder sets none."""
    ear.config.chmod(0o622)
    done = crm("deal", "add", "Big")
    assert "can be written by others" in done.stderr and ear.events() == []
    assert "none is run" in crm("doctor", exit=8).stdout
    ear.config.chmod(0o600)
    ear.script.chmod(0o777)
    assert "can be written by others" in crm("deal", "add", "Bigger").stderr and ear.events() == []
    ear.script.chmod(0o700)
    assert f"hooks.on_deal_won\t{ear.script} deal_won\tfile config.toml" in crm("config", "list").stdout
    assert "ok\thook on_deal_won" in crm("doctor", exit=None).stdout

    for wrong in ('on_deal_wun = ["/bin/true"]', 'on_deal_won = "/bin/true"', 'on_deal_won = ["true"]', "on_x = []"):
        ear.config.write_text(f"{ear.plain}\n[hooks]\n{wrong}\n")
        assert "hook" in crm("deal", "count", exit=78).stderr
    ear.config.write_text(ear.plain)
    (tmp_path / ".mycrm.toml").write_text(f'profile = "work"\n[hooks]\non_deal_won = ["{ear.script}"]\n')
    monkeypatch.chdir(tmp_path)
    assert crm("deal", "count", exit=78).stdout == ""
