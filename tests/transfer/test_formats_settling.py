"""How a column writes dates and numbers is found out from all of its cells, and asked for where they do not tell."""

from datetime import date, datetime
from pathlib import Path

import pytest

from mycrm_cli.kinds import BadValue, times
from mycrm_cli.scope import Locale
from mycrm_cli.services.transfer.preambles import footer_at, header_at
from tests.program import Program
from tests.transfer.conftest import fingerprint, write

AMBIGUOUS = "title,due,created_at\nA,01/02/2024,2024-02-01\nB,03/04/2024 5:30 PM,\n"


def dates_of(crm: Program) -> dict[str, str]:
    return {task["title"]: task["due_date"] for task in crm.json("task", "list", "-s", "title")}


def test_ambiguous_dates_are_asked_for(crm: Program, tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", AMBIGUOUS)
    before = fingerprint(crm)
    for options in ([], ["--on-error", "skip"], ["-n"]):
        refused = crm("task", "import", file, *options, exit=6).stderr
        assert "01/02/2024 may be 1 February 2024 or 2 January 2024" in refused
        assert "[ambiguous_date]" in refused
        assert "--date-format %d/%m/%Y" in refused
    assert fingerprint(crm) == before
    assert crm.json("task", "import", file, "--inspect")["questions"][0]["code"] == "ambiguous_date"
    assert crm.json("task", "import", file, "--date-format", "%d/%m/%Y")["created"] == 2
    assert dates_of(crm) == {"A": "2024-02-01T23:59:59Z", "B": "2024-04-03T17:30:00Z"}
    # One cell settles the column, wherever it stands; the other columns have habits of their own.
    rows = [f"T{n},01/02/2024,1/31/24" for n in range(1500)]
    file = write(tmp_path / "t.csv", "title,due,created_at\n" + "\n".join(rows) + "\nLast,13/02/2024,12/1/24 1:05 am\n")
    target = tmp_path / "m.toml"
    report = crm.json("task", "import", file, "--save-map", str(target))
    assert (report["created"], report["rejected"]) == (1501, 0)
    assert dates_of(crm)["T1499"] == "2024-02-01T23:59:59Z"
    last = crm.json("task", "list", "-w", "title=Last")[0]
    assert (last["due_date"], last["created_at"]) == ("2024-02-13T23:59:59Z", "2024-12-01T01:05:00Z")
    assert 'date_format = "dmy"' in target.read_text()
    found = crm.json("task", "import", file, "--inspect")
    assert found["dates"] == {"due": "dmy", "created_at": "mdy"}
    # Two orders in one column: what can be read in one way only is read, the rest is refused row by row.
    mixed = write(tmp_path / "t.csv", "title,due\nX,13/02/2024\nY,02/14/2024\nZ,03/04/2024\n")
    report = crm.json("task", "import", mixed, "--on-error", "skip", exit=7)
    assert [each["line"] for each in report["rejected_details"]] == [4]
    lines = '{"title": "J1", "due": "01/02/2024"}\n{"title": "J2", "due": "31/12/2024", "body": null}\n'
    assert crm.json("task", "import", "-", "--map", "body=-", stdin=lines)["created"] == 2
    assert dates_of(crm)["J1"] == "2024-02-01T23:59:59Z"


@pytest.mark.parametrize(
    ("order", "text", "value"),
    [
        ("dmy", "1/2/24", date(2024, 2, 1)),
        ("mdy", "1/2/24", date(2024, 1, 2)),
        ("mdy", "5.6.2024", date(2024, 6, 5)),
        ("%m.%d.%Y", "5.6.2024 10:00", datetime.fromisoformat("2024-05-06T08:00Z")),
        ("dmy", "2024/01/31", date(2024, 1, 31)),
        ("ymd", "24-01-31", date(2024, 1, 31)),
        ("dmy", "31/12/99", date(1999, 12, 31)),
        ("dmy", "15-Mar-24", date(2024, 3, 15)),
        ("dmy", "Fri, 15 Mar 2024 10:00:00 +0100", datetime.fromisoformat("2024-03-15T09:00Z")),
        ("dmy", "15. März 2024", date(2024, 3, 15)),
        ("mdy", "March 15th, 2024 at 3:04 PM PST", datetime.fromisoformat("2024-03-15T23:04Z")),
        ("dmy", "3 de marzo de 2024", date(2024, 3, 3)),
        ("mdy", "2024-01-31 10:30 AM", datetime.fromisoformat("2024-01-31T09:30Z")),
        ("mdy", "2024-01-31T10:00:00Z", datetime.fromisoformat("2024-01-31T10:00Z")),
        ("%d/%m/%Y", "2024-01-31", date(2024, 1, 31)),
        ("%Y-%d-%m", "2024-31-01", date(2024, 1, 31)),
        ("%Y-%d-%m", "2024-01-31", None),
        ("dmy", "1/13/2024", None),
        ("dmy", "1/2/024", None),
        ("dmy", "1/2/2024 13:00 PM", None),
        ("dmy", "1/2/2024 10:00 XYZ", None),
        ("dmy", "soon", None),
        (None, "01/02/2024", None),
    ],
)
def test_written_dates(order: str | None, text: str, value: object) -> None:
    locale = Locale("Europe/Berlin", date_format=order)
    if value is None:
        with pytest.raises(BadValue):
            times.parse(text, locale)
    else:
        assert times.parse(text, locale) == value


def test_decimal_marks(crm: Program, tmp_path: Path) -> None:
    def values(rows: list[str], *options: str) -> dict[str, str] | str:
        lines = "".join(f'D{number},"{row}"\n' for number, row in enumerate(rows))
        file = write(tmp_path / "d.csv", "name,value\n" + lines)
        result = crm("deal", "import", file, "--json", *options, exit=None)
        if result.exit:
            return result.stderr
        return {deal["name"]: deal["value"] for deal in crm.json("deal", "list", "-s", "name")}

    refused = values(["1,234", "500"])
    assert "ambiguous_number" in refused
    assert "1,234 may be 1234 or 1.234" in refused
    assert "--decimal . where" in refused
    assert values(["1,234", "500"], "--decimal", ".") == {"D0": "1234.00", "D1": "500.00"}
    assert values(["1.234", "1.234,56", "7"]) == {"D0": "1234.00", "D1": "1234.56", "D2": "7.00"}
    assert values(["1,234", "$1,234.56"]) == {"D0": "1234.00", "D1": "1234.56", "D2": "7.00"}
    assert values(["1.234", "0,5", "€ 7,25"]) == {"D0": "1234.00", "D1": "0.50", "D2": "7.25"}
    assert values(["1,234,567", "1,234"]) == {"D0": "1234567.00", "D1": "1234.00", "D2": "7.25"}
    assert values(["1234.5", "12"])["D0"] == "1234.50"
    refused = values(["500", "1.000", "12.500"])
    assert "1.000 may be 1.000 or 1000" in refused and "ambiguous_number" in refused
    assert values(["500", "1.000"], "--decimal", ",") == {"D0": "500.00", "D1": "1000.00", "D2": "7.25"}
    assert values(["1.50", "2.500"])["D1"] == "2.50"
    assert "ambiguous_number" in values([*["5"] * 1500, "1.000"])  # refused although it comes late
    mapped = write(tmp_path / "m.toml", '[columns.value]\ntarget = "value"\ndecimal = ","\n')
    assert values(["1.234", "2,5"], "--map-file", mapped) == {"D0": "1234.00", "D1": "2.50", "D2": "7.25"}


def test_reports_of_vendors(crm: Program, tmp_path: Path) -> None:
    report = (
        "Contacts of the North\nAs of: 2024-03-01\n\nFirst Name,Last Name,Email,cf.Deals\n"
        'Ann,Berg,a@x.example.org,3\n"Bea","Holm","b@x.example.org","4"\n'
        'Copyright,Clearance,c@x.example.org,1\n\n\n"Grand Totals (3 records)",,,8\n\n'
        '"Confidential Information - Do Not Distribute"\n'
        "Copyright (c) 2000-2024 salesforce.com, inc. All rights reserved.\n"
        "Generated By:  Ann Berg  3/1/2024 10:00 AM\nAcme Inc\n"
    )
    options = ["--unknown", "custom"]
    done = crm.json("contact", "import", write(tmp_path / "r.csv", report), *options)
    assert (done["rows"], done["created"]) == (3, 3)
    told = [(each["line"], each["code"]) for each in done["warning_details"]]
    assert told == [(1, "preamble"), (2, "preamble"), *((line, "footer") for line in (10, 12, 13, 14, 15))]
    for data in (report.encode("utf-16"), report.replace("\n", "\r\n").encode(), report.encode("utf-16-le")):
        assert crm.json("contact", "import", write(tmp_path / "r.csv", data), *options)["unchanged"] == 3
    many = "email,first_name\n" + "".join(f"u{n}@x.example.org,U{n}\n" for n in range(5000))
    end = "\nTotal,5000\nEnd of report\n"
    found = crm.json("contact", "import", write(tmp_path / "r.csv", many + end), "--inspect")
    assert (found["rows"], [each["line"] for each in found["remarks"]]) == (5000, [5003, 5004])
    exact = crm.json(
        "contact", "import", write(tmp_path / "r.csv", "x,y\n1,2\n" + TITLED), "--inspect", "--header-line", "4"
    )
    assert (exact["mapping"], exact["skipped_lines"]) == ({"Email": "email", "Name": "name"}, 3)
    crm("contact", "import", str(tmp_path / "r.csv"), "--header-line", "0", exit=2)
    crm("contact", "import", str(tmp_path / "r.csv"), "--header-line", "99", exit=6)
    excel = crm.json("contact", "import", write(tmp_path / "r.csv", "sep=;\nEmail;Name, all\na@x;b\n"), "--inspect")
    assert (excel["delimiter"], excel["unknown"]) == (";", ["Name, all"])
    # What looks like a footer and may be a row is one.
    for last in ("Total,t@x.example.org", "Copyright Clearance,", '"x\n\nCopyright (c) 2024 A",b@x.example.org'):
        rows = crm.json(
            "contact", "import", write(tmp_path / "r.csv", f"Name,Email\nA,a@x.example.org\n{last}\n"), "--inspect"
        )
        assert (rows["rows"], rows["remarks"]) == (2, []), last


TITLED = "Title\nEmail,Name\na@x.example.org,Ann\n"


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        (["email", "a@x.example.org"], 0),
        (["My list", "email,name", "a@x.example.org,Ann"], 1),
        (["Name", "Ann,Berg", "Bea,Holm"], 0),
        (["a@x.example.org", "Name,Email", "x,y"], 0),
        (["My list", "Ann,a@x.example.org", "Bea,b@x.example.org"], 0),
        (["My list", "12,13", "14,15"], 0),
        (["My list", "Name,Name", "a,b"], 0),
        (["My list", "Name,Email", "a,b,c"], 0),
        (["", "", "Name,Email", "a,b"], 2),
        (["Notes:", "bla", "", "First Name,Last Name", "A,B"], 3),
        (["Report:,Deals", "From:,2024", "", "Name,Value,Owner", "a,1,b"], 3),
    ],
)
def test_header_below_titles(rows: list[str], place: int) -> None:
    assert header_at([row.split(",") for row in rows]) == place


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        (["a,b", "c,d"], None),
        (["a,b", "lonely"], None),
        (["a,b", "lonely", "Copyright 2024 X"], 2),
        (["a,b", "", "lonely", "Copyright 2024 X"], 1),
        (["a,b", "Total,5"], None),
        (["a,b", "", "Total,5"], 1),
        (["a,b", "Grand Total,5"], 1),
        (["a,b", "Grand Total,me@x.org"], None),
        (["a,b", "(2 rows)"], 1),
        (["a,b", None, "(2 rows)"], 2),
    ],
)
def test_footers(rows: list[str | None], place: int | None) -> None:
    assert footer_at([row if row is None else row.split(",") for row in rows], 2) == place


