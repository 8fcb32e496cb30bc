"""A line for every command of the tree that works where nothing is wrong, and the world in which it does."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

from mycrm_cli import catalog
from tests.attacks.arguments import NEEDED
from tests.attacks.reads import tree
from tests.cli.attacks import usual
from tests.cli.isolation import NOUNS, seed
from tests.program import Program

SETUP = (
    "contact add 'Élodie Müller 李' --email elodie@acme.example --city Zürich --phone '+1 312-555-0177'",
    "contact add 'Gone Berg'",
    "lead add 'Gone Lead' --email gone@acme.example",
    "deal add 'Gone Größe'",
    "contact delete 'Gone Berg'",
    "lead delete gone@acme.example",
    "deal delete 'Gone Größe'",
    "email suppress add old@acme.example",
    "email template add spare --subject Hello --body Hello",
    "user token create --name old",
    "user add free@acme.example --role readonly",
    "pipeline add Free --stages One:10,Two:20",
    "task add Done --due fri",
    "task done Done",
    "cron add early digest run --schedule 'daily 07:00'",
    "score run",
    "lead add Other --email other@acme.example",
    "company add Other --domain other.example",
    "contact add Forgotten --email forgotten@acme.example",
    "person erase forgotten@acme.example --confirm forgotten@acme.example",
)
"""What the world has beside a record of each noun."""
GIVEN = {
    "init": "--profile new --organization New --slug new --email new@new.example --no-input",
    "demo": "--dir {folder}/home/demo",
    "profile add": "other --organization acme --user ana@acme.com",
    "profile edit": "work --timezone Europe/Paris",
    "profile rename": "work other",
    "profile delete": "work",
    "profile use": "work",
    "profile env": "work",
    "profile view": "work",
    "profile password": "work",
    "user passwd": "me --password-file -",
    "user add": "new@new.example --role readonly",
    "user invite": "newer@new.example --role readonly",
    "user role": "{user} readonly",
    "user disable": "free@acme.example",
    "user token create": "--name cron",
    "user token delete": "old",
    "org add": "--name New --slug new --admin-email new@new.example",
    "org edit": "--region DE",
    "org export": "--all -O {folder}/home/out.jsonl",
    "org import": "{folder}/acme.jsonl --slug copy",
    "import": "{folder}/manifest.toml",
    "sql": "'select count(*) from contacts'",
    "help": "filters",
    "completion": "bash",
    "search": "Müller",
    "shell": "",
    "contact restore": "'Gone Berg'",
    "lead restore": "gone@acme.example",
    "deal restore": "'Gone Größe'",
    "contact purge": "'Gone Berg' --confirm acme",
    "lead purge": "gone@acme.example --confirm acme",
    "deal purge": "'Gone Größe' --confirm acme",
    "contact merge": "{contact} elodie@acme.example",
    "contact list": "-L 0",
    "task reopen": "Done",
    "person export": "berg@acme.example",
    "person erase": "berg@acme.example --confirm berg@acme.example",
    "person forgive": "forgotten@acme.example --confirm forgotten@acme.example",
    "pipeline delete": "Free",
    "email suppress add": "new@acme.example",
    "email suppress delete": "old@acme.example --yes",
    "email suppress import": "{folder}/suppressed.csv",
    "email events import": "{folder}/events.jsonl --provider generic",
    "email template view": "'acme intro'",
    "email template edit": "'acme intro' --subject Later",
    "email template add": "other --subject Hello --body Hello",
    "email template delete": "spare",
    "email template history": "'acme intro'",
    "email template preview": "'acme intro' {contact}",
    "email template test": "'acme intro' {contact}",
    "email outbox view": "{queued}",
    "email outbox retry": "{queued}",
    "email outbox cancel": "{queued}",
    "report dashboard": "--html {folder}/home/out.html",
    "company merge": "{company} other.example",
    "lead merge": "{lead} other@acme.example",
    "stage delete": "{stage} --move-to 'Closed Lost'",
    "redo": "{undone}",
    "undo": "{undone}",
    "score list": "",
    "score view": "",
    "score rules edit": "{folder}/rules.toml",
    "score rules test": "{lead} --file {folder}/rules.toml",
    "score rules diff": "{folder}/rules.toml",
    "db restore": "{saved} --confirm work",
    "db grant": "eve@acme.example --password-file {folder}/home/eve.secret",
    "db revoke": "eve@acme.example",
    "cron add": "other digest run --schedule hourly",
    "cron edit": "early --schedule hourly",
    "cron enable": "early",
    "cron disable": "early",
    "cron delete": "early",
    "cron accept": "early",
    "sequence step add": "{sequence} --template 'acme intro'",
    "filter save": "new lead -w score>1",
}
"""What stands behind commands of which the usual line, made for another organization, says too little."""
PEOPLE = "first_name,last_name,email\nJörg,Łuk,jorg@acme.example\nAna,Berg,\n"
STDIN = {
    "user passwd": "correct horse battery staple\n",
    "profile password": "correct horse battery staple\n",
    "contact import": PEOPLE,
    "lead import": PEOPLE,
    "company import": "name\nGröße GmbH\n",
    "shell": "contact list\ncontact add Ŝell\n",
}
FILES = {
    "people.csv": PEOPLE,
    "suppressed.csv": "email,reason\nlost@acme.example,unsubscribed\n",
    "events.jsonl": '{"type": "bounced", "at": "2026-01-02T10:00:00Z", "address": "lost@acme.example", "id": "1"}\n',
    "manifest.toml": '[[file]]\npath = "people.csv"\nnoun = "contact"\n',
}


class Line(NamedTuple):
    """A command with what makes it work: its words and what it reads."""

    command: str
    words: tuple[str, ...]
    stdin: str

    @property
    def writes(self) -> bool:
        """Whether the command is one that writes to the database."""
        return bool(tree()[self.command].get("writes"))


def settle(crm: Program, folder: Path) -> dict[str, str]:
    """Fill the world and return the id of a record of each noun."""
    ids = seed(crm, "acme", "11", "work")
    for line in SETUP:
        crm(*shlex.split(line), exit=None)  # tokens hand out no tokens
    crm("contact", "add", "Undone")
    crm("undo", crm.json("change", "list")[0]["id"])
    ids["undone"] = crm.json("change", "list")[0]["id"]
    ids["queued"] = crm.json("email", "outbox", "list")[0]["id"]
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "rules.toml").write_text(crm("score", "rules", "view").stdout)
    crm("org", "export", "--all", "-O", str(folder / "acme.jsonl"))
    crm("db", "backup", "--to", str(folder / "saved"), exit=None)
    ids["saved"] = next((str(path) for path in (folder / "saved").glob("work-*") if path.suffix != ".json"), "none")
    return ids


def lines(ids: dict[str, str], crm: Program, folder: Path) -> list[Line]:
    """Return a line for each command of the tree."""
    return [line(command, ids, crm, folder) for command in tree()]


def line(command: str, ids: dict[str, str], crm: Program, folder: Path) -> Line:
    """Return the words of a command, and what it reads; imports read what the noun exports."""
    noun, _, verb = command.partition(" ")
    given = GIVEN.get(command)
    if given is None:
        given = next(iter(usual(command)), None) or NEEDED.get(command, "")
    stdin = STDIN.get(command, "")
    if verb == "import" and noun in catalog.nouns() and noun != "org":
        given = f"- --format {'csv' if stdin else 'jsonl'}"
        stdin = stdin or exported(crm, noun)
    more = ["--yes"] if "--yes" not in given else []
    # What is one word here stays one word, whatever is put into it.
    known = {**dict.fromkeys(NOUNS, "x"), **ids, "folder": str(folder)}
    rest = [re.sub(r"\{(\w+)\}", lambda m: known.get(m[1], m[0]), word) for word in shlex.split(given)]
    return Line(command, (*command.split(), *more, *(word.replace("globex", "acme") for word in rest)), stdin)


def exported(crm: Program, noun: str) -> str:
    """Return the noun's records as it exports them."""
    done = crm(noun, "export", "-o", "jsonl", exit=None)
    return done.stdout if done.exit == 0 else ""
