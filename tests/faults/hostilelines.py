"""A line for every command of the tree that works where nothing is wrong, and the world in which it does."""

import re
import shlex
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
    "user token create --name old --token-file {folder}/old.token",
    "cron add digest --job 'digest run' --at 07:00",
    "person erase forgotten@acme.example --confirm forgotten@acme.example",
)
"""What the world has beside a record of each noun; a line that does not work here is left out."""
GIVEN = {
    "init": "--profile new --organization New --slug new --email new@new.example --no-input",
    "demo": "--dir {folder}/demo",
    "profile add": "other --organization acme --user ana@acme.com",
    "profile edit": "work --timezone Europe/Paris",
    "profile rename": "work other",
    "profile delete": "work",
    "profile use": "work",
    "profile env": "work",
    "profile view": "work",
    "profile password": "work --password-file -",
    "user passwd": "me --password-file -",
    "user add": "new@new.example --role readonly",
    "user role": "{user} readonly",
    "user token create": "--name cron --token-file {folder}/cron.token",
    "user token delete": "old",
    "org add": "--name New --slug new --admin-email new@new.example",
    "org edit": "--region DE",
    "org export": "--all -o jsonl",
    "import": "contact={folder}/people.csv",
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
    "contact merge": "{contact} 'Élodie Müller 李'",
    "contact list": "-L 0",
    "deal reopen": "{deal}",
    "person export": "berg@acme.example",
    "person erase": "berg@acme.example --confirm berg@acme.example",
    "person forgive": "forgotten@acme.example",
    "email suppress add": "new@acme.example",
    "email suppress delete": "old@acme.example",
    "email template view": "'acme intro'",
    "email template edit": "'acme intro' --subject Later",
    "email template add": "other --subject Hello --body Hello",
    "email template delete": "'acme intro'",
    "email template history": "'acme intro'",
    "email template preview": "'acme intro' berg@acme.example",
    "report dashboard": "--html {folder}/out.html",
    "db restore": "{folder}/no-such-backup --confirm work",
    "cron add": "other --job 'digest run' --at 08:00",
    "cron edit": "digest --at 09:00",
    "cron enable": "digest",
    "cron disable": "digest",
    "cron delete": "digest",
    "rate delete": "{rate}",
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


class Line(NamedTuple):
    """A command with what makes it work: its words and what it reads."""

    command: str
    words: tuple[str, ...]
    stdin: str

    @property
    def writes(self) -> bool:
        """Whether the command is one that writes to the database."""
        return bool(tree()[self.command].get("writes"))


def settle(crm: Program, folder: str) -> dict[str, str]:
    """Fill the world and return the id of a record of each noun."""
    ids = seed(crm, "acme", "11", "work")
    for line in SETUP:
        crm(*shlex.split(line.format(folder=folder)), exit=None)
    return ids


def lines(ids: dict[str, str], crm: Program, folder: str) -> list[Line]:
    """Return a line for each command of the tree."""
    return [line(command, ids, crm, folder) for command in tree()]


def line(command: str, ids: dict[str, str], crm: Program, folder: str) -> Line:
    """Return the words of a command, and what it reads; imports read what the noun exports."""
    noun, _, verb = command.partition(" ")
    given = GIVEN.get(command)
    if given is None:
        given = next(iter(usual(command)), None) or NEEDED.get(command, "")
    stdin = STDIN.get(command, "")
    if verb == "import" and noun in catalog.nouns():
        given = f"- --format {'csv' if stdin else 'jsonl'}"
        stdin = stdin or exported(crm, noun)
    more = ["--yes"] if "--yes" in options(command) and "--yes" not in given else []
    # What is one word here stays one word, whatever is put into it.
    known = {**dict.fromkeys(NOUNS, "x"), **ids, "folder": folder}
    rest = [re.sub(r"\{(\w+)\}", lambda m: known.get(m[1], m[0]), word) for word in shlex.split(given)]
    return Line(command, (*command.split(), *more, *(word.replace("globex", "acme") for word in rest)), stdin)


def exported(crm: Program, noun: str) -> str:
    """Return the noun's records as it exports them."""
    done = crm(noun, "export", "-o", "jsonl", exit=None)
    return done.stdout if done.exit == 0 else ""


def options(command: str) -> list[str]:
    """Return the names of the options of a command."""
    return [name for option in tree()[command].get("options") or [] for name in option["names"]]