@pytest.mark.parametrize(
    ("rows", "is_footer"),
    [
        (["Total,,,1"], True),
        (["Totals:,,2,1234"], True),
        ([",,Total,1 234"], True),
        (["Total (3),,,"], True),
        (["Summe,,,1.234 EUR", "Gesamtsumme,,,€ 2.468"], True),
        (["Total général,2,3,4"], True),
        (["Record count: 12"], True),
        (["Number of rows:,12"], True),
        (["Total,,,1", "", "Page 1 of 1"], True),
        # What may be a record is one.
        (["Total,,,t@x.example.org"], False),
        (["Total,,,Paris"], False),
        (["Total,,,"], False),
        (["Total,2,3,4"], False),
        (["Total,,,+33 1 23 45 67 89"], False),
        (["Total,,,2024-03-01"], False),
        (["Total,,,5", "c,d,e,f"], False),
        (["Total,,,5", "lonely,,,"], False),
        (["Total SE,,,5"], False),
        (["Total,,,1234"], False),
        (["Soma,,,4155550113"], False),
        (["Row count,,,"], False),
        (["Grand Total Wines,,,100"], False),
        (["© 2024 Jan Vos,j@x.example.org,,5"], False),
        (["© 2024 Studios,,,"], False),
        (["Printed on Demand GmbH,,,"], False),
    ],
)
def test_totals_directly_behind_the_rows(rows: list[str], is_footer: bool) -> None:
    found = [row.split(",") for row in ["a,b,c,1", *rows]]
    assert footer_at(found, 4) == (1 if is_footer else None)
    # Behind rows that are as empty, a total is no other than they are.
    sparse = footer_at([["a", "", "", "5"], *found[1:]], 4)
    assert sparse == (None if rows == ["Total,,,1"] else sparse)


