"""Templates: what they may hold, what they say to whom, and that what people are called is never read as one."""

import json
import random
from pathlib import Path

import pytest

from mycrm_cli.errors import Invalid
from mycrm_cli.services.mail.templatelanguage import DEEPEST, LONGEST, filled, names_of
from mycrm_cli.services.mail.templatevalues import Group, NotThere, Value, grouped
from tests.mail.conftest import Smtp
from tests.program import Program

NOW = {"MYCRM_NOW": "2026-11-23T08:00:00Z"}

HOSTILE = [
    "{{ ''.__class__ }}",
    "{{ contact.__class__ }}",
    "{{ contact.first_name.__class__.__mro__ }}",
    "{{ contact['__class__'] }}",
    "{{ contact.first_name | attr('__class__') }}",
    "{{ contact | map(attribute='x') }}",
    "{{ '%s' | format(contact.first_name) }}",
    "{{ '{0.__class__}'.format(contact) }}",
    "{{ contact.first_name.upper() }}",
    "{{ self.__init__ }}",
    "{{ range(10 ** 9) }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ 'a' * 10 ** 9 }}",
    "{{ contact.first_name ~ contact.first_name }}",
    "{{ -contact.score }}",
    "{{ [1, 2] }}",
    "{{ {'a': 1} }}",
    "{{ 7 }}",
    "{{ contact.first_name if contact.last_name else 'x' }}",
    "{% for x in contact %}{{ x }}{% endfor %}",
    "{% for x in range(999999999) %}x{% endfor %}",
    "{% set x = 1 %}",
    "{% set x %}a{% endset %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'os' import path %}",
    "{% extends 'base' %}",
    "{% block a %}{% endblock %}",
    "{% macro a() %}{% endmacro %}",
    "{% call a() %}{% endcall %}",
    "{% filter upper %}a{% endfilter %}",
    "{% with a = 1 %}{% endwith %}",
    "{% autoescape false %}{{ contact.first_name }}{% endautoescape %}",
    "{% if contact.first_name is defined %}{% endif %}",
    "{% if contact.first_name in 'abc' %}{% endif %}",
    "{% if 1 < contact.score < 9 %}{% endif %}",
    "{% if contact.score + 1 > 2 %}{% endif %}",
    "{{ contact.first_name | safe }}",
    "{{ contact.first_name | tojson }}",
    "{{ contact.first_name | truncate(5, True, 'x') }}",
    "{{ contact.first_name | default(value='x') }}",
    "{{ contact.first_name | upper(contact.last_name) }}",
    "{{ contact.first_name" + " | upper" * 20 + " }}",
    "{{ contact" + ".a" * 500 + " }}",
    "{% if " + "(" * 3000 + "contact.a" + ")" * 3000 + " %}{% endif %}",
    "{% if " + "not " * 200 + "contact.a %}{% endif %}",
    "{% if contact.a %}" * (DEEPEST + 1) + "{% endif %}" * (DEEPEST + 1),
    "{% if contact.a %}" * 2000 + "{% endif %}" * 2000,
    "x" * (LONGEST + 1),
    "{{ contact.first_name",
    "{% if contact.first_name %}",
    "{{ }}",
    "{% %}",
    "{{ contact. }}",
    "{{ contact.first_name | }}",
]
FIELDS = {
    "contact": grouped("contact", {"first_name": Value("Ana", "Ana"), "last_name": None, "score": Value(70, "70")}),
    "deal": Group("deal", {}),
}


def said(text: str, *, html: bool = False) -> str:
    return filled("body_text", text, html, FIELDS)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:40])
def test_what_templates_have_not(text: str) -> None:
    with pytest.raises(Invalid) as error:
        names_of("body_text", text)
    assert len(error.value.message) < 300


def test_names_lead_to_fields_alone() -> None:
    """Even without the check of the tree a name leads to a field or nowhere."""
    for name in ("values", "at", "title", "name", "items", "raw", "shown", "mro", "format"):
        with pytest.raises(NotThere):
            said(f"{{{{ contact.{name} }}}}")
        with pytest.raises(NotThere):
            said(f"{{{{ contact.first_name.{name} }}}}")
    with pytest.raises(NotThere):
        said("{{ contact }}")
    with pytest.raises(Invalid, match=r"makes more than"):
        filled(
            "body_text",
            "{{ contact.first_name }}" * 1000,
            False,
            {"contact": Group("contact", {"first_name": "x" * 9999})},
        )


