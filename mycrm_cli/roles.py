"""Who may do what: one matrix of roles, entities and actions, and what every command needs of it.

Pure data and small functions: what is not named here is denied. ``query`` asks for reading, ``services`` for
writing, and the command line for commands as a whole.
"""

from __future__ import annotations

from mycrm_cli.errors import Denied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mycrm_cli.scope import Scope

READONLY, SALES_REP, MANAGER, MARKETING = "readonly", "sales_rep", "manager", "marketing"
ADMIN, SUPER_ADMIN = "admin", "super_admin"
ROLES = (READONLY, SALES_REP, MANAGER, MARKETING, ADMIN, SUPER_ADMIN)
ADMINISTRATORS = frozenset((ADMIN, SUPER_ADMIN))
WRITERS = frozenset(ROLES) - {READONLY}
"""The roles that work on records."""

READ, ADD, EDIT, DELETE, PURGE, SECURE = "read", "add", "edit", "delete", "purge", "secure"
USUAL = (READ, ADD, EDIT, DELETE)
"""``delete`` includes restoring, and ``secure`` is a user's password, second factor and tokens."""

OWN, TEAM, ALL = "own", "team", "all"
SCOPES = (OWN, TEAM, ALL)
"""How far a right reaches: what one owns or is assigned, what the team does, or everything."""

_SALES = {SALES_REP: OWN, MANAGER: TEAM}
_PEOPLE = {**_SALES, MARKETING: ALL}
_DAILY = {**_SALES, MARKETING: OWN}
_CAMPAIGNS = {MARKETING: ALL}
_THEIRS = {SALES_REP: OWN, MANAGER: OWN, MARKETING: OWN}
_RUNS = {MANAGER: ALL, MARKETING: ALL}
"""What only runs of scores write, of all leads at once."""
_SET_UP: dict[str, str] = {}

WRITING: dict[str, dict[str, str]] = {
    # People and business, then the day's work.
    **dict.fromkeys(("contact", "lead"), _PEOPLE),
    **dict.fromkeys(("company", "deal"), _SALES),
    **dict.fromkeys(("task", "note", "activity", "email"), _DAILY),
    # Parts, which follow the record that they belong to.
    **dict.fromkeys(("item", "deal_companies", "deal_contacts", "stage_history"), _SALES),
    **dict.fromkeys(("score", "contact_emails", "contact_companies"), _PEOPLE),
    **dict.fromkeys(("lead_signals", "score_marks"), _RUNS),
    "notice_deliveries": {MANAGER: ALL},
    **dict.fromkeys(("external_ids", "email_sequence_enrollments"), _PEOPLE),
    **dict.fromkeys(("email_events", "reminder_deliveries", "outbox", "mail_files", "mail_folders"), _DAILY),
    # Campaigns.
    **dict.fromkeys(("campaign", "sequence", "email_sequence_steps", "email_templates", "suppressions"), _CAMPAIGNS),
    # What everybody who works here has of their own.
    **dict.fromkeys(("saved_filters", "changes", "change_items", "change_payloads", "import_jobs"), _THEIRS),
    # Set-up.
    **dict.fromkeys(("org", "user", "team", "pipeline", "stage", "custom_fields", "product"), _SET_UP),
    **dict.fromkeys(("assignment_rules", "assignment_turns", "exchange_rates", "targets", "scoring_models"), _SET_UP),
    **dict.fromkeys(("cron_jobs", "erasures", "counters", "schema_info"), _SET_UP),
    # Ways to sign in.
    **dict.fromkeys(("auth_sessions", "api_tokens", "invitations", "recovery_codes", "sign_in_failures"), _SET_UP),
}
"""How far each role may add, change and delete; administrators may everywhere, readonly nowhere."""

SIGN_IN = frozenset(("auth_sessions", "api_tokens", "invitations", "recovery_codes", "sign_in_failures"))
"""What everybody sees of themselves only, and administrators of all; secrets are never shown to anybody."""

CLOSED = frozenset(("erasures",))
"""What is shown to administrators only: whoever has a hash and its salt can try out numbers and addresses."""

OWNERS: dict[str, tuple[str, ...]] = {
    "contact": ("owner_id", "assigned_to_id"),
    "lead": ("owner_id", "assigned_to_id"),
    "company": ("owner_id",),
    "deal": ("owner_id",),
    "task": ("created_by_id", "assigned_to_id"),
    "note": ("author_id",),
    "activity": ("user_id",),
    "email": ("user_id",),
    "email_sequence_enrollments": ("user_id",),
    "outbox": ("user_id",),
    "saved_filters": ("user_id",),
    "changes": ("actor_id",),
    "import_jobs": ("user_id",),
    "auth_sessions": ("user_id",),
    "api_tokens": ("user_id",),
    "invitations": ("user_id",),
    "recovery_codes": ("user_id",),
}
"""The columns that say whose a record is; the first one is set to who adds it, where that role has only its own."""

FOLLOWS: dict[str, tuple[str, str]] = {
    "item": ("deal", "opportunity_id"),
    "deal_companies": ("deal", "opportunity_id"),
    "deal_contacts": ("deal", "opportunity_id"),
    "stage_history": ("deal", "opportunity_id"),
    "contact_emails": ("contact", "contact_id"),
    "contact_companies": ("contact", "contact_id"),
    "score": ("lead", "lead_id"),
    "email_events": ("email", "email_id"),
    "reminder_deliveries": ("task", "task_id"),
}
"""Parts of other records: the entity and the column that say which record they follow."""


ACTIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("contact", "lead", "deal"), (*USUAL, PURGE)),
    "user": (READ, ADD, EDIT, SECURE),
    "org": (READ, ADD, EDIT),
    "changes": (READ, EDIT),
    "change_items": (READ,),
    "change_payloads": (READ,),
}
"""What can be done with some entities, where it is not the usual: a change is edited by taking it back."""


def allowed(role: str, entity: str, action: str) -> str | None:
    """Return how far a role may do something with an entity: ``own``, ``team``, ``all``, or None for not at all."""
    if role not in ROLES or entity not in WRITING or action not in ACTIONS.get(entity, USUAL):
        return None
    if entity == "org" and action == ADD:
        return ALL if role == SUPER_ADMIN else None
    if role in ADMINISTRATORS:
        return ALL
    if action == READ and entity in SIGN_IN:
        return OWN if entity in OWNERS else None
    if action == READ:
        return None if entity in CLOSED else ALL
    if action == SECURE:
        return OWN
    return None if action == PURGE else WRITING[entity].get(role)


def matrix() -> Iterator[tuple[str, str, dict[str, str | None]]]:
    """Yield (entity, action, how far each role may) for all entities and the actions that somebody may do."""
    for entity in WRITING:
        for action in ACTIONS.get(entity, USUAL):
            reach = {role: allowed(role, entity, action) for role in ROLES}
            if any(reach.values()):
                yield entity, action, reach


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
    "pipeline default": ("pipeline", EDIT),
    "stage order": ("stage", EDIT),
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
    "search": (None, READ),
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
