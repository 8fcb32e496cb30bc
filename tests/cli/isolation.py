"""Two organizations with the same kinds of records, and the commands that are tried across them."""

import hashlib
import json
import re
import shlex
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.db.connect import connect
from tests.program import Program, Result

SETUP = (
    "team add '{0} North'",
    "user add eve@{0}.example --role sales_rep --first-name {0} --last-name Eve --team '{0} North'",
    "company add '{0} Ltd' --domain {0}.example --tag vip",
    "contact add '{0} Berg' --email berg@{0}.example --phone '+1 312-555-01{1}' --company {0}.example",
    "campaign add '{0} Fair'",
    "lead add '{0} Lead' --email lead@{0}.example --campaign '{0} Fair'",
    "pipeline add '{0} Pipe'",
    "product add '{0} Seat' --sku {0}-1 --unit-price 10",
    "deal add '{0} Deal' --contact berg@{0}.example --company {0}.example --value 5 --pipeline '{0} Pipe'",
    "item add '{0} Deal' --product '{0} Seat'",
    "task add '{0} Task' --contact berg@{0}.example --due fri",
    "note add '{0} note' --contact berg@{0}.example",
    "log call berg@{0}.example '{0} call'",
    "email log berg@{0}.example '{0} mail'",
    "email send berg@{0}.example --subject '{0} letter' --body Hello --later",
    "sequence add '{0} Drip'",
    "email template add '{0} intro' --subject Hello --body 'Hello you'",
    "sequence step add '{0} Drip' --template '{0} intro'",
    "sequence enroll '{0} Drip' lead@{0}.example",
    "rate add EUR 1.{1} --date 2026-01-{1}",
    "field add contact {0}_tier",
    "filter save {0}_hot lead -w score>1",
    "rule add '{0} rule' --where source=event --user eve@{0}.example",
    "target set eve@{0}.example 2026-11 500",
)
NOUNS = (
    "team user company contact campaign lead pipeline stage product deal item task note activity email sequence"
    " rate field filter rule change target"
).split()