def test_conditions_and_filters() -> None:
    for text, wanted in {
        "{{ contact.first_name | upper }}": "ANA",
        "{{ contact.last_name | default('friend') | title }}": "Friend",
        "{{ contact.last_name | default(contact.first_name) }}": "Ana",
        "{% if contact.score >= 70 and not contact.last_name %}hot{% else %}cold{% endif %}": "hot",
        "{% if contact.score > 70 %}a{% elif contact.first_name == 'ana' %}b{% endif %}": "b",
        "{% if deal.value > 5 or deal.value < 5 or deal.value == 5 %}a{% endif %}": "",
        "{{ contact.first_name | truncate(2) }}": "A…",
        "{% raw %}{{ kept }}{% endraw %}{# gone #}": "{{ kept }}",
        "{{ contact.score | money('EUR') }}": "70.00 EUR",
    }.items():
        assert said(text) == wanted
    for text in ("{{ contact.last_name }}", "{{ contact.last_name | upper }}", "{{ deal.value | money }}"):
        with pytest.raises(NotThere):
            said(text)
    for text in ("| date('%9999999d')", "| truncate(99999999)", "| money('x')", "| date"):
        with pytest.raises(Invalid):
            said(f"{{{{ contact.first_name {text} }}}}")


def payloads(count: int, seed: int) -> list[str]:
    """Names that would do harm if anybody read them as a template, as markup or as headers."""
    chance = random.Random(seed)
    parts = ["{{ 7*191 }}", "{% raw %}", "{{", "}}", "{%", "%}", "{#", "#}", "<script>", "&amp;", "\"'", "${7*191}"]
    parts += [
        "\r\nBcc: evil@example.com",
        "\nSubject: x",
        "%s",
        "{0.__class__}",
        "<%= 7*191 %>",
        "#{7*191}",
        "\x85",
        "é",
    ]
    return ["".join(chance.choices(parts, k=chance.randint(1, 5))) for _ in range(count)]


def test_values_are_never_read() -> None:
    """A thousand values: nothing is evaluated, and HTML has no more marks than its author wrote."""
    evaluated = unescaped = 0
    for name in payloads(1000, 7):
        seen = {"contact": grouped("contact", {"first_name": Value(name, name)})}
        text = filled("body_text", "Dear {{ contact.first_name }}!", False, seen)
        html = filled("body_html", "<p>{{ contact.first_name }}</p>", True, seen)
        evaluated += text != f"Dear {name}!" or "1337" in text + html
        unescaped += html.count("<") != 2 or html.count(">") != 2
    print(f"\n1000 values: evaluated {evaluated}, unescaped {unescaped}, seed 7")
    assert (evaluated, unescaped) == (0, 0)


def test_templates_are_kept_in_versions(crm: Program, tmp_path: Path) -> None:
    body = tmp_path / "intro.txt"
    body.write_text("Dear {{ contact.first_name }},\n\nyour {{ contact.cf.tier | default('usual') }} plan.\n")
    add = ("email", "template", "add")
    crm("field", "add", "contact", "tier", env=NOW)
    crm(*add, "intro", "--subject", "Hello {{ contact.first_name }}", "--body", str(body), env=NOW)
    assert crm(*add, "intro", "--subject", "a", "--body", "b c", exit=6).stderr
    for text, near in (
        ("{{ contact.first_nam }}", "contact.first_name"),
        ("{{ contact.cf.tire }}", "cf.tier"),
        ("{{ owner.email }}", "contact.…"),
    ):
        refused = crm(*add, "x", "--subject", "a", "--body", f"Hi {text}", exit=6, env=NOW).stderr
        assert "line 1" in refused and near in refused
    for text in ("contact.owner.password", "user.mfa_secret", "contact.custom_fields", "organization.settings"):
        assert "no field" in crm(*add, "x", "--subject", "a", "--body", f"Hi {{{{ {text} }}}}", exit=6, env=NOW).stderr
    assert "subject" in crm(*add, "x", "--subject", " ", "--body", "b c", exit=6, env=NOW).stderr
    crm("email", "template", "edit", "intro", "--subject", "Hi {{ contact.first_name }}", env=NOW)
    crm("email", "template", "edit", "intro", "--body", "Short for {{ contact.first_name | upper }}", env=NOW)
    old = crm.json("email", "template", "view", "intro", "--version", "1")
    assert (old["subject"], old["version"]) == ("Hello {{ contact.first_name }}", 1)
    assert old["body_text"] == body.read_text().rstrip("\n")
    assert crm.json("email", "template", "view", "INTRO", "--version", "2")["subject"].startswith("Hi ")
    assert [row["version"] for row in crm.json("email", "template", "history", "intro")] == [3, 2, 1]
    crm("email", "template", "view", "intro", "--version", "9", exit=3)
    crm("undo", f"X-{crm.json('change', 'list', '-L', '1')[0]['number']}", "-y", env=NOW)
    assert crm.json("email", "template", "view", "intro")["body_text"] == old["body_text"]
    # What it says to somebody; who lacks a field is named.
    crm("contact", "add", "Ana Berg", "--email", "ana@example.com", "--set", "cf.tier=gold", env=NOW)
    crm("contact", "add", "--last-name", "Nameless", "--email", "none@example.com", env=NOW)
    shown = crm("email", "template", "preview", "intro", "C-1", env=NOW).stdout
    assert shown == "To: ana@example.com\nSubject: Hi Ana\n\nDear Ana,\n\nyour gold plan.\n"
    lack = crm("email", "template", "preview", "intro", "-w", "email=any", "--json", exit=6, env=NOW).stderr
    assert "C-2 Nameless has no contact.first_name" in lack
    crm("email", "template", "delete", "intro", env=NOW)
    assert crm("email", "template", "list").stdout == ""
    crm("email", "template", "view", "intro", exit=3)


