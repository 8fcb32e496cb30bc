"""Each vendor's export gives the records that the guide says, twice the same."""

from pathlib import Path

import pytest

from tests.program import Program

COUNTS = ("created", "updated", "unchanged", "skipped", "rejected")


def counts(account: dict[str, int]) -> tuple[int, ...]:
    return tuple(account[name] for name in COUNTS)


@pytest.mark.parametrize(
    ("vendor", "created", "skipped"),
    [
        ("hubspot", 2, 0),
        ("salesforce", 1, 1),
        ("google", 2, 0),
        ("linkedin", 1, 1),
        ("outlook", 1, 0),
        ("pipedrive", 1, 0),
    ],
)
def test_vendor_file_imports_once(crm: Program, samples: Path, vendor: str, created: int, skipped: int) -> None:
    file = str(samples / f"{vendor}.csv")
    first = crm.json("contact", "import", file)
    assert first["preset"] == vendor
    assert counts(first) == (created, 0, 0, skipped, 0)
    assert counts(crm.json("contact", "import", file)) == (0, 0, created, skipped, 0)


def view(crm: Program, reference: str) -> dict[str, object]:
    found: dict[str, object] = crm.json("contact", "view", reference)
    return found


def test_hubspot(crm: Program, samples: Path) -> None:
    report = crm("contact", "import", str(samples / "hubspot.csv"))
    assert "Contact owner: no user matches 'Nobody Known'" in report.stderr
    assert "column 'Lead Status' is left out: 1 value" in report.stderr
    ilse = view(crm, "ext:hubspot:101")
    assert ilse["email"] == "ilse@maurer.example.org"
    assert (ilse["lifecycle_stage"], ilse["source"], ilse["do_not_email"]) == ("marketing_qualified", "organic", True)
    assert ilse["created_at"] == "2024-01-15T10:00:00Z"
    assert ilse["owner_id"] == crm.json("user", "view", "ana@acme.com")["id"]


def test_hubspot_companies_are_linked_by_their_ids(crm: Program, samples: Path, tmp_path: Path) -> None:
    companies = tmp_path / "companies.csv"
    companies.write_text("Record ID,Company name,Company Domain Name\n900,Maurer AG,maurer.example.org\n901,Second,\n")
    crm("company", "import", str(companies))
    crm("contact", "import", str(samples / "hubspot.csv"))
    assert view(crm, "ext:hubspot:102")["company_id"] == crm.json("company", "view", "Maurer AG")["id"]
    assert view(crm, "ext:hubspot:101")["company"] == "Maurer AG"
    assert crm.json("contact", "import", str(samples / "hubspot.csv"))["unchanged"] == 2


def test_salesforce(crm: Program, samples: Path) -> None:
    crm("contact", "import", str(samples / "salesforce.csv"))
    ngozi = view(crm, "ngozi@okoye.example.org")
    assert (ngozi["address_line1"], ngozi["address_line2"]) == ("1 High St", "Floor 2")
    assert (ngozi["country"], ngozi["source"], ngozi["do_not_email"]) == ("GB", "event", True)
    crm("contact", "view", "gone@gone.example.org", exit=3)


def test_google(crm: Program, samples: Path) -> None:
    crm("contact", "import", str(samples / "google.csv"))
    pia = view(crm, "p.lund@lund.example.org")
    assert pia["email"] == "pia@lund.example.org"
    assert (pia["first_name"], pia["tags"], pia["company"]) == ("Pia Maria", ["vip"], "Lund ApS")
    assert view(crm, "pia@home.example.org")["id"] == pia["id"]


def test_outlook(crm: Program, samples: Path) -> None:
    report = crm("contact", "import", str(samples / "outlook.csv"))
    assert "Home Phone: +4930901821 is left out: phone is +4930901820" in report.stderr
    eva = view(crm, "eva2@lange.example.org")
    assert (eva["address_line1"], eva["address_line2"], eva["country"]) == ("Ring 1", "Hof", "DE")
    assert eva["tags"] == ["kunde", "messe"]


def test_pipedrive(crm: Program, samples: Path) -> None:
    report = crm("contact", "import", str(samples / "pipedrive.csv"))
    assert "not kept: 312-555-0123" in report.stderr
    jo = view(crm, "j.v@vega.example.org")
    assert (jo["first_name"], jo["last_name"], jo["email"]) == ("Jo", "Vega-Lind", "jo@vega.example.org")
    assert jo["last_activity_at"] == "2026-01-12T00:00:00Z"


@pytest.mark.parametrize(
    ("name", "created"),
    [
        ("google_contacts_current", 3),
        ("hubspot_contacts", 2),
        ("linkedin_connections", 3),
        ("outlook_contacts_utf8bom", 1),
        ("pipedrive_people", 1),
    ],
)
def test_shared_sample(crm: Program, shared: Path, name: str, created: int) -> None:
    file = str(shared / "import_samples" / f"{name}.csv")
    assert crm.json("contact", "import", file, "--preset", "auto")["created"] == created
    assert crm.json("contact", "import", file, "--preset", "auto")["unchanged"] == created


def test_inspect_touches_no_database(program: Program, samples: Path) -> None:
    report = program.json("contact", "import", "--inspect", str(samples / "hubspot.csv"))
    assert report["preset"] == "hubspot"
    assert report["mapping"]["Email"] == "email"
    assert "Lead Status" in report["left_out"]
    assert report["rows"] == 2
    text = program("contact", "import", "--inspect", str(samples / "linkedin.csv"), "-o", "plain").stdout
    assert "Connected On -> left out" in text