# Every command of a noun's own, with {noun} where a reference stands; generic ones are made below.
OWN = {
    "change verify": (),
    "deal board": ("--pipeline {pipeline}", "--owner {user}"),
    "deal company add": ("{deal} {company}",),
    "deal company delete": ("{deal} {company}",),
    "deal company list": ("{deal}",),
    "deal contact add": ("{deal} {contact}",),
    "deal contact delete": ("{deal} {contact}",),
    "deal contact list": ("{deal}",),
    "deal forecast": ("--pipeline {pipeline}", "--owner {user}"),
    "deal lose": ("{deal} --reason Price",),
    "deal move": ("{deal} next", "{deal} {stage}", "{deal} --stage {stage}"),
    "deal reopen": ("{deal}", "{deal} --stage {stage}"),
    "deal win": ("{deal}",),
    "email events import": (),
    "email events list": ("--email {email}",),
    "email log": ("{contact} Hello", "{deal} Hello"),
    "email outbox cancel": ("{email}",),
    "email outbox list": (),
    "email outbox retry": ("{email}",),
    "email outbox run": (),
    "email outbox view": ("{email}",),
    "email send": (
        "{contact} --subject A --body B --later",
        "{lead} --subject A --body B --later",
        "{deal} --subject A --body B --later",
        "--reply {email} --body B --later",
    ),
    "email suppress add": (),
    "email suppress delete": (),
    "email suppress import": (),
    "email suppress list": ("--email berg@globex.example", "--user {user}"),
    "email sync": (),
    "email template add": (),
    "email template delete": (),
    "email template edit": (),
    "email template history": (),
    "email template list": (),
    "email template preview": (),
    "email template test": (),
    "email template view": (),
    "filter save": (),
    "lead assign": ("{lead} {user}", "{lead} --to {user}", "{lead} --round-robin {team}", "{lead} --rules"),
    "lead convert": (
        "{lead} --contact {contact} --company {company} --pipeline {pipeline} --owner {user}",
        "{lead} --pipeline {pipeline} --stage {stage}",
    ),
    "lead disqualify": ("{lead} --reason Price",),
    "lead qualify": ("{lead}",),
    "pipeline default": ("{pipeline}",),
    "score explain": ("{lead}",),
    "score history": ("{lead}",),
    "score model list": (),
    "score model use": (),
    "score model view": (),
    "score release": ("{lead}",),
    "score rules backtest": (),
    "score rules diff": (),
    "score rules edit": (),
    "score rules test": ("{lead} --file -",),
    "score rules view": (),
    "score run": (),
    "score set": ("{lead} 50",),
    "score signals": (),
    "score train": (),
    "sequence enroll": ("{sequence} {contact}", "{sequence} {lead}", "{sequence} {contact} --user {user}"),
    "sequence enrollment list": (),
    "sequence pause": ("{sequence}", "{sequence} {lead}"),
    "sequence resume": ("{sequence}", "{sequence} {lead}"),
    "sequence run": (),
    "sequence stats": ("{sequence}",),
    "sequence step add": ("{sequence} --template 'globex intro'",),
    "sequence step delete": ("{sequence} 1",),
    "sequence step edit": ("{sequence} 1 --delay 1d",),
    "sequence step list": ("{sequence}",),
    "sequence step move": ("{sequence} 1 1",),
    "sequence unenroll": ("{sequence} {lead}",),
    "stage order": ("{stage} --pipeline {pipeline}",),
    "target set": ("{user} 2026-11 500", "2026-11 500 --team {team}"),
    "task agenda": ("--user {user}",),
    "task calendar": (),
    "task done": ("{task}",),
    "task remind": ("{task} --at tomorrow",),
    "task reopen": ("{task}",),
    "task skip": ("{task}",),
    "task snooze": ("{task} +2d",),
    "task start": ("{task}",),
    "user disable": ("{user}",),
    "user enable": ("{user}",),
    "user invite": (),
    "user mfa codes": (),
    "user mfa disable": (),
    "user mfa enable": (),
    "user mfa rekey": (),
    "user passwd": (),
    "user role": ("{user} readonly",),
    "user token create": (),
    "user token delete": (),
    "user token list": (),
    "user unlock": (),
    "user offboard": ("{user} --to me", "me --to {user}", "me --round-robin {team}"),
}
EVERYWHERE = {
    "log call": ("{contact} Hello", "{lead} Hello", "{deal} Hello", "{company} Hello"),
    "log meeting": ("{contact} Hello",),
    "log email": ("{contact} Hello",),
    "log note": ("{contact} Hello",),
    "undo": ("{change}",),
    "redo": ("{change}",),
    "search": (),
    "import": (),
}
# Reports of what users have; what belongs to nobody here has no rows.
REPORTS = {
    "report forecast": ("--by owner --pipeline {pipeline}", "--by owner --owner {user}", "--by owner --team {team}"),
    "report dashboard": ("--pipeline {pipeline}", "--send --to {user}"),
    "report leaderboard": ("--pipeline {pipeline}", "--owner {user}", "--team {team}"),
    "report pipeline": ("--pipeline {pipeline}",),
    "report funnel": ("--pipeline {pipeline}", "--owner {user}", "--of leads --team {team}"),
    "report velocity": ("--pipeline {pipeline}", "--by stage --owner {user}", "--team {team}"),
    "report winloss": ("--pipeline {pipeline}", "--by source --owner {user}", "--team {team}"),
    "report sources": ("--owner {user}", "--by campaign --team {team}", "--by campaign -w campaign={campaign}"),
    "report activity": ("--owner {user}", "--by team --team {team}"),
    "report email": ("--by user --owner {user}", "--team {team}"),
    "report scores": ("--owner {user}", "--by owner --team {team}"),
    "report stale": ("--owner {user}", "--team {team}"),
    "report tasks": ("--owner {user}", "--team {team}"),
}
# What the generic commands need beside the reference.
GENERIC = {
    "view": "{x}",
    "history": "{x}",
    "delete": "{x}",
    "restore": "{x}",
    "purge": "{x} --confirm globex",
    "tag": "vip {x}",
    "untag": "vip {x}",
    "merge": "{x} {x2} --yes",
    "edit": "",
    "list": "--after {x}",
}
OTHERWISE = {
    "rate": "--rate 2",
    "item": "--quantity 2",
    "note": "--body new",
    "rule": "--name other",
    "target": "--amount 2",
}
READING = frozenset(
    (
        *(
            "deal board",
            "deal forecast",
            "report dashboard",
            "report forecast",
            "report leaderboard",
            "report pipeline",
            "report funnel",
            "report velocity",
            "report winloss",
            "report sources",
            "report activity",
            "report email",
            "report scores",
            "report stale",
            "report tasks",
            "task agenda",
            "task calendar",
            "deal contact list",
            "deal company list",
            "change verify",
            "email events list",
            "email suppress list",
        ),
        *("score explain", "score history", "score rules test", "email outbox view"),
        *("sequence stats", "sequence step list"),
    )
)
WITHOUT = frozenset("add count dupes export import".split())
"""Generic commands that take no reference of their own noun; their relations are tried below."""


