"""The triggers that note which leads must be scored again, whatever program writes.

They only ever add rows to ``score_marks``: nobody waits for anybody, and a run of scores gathers them. Nothing is
noted for an organization that has scored no lead yet.
"""

from collections.abc import Iterator

EVENTS = {
    "activities": (
        "lead_id",
        "activity_type",
        "direction",
        "occurred_at",
        "duration_minutes",
        "outcome",
        "created_at",
    ),
    "emails": (
        "lead_id",
        "from_email",
        "to_email",
        "sent_at",
        "status",
        "opened_at",
        "clicked_at",
        "replied_at",
        "bounced_at",
        "bounce_type",
        "created_at",
    ),
}
"""Tables of what leads did, and the columns that say what it was."""
LEAD = (
    "job_title",
    "email",
    "company",
    "source",
    "estimated_value",
    "status",
    "custom_fields",
    "created_at",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "do_not_call",
    "do_not_email",
    "score_locked",
    "is_deleted",
)
"""What scores look at of a lead itself; never what they write."""
COMPANY = ("domain", "name_key", "employee_count", "company_size", "annual_revenue", "industry")
"""What scores look at of the company of a lead."""
LONGEST_KEY = 200
"""Characters of a company's name that are noted: an index holds no more than it must."""


def sqlite() -> Iterator[str]:
    """Yield the triggers of SQLite."""
    for table, columns in EVENTS.items():
        for row, verb in (("new", "INSERT"), ("old", "DELETE")):
            yield _trigger(table, verb, f"{row}.lead_id IS NOT NULL", [_one(row, "lead", f"lower(hex({row}.lead_id))")])
        both = [_one(row, "lead", f"lower(hex({row}.lead_id))", f"{row}.lead_id IS NOT NULL") for row in ("old", "new")]
        yield _trigger(table, f"UPDATE OF {', '.join(columns)}", _differs(columns), both)
    yield _trigger("leads", f"UPDATE OF {', '.join(LEAD)}", _differs(LEAD), [_one("new", "lead", "lower(hex(new.id))")])
    for row, verb in (("new", "INSERT"), ("old", "DELETE")):
        yield _trigger("suppressions", verb, "", [_addressed(row)])
        yield _trigger("companies", verb, "", _firm(row))
    yield _trigger(
        "suppressions",
        "UPDATE OF email, reason, created_at",
        _differs(("email", "reason", "created_at")),
        [_addressed(row) for row in ("old", "new")],
    )
    yield _trigger("companies", f"UPDATE OF {', '.join(COMPANY)}", _differs(COMPANY), [*_firm("old"), *_firm("new")])


def _trigger(table: str, verb: str, condition: str, actions: list[str]) -> str:
    """Return a trigger of SQLite."""
    when = f"\nWHEN {condition}" if condition else ""
    lines = "".join(f"\n    {action};" for action in actions)
    name = f"{table}_mark_{verb.split(maxsplit=1)[0].lower()}"
    return f"CREATE TRIGGER {name} AFTER {verb} ON {table}{when} BEGIN{lines}\nEND"


def _differs(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"old.{column} IS NOT new.{column}" for column in columns)


def _one(row: str, kind: str, key: str, condition: str = "", source: str = "") -> str:
    """Return the statement that notes one thing, once."""
    conditions = [f"EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = {row}.organization_id)"]
    conditions += [condition] if condition else []
    return (
        "INSERT INTO score_marks (organization_id, kind, key, writer)"
        f" SELECT {row}.organization_id, '{kind}', {key}, ''{source} WHERE {' AND '.join(conditions)}"
        " ON CONFLICT DO NOTHING"
    )


def _addressed(row: str) -> str:
    """Return the statement that notes the leads with an address that gets no mail, or gets it again."""
    own = f"l.organization_id = {row}.organization_id AND l.email = {row}.email"
    return _one(row, "lead", "lower(hex(l.id))", own, " FROM leads AS l")


