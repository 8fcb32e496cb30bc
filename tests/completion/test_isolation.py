"""What is offered is the profile's organization's alone, whatever is asked for."""

from tests.completion.asking import ask, offered
from tests.program import Program

BARE = (("user", "view"), ("contact", "restore"), ("contact", "add", "--owner"), ("undo",), ("lead", "assign", "L-1"))
"""Lines for which the test below has no records of its own that it could tell by their names."""
LINES = (
    *BARE,
    ("contact", "view"),
    ("company", "view"),
    ("team", "view"),
    ("contact", "add", "--company"),
    ("log", "call"),
    ("deal", "move", "D-1"),
    ("deal", "list", "-w"),
    ("deal", "tag"),
    ("deal", "list", "-F"),
    ("stage", "view"),
    ("item", "view"),
    ("item", "edit", "D-1.1", "--product"),
    ("filter", "view"),
    ("field", "view"),
    ("rule", "view"),
)


def test_another_organization_is_never_offered(crm: Program) -> None:
    crm("org", "add", "--name", "Globex", "--slug", "globex", "--admin-email", "gus@globex.com")
    crm("profile", "add", "globex", "--organization", "globex", "--user", "gus@globex.com")
    crm.sign_in("globex")
    for profile, secret in (("work", "Alpha"), ("globex", "Omega")):
        crm("-P", profile, "contact", "add", f"--last-name={secret} One", f"--email={secret}@example.com")
        crm("-P", profile, "company", "add", f"{secret} Works")
        crm("-P", profile, "team", "add", f"{secret} Team")
        crm("-P", profile, "deal", "add", f"{secret} Deal", "--tag", f"{secret}-tag".lower())
        crm("-P", profile, "stage", "add", f"{secret} Stage")
        crm("-P", profile, "product", "add", f"{secret} Product", "--sku", f"{secret}-1")
        crm("-P", profile, "item", "add", "D-1", f"{secret} Item", "--unit-price", "1")
        crm("-P", profile, "filter", "save", f"{secret}-hot", "deal", "-w", f"name={secret}")
        crm("-P", profile, "field", "add", "deal", f"{secret}_field".lower())
        crm("-P", profile, "rule", "add", f"{secret} Rule", "--user", "me")
    crm("-P", "globex", "contact", "add", "--last-name=Omega Two")
    for line in LINES:
        seen = ""
        for typed in ("", "a", "A", "o", "O", "C-", "D-1.", "@", "+", "stage=", "tags=", "owner=", "cf."):
            own = str(ask(crm, "-P", "work", *line, typed)).lower()
            assert "omega" not in own and "globex" not in own, (line, typed)
            other = str(ask(crm, *line, "-P", "globex", typed) if typed and not line[-1].startswith("-") else "")
            assert "alpha" not in other.lower() and "acme" not in other.lower(), (line, typed)
            seen += own
        assert "alpha" in seen or line in BARE, line
    assert offered(crm, "-P", "work", "contact", "view", "C-2") == []
    assert offered(crm, "-P", "globex", "contact", "view", "o") == ["omega@example.com", "omega One", "omega Two"]