def seed(crm: Program, name: str, digits: str, profile: str) -> dict[str, str]:
    """Fill an organization and return the id of a record of each noun."""
    server = ("--smtp", "smtp://127.0.0.1:1", "--smtp-security", "none", "--smtp-from", "crm@mail.example")
    crm("profile", "edit", profile, *server)
    for line in SETUP:
        crm(*shlex.split(line.format(name, digits)), "-P", profile)
    found = {}
    for noun in NOUNS:
        records = crm.json(noun, "list", "-P", profile, "-L", "0")
        mine = [record for record in records if name in json.dumps(record).lower()] or records
        found[noun] = mine[0]["id"]
    return found


def everything(crm: Program) -> str:
    """Return a hash over every row of every table that Acme has, counters and journal included."""
    acme = UUID(crm("org", "view", "--json", "-P", "work").json["id"])
    connection = connect(crm.database, organization_id=acme)
    connection.begin()
    own = acme.bytes if connection.dialect == "sqlite" else acme
    digest = hashlib.sha256()
    for entity in catalog.entities().values():
        if entity.tenant:
            columns = ", ".join(f'"{name}"' for name in entity.fields)
            found = connection.execute(f"SELECT {columns} FROM {entity.table} WHERE organization_id = ?", (own,))
            digest.update("\n".join(sorted(map(repr, found.fetchall()))).encode())
    connection.close()
    return digest.hexdigest()


class Two:
    """Two organizations with the same kinds of records; ``acme`` and ``globex`` are their ids by noun."""

    def __init__(self, crm: Program) -> None:
        self.crm = crm
        crm("org", "add", "--name", "Globex", "--slug", "globex", "--admin-email", "gus@globex.com")
        crm("profile", "add", "globex", "--organization", "globex", "--user", "gus@globex.com")
        crm.sign_in("globex")
        self.acme = seed(crm, "acme", "11", "work")
        self.globex = seed(crm, "globex", "22", "globex")
        self.before = everything(crm)
        self.tried = 0

    def run(self, line: str, ids: dict[str, str], *, stdin: str = "") -> Result:
        """Run a line as Globex, with these records in it, and take it back."""
        words = [re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], word) for word in shlex.split(line)]
        return self.crm(*words, "-P", "globex", stdin=stdin, exit=None)

    def attempt(self, line: str, *, reading: bool = False, stdin: str = "", well_formed: bool = True) -> None:
        """Try a line with each of its references in turn being Acme's."""
        if well_formed:
            own = self.run(line if reading else f"{line} -n", self.globex, stdin=stdin.format(**self.globex))
            assert own.exit in (0, 6, 7), own  # what may be wrong about it is not the line
        for noun in dict.fromkeys(re.findall(r"\{(\w+)\}", line + stdin)):
            self.refused(line, self.globex | {noun: self.acme[noun]}, stdin=stdin, reading=reading)

    def refused(self, line: str, ids: dict[str, str] | None = None, *, stdin: str = "", reading: bool = False) -> None:
        """Run a line that names a record of Acme: it must be as if the record did not exist."""
        known = ids or {}
        result = self.run(line, known, stdin=stdin.format(**known) if ids else stdin)
        # A filter by what is not there finds nothing.
        assert result.exit in ((0, 3) if reading else (3, 6)), result
        assert result.stdout == "", result
        assert "acme" not in result.stderr.lower(), result
        self.tried += 1


NAMED = {
    "contact": ("berg@acme.example", "acme Berg"),
    "company": ("acme.example", "acme Ltd"),
    "lead": ("lead@acme.example", "acme Lead"),
    "user": ("eve@acme.example",),
    "deal": ("acme Deal",),
    "product": ("acme Seat",),
    "campaign": ("acme Fair",),
    "pipeline": ("acme Pipe",),
    "team": ("acme North",),
    "sequence": ("acme Drip",),
    "task": ("acme Task",),
}
"""How people would name Acme's records."""