def test_totals_are_told(crm: Program, tmp_path: Path) -> None:
    rows = "name,stage,owner.email,value\nA,Proposal,,1000\nB,Proposal,,234\n"
    done = crm.json("deal", "import", write(tmp_path / "d.csv", rows + "Total,,,1234\n"))
    assert (done["created"], [each["code"] for each in done["warning_details"]]) == (2, ["footer"])
    assert "Total,1234" in done["warning_details"][0]["message"]
    kept = crm.json("deal", "import", write(tmp_path / "e.csv", rows + "Total,Proposal,,1234\n"), "--footer", "keep")
    assert (kept["created"], kept["warnings"]) == (1, 0)


def test_several_addresses_in_a_cell(crm: Program, tmp_path: Path) -> None:
    file = write(
        tmp_path / "e.csv",
        "first_name,email,emails\n"
        'Jan,"Jan Berg <jan@x.example.org>; ""Holm, Eve"" <eve@x.example.org>",\n'
        'Bea,b@x.example.org b2@x.example.org,"Zed <z@x.example.org>, y@x.example.org"\n'
        "Cyn,<c@x.example.org>,\n",
    )
    assert crm.json("contact", "import", file)["created"] == 3
    for address, primary in (("eve", "jan"), ("z", "b"), ("y", "b"), ("b2", "b"), ("c", "c")):
        assert crm.json("contact", "view", f"{address}@x.example.org")["email"] == f"{primary}@x.example.org"
    assert crm.json("contact", "import", file)["unchanged"] == 3
    bad = write(tmp_path / "e.csv", "email\nJan Berg <jan>\n")
    assert "not_an_email" in crm("contact", "import", bad, exit=6).stderr
