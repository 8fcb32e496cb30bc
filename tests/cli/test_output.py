"""What reaches a terminal and a pipe: nothing that could act on either."""

import json
import re

import pytest

from tests.program import Program

HOSTILE = {
    "escape": "\x1b[31mred\x1b[0m",
    "title": "\x1b]0;owned\x07",
    "c1": "\x9b31mred",
    "bidi": "\u202eevil\u202c",
    "markup": "[bold red]x[/] [link=http://evil]y[/link]",
    "tab": "a\tb",
    "lines": "a\nb\rc",
    "backslash": "a\\nb",
    "separator": "a\u2028b",
    "formula": "=HYPERLINK(1)",
    "shell": "$(touch x) `touch x`",
    "sql": "'; DROP TABLE contacts; --",
    "emoji": "🚀 Zoë 日本",
    "template": "{{ 7*7 }} %s {0}",
}
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_text_stays_text(crm: Program, name: str) -> None:
    """It comes back exactly, and no format lets a control character through raw."""
    text = HOSTILE[name]
    crm(
        "contact",
        "add",
        "--from-json",
        "-",
        stdin=json.dumps({"first_name": text, "email": "x@example.com", "job_title": text}),
    )
    assert crm("contact", "list", "-o", "json").json[0]["job_title"] == text
    assert crm("contact", "list", "-w", f'job_title="{text}"'.replace("\\", "\\\\"), "-o", "ids", exit=None).exit in (
        0,
        2,
    )
    for format in ("table", "plain", "json", "jsonl", "ids"):
        for line in (("contact", "list"), ("contact", "view", "x@example.com")):
            shown = crm(*line, "-o", format, "--color", "never").stdout
            assert not RAW.search(shown), (format, shown)
    for line in (("search", "owned"), ("contact", "edit", "C-1", "--city", "Rome", "-o", "table")):
        result = crm(*line)
        assert not RAW.search(result.stdout + result.stderr)
    assert not RAW.search(crm("contact", "view", text.replace("\x00", ""), exit=None).stderr)


def test_plain_is_one_line_a_record(crm: Program) -> None:
    """Tab, line end and backslash are escaped so that every record is one line of the same cells."""
    for text in ("a\tb", "a\nb", "a\\b"):
        crm("contact", "add", "--from-json", "-", stdin=json.dumps({"first_name": text}))
    assert sorted(crm("contact", "list", "-F", "first_name,last_name").lines) == ["a\\\\b\t", "a\\nb\t", "a\\tb\t"]


def test_csv_guards_formulas(crm: Program) -> None:
    """Cells that a spreadsheet would run begin with an apostrophe; numbers and phones do not."""
    record = {"first_name": "=1+1", "last_name": "@x", "job_title": "-2", "phone": "+13125550100", "city": "'=x"}
    crm("contact", "add", "--from-json", "-", stdin=json.dumps(record))
    line = crm("contact", "list", "-o", "csv", "-F", "first_name,last_name,job_title,phone,city").lines[1]
    assert line == "'=1+1,'@x,'-2,+13125550100,''=x"


def test_money_and_times_in_json(crm: Program) -> None:
    """Money is text with its currency; times are UTC."""
    record = crm.json("company", "add", "Acme", "--annual-revenue", "12,400.5")
    assert (record["annual_revenue"], record["currency"]) == ("12400.50", "USD")
    assert record["created_at"].endswith("Z")


def test_tables_fit(crm: Program) -> None:
    """A table is as wide as the terminal, whatever is in it."""
    crm(
        "contact",
        "add",
        "--from-json",
        "-",
        stdin=json.dumps({"first_name": "x" * 100, "last_name": "日" * 60, "email": "a@example.com"}),
    )
    for width in ("40", "80", "200"):
        from rich.cells import cell_len

        shown = crm("contact", "list", "-o", "table", env={"COLUMNS": width}).stdout
        assert shown
        assert max(cell_len(line) for line in shown.splitlines()) <= int(width)


def test_relative_dates(crm: Program) -> None:
    """People see how long ago; machines see when."""
    crm("contact", "add", "Ana", env={"MYCRM_NOW": "2026-11-20T10:00:00Z"})
    now = {"MYCRM_NOW": "2026-11-23T10:00:00Z"}
    assert "3d ago" in crm("contact", "list", "-F", "name,created_at", "-o", "table", env=now).stdout
    assert crm("contact", "list", "-F", "created_at", env=now).stdout == "2026-11-20T10:00:00Z\n"


def test_colours(crm: Program) -> None:
    """--color and NO_COLOR decide."""
    crm("contact", "add", "Ana")
    assert "\x1b[" in crm("contact", "list", "-o", "table", "--color", "always").stdout
    assert "\x1b[" not in crm("contact", "list", "-o", "table", "--color", "never").stdout
    assert "\x1b[3" not in crm("contact", "list", "-o", "table", "--color", "always", env={"NO_COLOR": "1"}).stdout


def test_options_stand_anywhere(crm: Program) -> None:
    """Before the noun, between noun and verb, and behind."""
    crm("contact", "add", "Ana")
    for line in (("-o", "ids", "contact", "list"), ("contact", "-o", "ids", "list"), ("contact", "list", "-o", "ids")):
        assert len(crm(*line).lines) == 1
    assert crm("-q", "contact", "list", "-w", "name=nobody").stderr == ""


def test_aliases(crm: Program) -> None:
    """The frozen aliases."""
    crm("contact", "new", "Ana")
    assert crm("contact", "ls", "-F", "name").stdout == "Ana\n"
    crm("contact", "show", "C-1")
    crm("contact", "update", "C-1", "--city", "Rome")
    crm("contact", "rm", "C-1")


def test_search(crm: Program) -> None:
    """Words find records of every noun, without case and accents, by their beginning."""
    crm("company", "add", "Müller AG", "--domain", "mueller.example")
    crm("contact", "add", "Jörg Müller", "--email", "jm@acme.example")
    found = crm("search", "MULLER", "--json").json
    assert {(r["entity"], r["reference"]) for r in found} == {("company", "CO-1"), ("contact", "C-1")}
    found = crm("search", "acme exam", "--json").json
    assert [(r["entity"], r["title"]) for r in found] == [("contact", "Jörg Müller")]
    assert crm("search", "acme exam", "-o", "ids").lines == [found[0]["id"]]
    assert crm("search", 'mul* OR -x"', exit=0).stdout == ""
    crm("search", " ", exit=2)
