"""What every command needs of a role, and whether a role and a token allow it: a command without a rule is denied."""

from __future__ import annotations

from mycrm_cli.errors import Denied
from mycrm_cli.roles import ADD, DELETE, EDIT, PURGE, READ, ROLES, SECURE, WRITERS, WRITING, allowed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mycrm_cli.scope import Scope

FREE = "free"
"""Commands that are bound by other things: files of this machine, the database's own password, signing in."""

FREELY = frozenset("init demo profile config completion help auth db doctor shell".split())

NOUNS = {
    "change": "changes",
    "cron": "cron_jobs",
    "field": "custom_fields",
    "filter": "saved_filters",
    "rate": "exchange_rates",
    "rule": "assignment_rules",
    "target": "targets",
}
"""Nouns of the command line whose entity has another name."""

VERBS = {
    **dict.fromkeys(("list", "view", "count", "export", "history", "dupes"), READ),
    **dict.fromkeys(("add", "import"), ADD),
    **dict.fromkeys(("edit", "tag", "untag", "merge"), EDIT),
    **dict.fromkeys(("delete", "restore"), DELETE),
    "purge": PURGE,
}
"""Verbs that mean the same with every noun."""

COMMANDS: dict[str, tuple[str | None, str]] = {
    "lead assign": ("lead", EDIT),
    "lead qualify": ("lead", EDIT),
    "lead disqualify": ("lead", EDIT),
    "lead convert": ("deal", ADD),
    "deal move": ("deal", EDIT),
    "deal win": ("deal", EDIT),
    "deal lose": ("deal", EDIT),
    "deal reopen": ("deal", EDIT),
    "deal board": ("deal", READ),
    "deal forecast": ("deal", READ),
    "deal contact add": ("deal", EDIT),
    "deal contact delete": ("deal", EDIT),
    "deal contact list": ("deal", READ),
    "deal company add": ("deal", EDIT),
    "deal company delete": ("deal", EDIT),
    "deal company list": ("deal", READ),
    "score run": ("lead_signals", EDIT),
    "score set": ("lead", EDIT),
    "score release": ("lead", EDIT),
    "score explain": ("score", READ),
    "score signals": ("score", READ),  # summing up anew asks for the right to run
    "score train": ("scoring_models", EDIT),
    "score model list": ("scoring_models", READ),
    "score model view": ("scoring_models", READ),
    "score model use": ("scoring_models", EDIT),
    "score rules": ("scoring_models", READ),
    "score rules edit": ("scoring_models", EDIT),
    "task done": ("task", EDIT),
    "task reopen": ("task", EDIT),
    "task skip": ("task", EDIT),
    "task start": ("task", EDIT),
    "task snooze": ("task", EDIT),
    "task agenda": ("task", READ),
    "task remind": ("task", EDIT),  # sends one's own; everybody's: administrators and service users
    "task calendar": ("task", READ),
    "email log": ("email", ADD),
    "email events import": ("suppressions", ADD),  # they are everybody's, and put addresses on the list
    "email events list": ("email_events", READ),
    "email suppress add": ("suppressions", ADD),
    "email suppress list": ("suppressions", READ),
    "email suppress delete": ("suppressions", DELETE),
    "email suppress import": ("suppressions", ADD),
    "email send": ("email", ADD),
    "email sync": ("email", ADD),
    "email outbox list": ("outbox", READ),
    "email outbox view": ("outbox", READ),
    "email outbox": ("outbox", EDIT),  # run sends one's own; everybody's: administrators and service users
    "email template": ("email_templates", READ),
    "email template add": ("email_templates", ADD),
    "email template edit": ("email_templates", EDIT),
    "email template delete": ("email_templates", DELETE),
    "email template test": ("email", ADD),  # sends what it says to oneself
    "sequence step list": ("email_sequence_steps", READ),
    "sequence step add": ("email_sequence_steps", ADD),
    "sequence step edit": ("email_sequence_steps", EDIT),
    "sequence step move": ("email_sequence_steps", EDIT),
    "sequence step delete": ("email_sequence_steps", DELETE),
    "sequence enroll": ("email_sequence_enrollments", ADD),
    "sequence unenroll": ("email_sequence_enrollments", EDIT),
    "sequence pause": ("email_sequence_enrollments", EDIT),
    "sequence resume": ("email_sequence_enrollments", EDIT),
    "sequence enrollment list": ("email_sequence_enrollments", READ),
    "sequence stats": ("sequence", READ),
    "sequence run": ("email_sequence_enrollments", EDIT),  # sends one's own; everybody's: administrators, service users
    "pipeline default": ("pipeline", EDIT),
    "stage order": ("stage", EDIT),
    "target set": ("targets", ADD),
    "org stats": ("org", READ),
    "org freeze": ("org", EDIT),
    "org export": ("org", EDIT),  # the whole organization leaves, with what nobody else sees of it
    "org import": ("org", ADD),
    "user invite": ("user", ADD),
    "user disable": ("user", EDIT),
    "user enable": ("user", EDIT),
    "user offboard": ("user", EDIT),
    "user unlock": ("user", EDIT),
    "user role": ("user", READ),  # shows the matrix to everybody; changing a role is an edit of the user
    "user passwd": ("user", SECURE),
    "user mfa": ("user", SECURE),
    "user mfa rekey": ("user", EDIT),
    "user token": ("user", SECURE),
    "change verify": ("changes", READ),
    "filter save": ("saved_filters", ADD),
    "person erase": ("erasures", ADD),
    "person forgive": ("erasures", DELETE),
    "person export": ("erasures", ADD),
    "person list": ("erasures", READ),
    "alert run": ("notice_deliveries", EDIT),
    "alert list": ("notice_deliveries", READ),
    "digest run": ("notice_deliveries", EDIT),
    "digest view": ("notice_deliveries", READ),
    "cron run": (None, EDIT),  # each job asks for the rights of its own command
    "cron accept": ("cron_jobs", READ),  # what a machine runs is a matter of that machine
    "cron status": ("cron_jobs", READ),
    "cron doubts": ("cron_jobs", READ),
    "cron settle": ("cron_jobs", EDIT),
    "cron print": ("cron_jobs", READ),
    "cron enable": ("cron_jobs", EDIT),
    "cron disable": ("cron_jobs", EDIT),
    "report": (None, READ),
    "search": (None, READ),
    "sql": (None, READ),  # tables that a role may not read are not there
    "import": (None, ADD),
    "log call": ("activity", ADD),
    "log meeting": ("activity", ADD),
    "log email": ("email", ADD),
    "log note": ("note", ADD),
    "undo": ("changes", EDIT),
    "redo": ("changes", EDIT),
}
"""What the other commands need; a group of commands may have one rule for all."""