def test_sending_a_template(crm: Program, smtp: Smtp) -> None:
    """Everybody's message is made before the first is queued; values are text, whatever is in them."""
    smtp.use(crm)
    names = ["{{ 7*191 }} <b>\u202e", "Ana\\r\\nBcc: x@evil.example", "{% for"]
    people = [{"first_name": name, "email": f"p{n}@example.com"} for n, name in enumerate(names)]
    lines = "".join(json.dumps(one) + "\n" for one in people)
    crm("contact", "add", "-", "-y", stdin=lines, env=NOW)
    crm("company", "add", "Acme Ltd", env=NOW)
    crm("contact", "edit", "--all", "-y", "--company", "Acme Ltd", env=NOW)
    crm(
        "deal",
        "add",
        "Big",
        "--contact",
        "C-1",
        "--value",
        "12400",
        "--currency",
        "EUR",
        "--close",
        "2026-12-24",
        env=NOW,
    )
    page = Path(crm.home) / "page.html"
    page.write_text(
        '<p title="{{ contact.first_name }}">{{ contact.first_name }}</p><a href="{{ unsubscribe_url }}">end</a>'
    )
    text = "Hi {{ contact.first_name }} of {{ company.name }} and {{ organization.name }}. {{ unsubscribe_url }}"
    add = ("email", "template", "add")
    crm(*add, "news", "--subject", "For {{ contact.first_name }}", "--body", text, "--html", str(page), env=NOW)
    offer = "{{ deal.name }}: {{ deal.value | money }} by {{ deal.expected_close_date | date('%-d %b %Y') }}, {{ user.email }}"
    crm(*add, "offer", "--subject", "Your offer", "--body", offer, env=NOW)
    crm("contact", "add", "--last-name", "Nameless", "--email", "none@example.com", env=NOW)
    many = ("email", "send", "--all", "--to", "contact", "--template", "news", "-y")
    refused = crm(*many, exit=6, env=NOW).stderr
    assert "C-4 Nameless has no contact.first_name; nothing was sent" in refused
    assert crm("email", "count").stdout == "0\n" and not smtp.box.taken
    crm("contact", "edit", "C-4", "--first-name", "Eve", "--company", "Acme Ltd", env=NOW)
    crm(*many, env=NOW)
    assert len(smtp.box.taken) == 4
    by_address = {one.to[0]: one.message for one in smtp.box.taken}
    assert all(len(one.to) == 1 for one in smtp.box.taken)
    first = by_address["p0@example.com"]
    assert "Bcc" not in {name for one in by_address.values() for name in one}
    token = first["Message-ID"][1:].split("@")[0]
    plain = first.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert plain.startswith("Hi {{ 7*191 }} <b>") and "Acme Ltd" in plain and token in plain
    assert "&lt;b&gt;" in first.get_body(("html",)).get_content()  # type: ignore[union-attr]
    crm("email", "send", "D-1", "--template", "offer", env=NOW)
    assert "Big: 12,400.00 EUR by 24 Dec 2026, ana@acme.com" in smtp.box.last.get_content()
    kept = crm.json("email", "outbox", "list", "-w", "subject='Your offer'")
    assert kept[0]["template_version"] == 1
    # To oneself, and not when it is switched off.
    crm("email", "template", "test", "offer", "D-1", env=NOW)
    assert smtp.box.last["Subject"] == "[test] Your offer" and smtp.box.taken[-1].to == ["ana@acme.com"]
    crm("email", "template", "edit", "offer", "--active", "no", env=NOW)
    assert "switched off" in crm("email", "send", "D-1", "--template", "offer", exit=6, env=NOW).stderr
