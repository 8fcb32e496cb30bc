"""Who may do what: one matrix of roles, entities and actions.

Pure data and small functions: what is not named here is denied. ``query`` asks for reading, ``services`` for
writing, and ``permissions`` says what every command needs of it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

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