def rule_of(command: Sequence[str]) -> tuple[str | None, str] | str | None:
    """Return (entity, action) that a command needs, FREE, or None for a command that nobody has thought of."""
    if command and command[0] in FREELY:
        return FREE
    for length in range(len(command), 0, -1):
        if rule := COMMANDS.get(" ".join(command[:length])):
            return rule
    entity = NOUNS.get(command[0], command[0]) if command else ""
    if len(command) == 2 and command[1] in VERBS and entity in WRITING:
        return entity, VERBS[command[1]]
    return None


def reach(role: str, rule: tuple[str | None, str]) -> bool:
    """Return whether a role may do what a rule asks for, at least with records of its own."""
    entity, action = rule
    if entity is None:
        return role in (ROLES if action == READ else WRITERS)
    return allowed(role, entity, action) is not None


def check_command(scope: Scope, command: Sequence[str]) -> None:
    """Refuse a command that a role or a token does not allow, and one that has no rule; raises Denied."""
    rule = rule_of(command)
    if isinstance(rule, str):
        return
    line = " ".join(command)
    if rule is None:
        raise Denied(f"no rule says who may run mycrm {line}", hint="mycrm user role --matrix")
    if not reach(scope.role, rule):
        raise Denied(f"{scope.email} is {scope.role} and may not run mycrm {line}", hint=_ask(rule))
    if scope.rights is not None and not covered(command, scope.rights):
        listed = ", ".join(sorted(scope.rights))
        raise Denied(
            f"this token may not run mycrm {line}, only {listed}",
            hint="mycrm user token create --can names what a token may run",
        )


def covered(command: Sequence[str], rights: Collection[str]) -> bool:
    """Return whether a token's rights, such as ``score.run`` or ``task.*``, name a command."""
    names = {".".join(command), *(".".join([*command[:length], "*"]) for length in range(len(command)))}
    return not names.isdisjoint(rights)


def _ask(rule: tuple[str | None, str]) -> str:
    """Return whom to ask: those who may."""
    able = [role for role in ROLES if reach(role, rule)]
    return f"ask somebody who is {' or '.join(able)}; mycrm user role --matrix shows who may do what"