def _firm(row: str) -> list[str]:
    """Return the statements that note the leads of a company, by its domain and by its name."""
    name = f"substr({row}.name_key, 1, {LONGEST_KEY})"
    return [
        _one(row, "domain", f"{row}.domain", f"{row}.domain IS NOT NULL"),
        _one(row, "company", name),
    ]


def postgresql() -> Iterator[str]:
    """Yield the triggers of PostgreSQL; each looks at all rows of a statement at once.

    A mark carries its transaction's number, so that none is noted twice in one, and two never wait for each other.
    """
    for table, columns in EVENTS.items():
        names = ", ".join(columns)
        yield from _functions(
            table, "'lead'", "t.lead_id::text", f"organization_id, id, {names}", "lead_id IS NOT NULL"
        )
    leads = ", ".join(LEAD)
    yield from _functions("leads", "'lead'", "t.id::text", f"organization_id, id, {leads}", verbs=("UPDATE",))
    found = "\n        JOIN leads AS l ON l.organization_id = t.organization_id AND l.email = t.email"
    yield from _functions(
        "suppressions", "'lead'", "l.id::text", "organization_id, email, reason, created_at", join=found
    )
    firm = ", ".join(COMPANY)
    keys = f"(VALUES ('domain', t.domain), ('company', left(t.name_key, {LONGEST_KEY})))"
    yield from _functions(
        "companies",
        "k.kind",
        "k.key",
        f"organization_id, id, {firm}",
        join=f"\n        JOIN LATERAL {keys} AS k(kind, key) ON k.key IS NOT NULL",
    )


def _functions(
    table: str,
    kind: str,
    key: str,
    columns: str,
    condition: str = "true",
    *,
    join: str = "",
    verbs: tuple[str, ...] = ("INSERT", "DELETE", "UPDATE"),
) -> Iterator[str]:
    """Yield the functions and triggers of one table: for rows that come or go, and for rows that change.

    What changed is the difference of two sets, of which no plan that was made for few rows is bad for many.
    """
    if len(verbs) > 1:
        touched = f"(SELECT {columns} FROM touched WHERE {condition})"
        yield _function(f"mycrm_mark_{table}", touched, touched, kind, key, join)
    old, new = (f"SELECT {columns} FROM {name} WHERE {condition}" for name in ("before", "after"))
    differing = f"(({new}) EXCEPT ({old}))"
    if len(verbs) > 1:
        # What it was about before counts as well: another lead, another company.
        differing = f"({differing}\n        UNION ALL (({old}) EXCEPT ({new})))"
    yield _function(f"mycrm_mark_{table}_changed", "after", differing, kind, key, join)
    for verb in verbs:
        given = {
            "INSERT": "NEW TABLE AS touched",
            "DELETE": "OLD TABLE AS touched",
            "UPDATE": "OLD TABLE AS before NEW TABLE AS after",
        }
        name = f"mycrm_mark_{table}" + ("_changed" if verb == "UPDATE" else "")
        yield (
            f"CREATE TRIGGER {table}_mark_{verb.lower()} AFTER {verb} ON {table}\n"
            f"    REFERENCING {given[verb]} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def _function(name: str, seen: str, rows: str, kind: str, key: str, join: str) -> str:
    """Return a function that notes what is due for some rows, organization by organization.

    The order makes PostgreSQL use the primary key, also where other organizations have all the rows.
    """
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "DECLARE\n"
        "    own uuid;\n"
        "BEGIN\n"
        f"    FOR own IN SELECT DISTINCT t.organization_id FROM {seen} AS t LOOP\n"
        "        PERFORM FROM lead_signals AS s WHERE s.organization_id = own\n"
        "            ORDER BY s.organization_id, s.lead_id LIMIT 1;\n"
        "        CONTINUE WHEN NOT FOUND;\n"
        "        INSERT INTO score_marks (organization_id, kind, key, writer)\n"
        f"        SELECT DISTINCT own, {kind}, {key}, pg_current_xact_id()::text FROM {rows} AS t{join}\n"
        f"        WHERE t.organization_id = own ON CONFLICT DO NOTHING;\n"
        "    END LOOP;\n"
        "    RETURN NULL;\n"
        "END $$"
    )
