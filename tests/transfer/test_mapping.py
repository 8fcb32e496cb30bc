"""Mapping files and the options that lay over them."""

from pathlib import Path

import pytest

from tests.program import Program
from tests.transfer.conftest import fingerprint, write


def test_mapping_file_does_everything(crm: Program, samples: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.toml"
    line = ["company", "import", str(samples / "accounts.csv"), "--map-file"]
    assert crm.json(*line, str(samples / "accounts.toml"), "--save-map", str(saved))["created"] == 3
    child = crm.json("company", "view", "Child One")
    assert (child["industry"], child["annual_revenue"], child["country"]) == ("technology", "12500000.00", "KR")
    assert child["parent_id"] == crm.json("company", "view", "Mother")["id"]
    assert child["version"] == 1
    assert crm.json(*line, str(saved))["unchanged"] == 3


def test_values_that_fit_nothing_abort(crm: Program, samples: Path, tmp_path: Path) -> None:
    plain = write(
        tmp_path / "plain.toml", (samples / "accounts.toml").read_text().replace('values = { Korea = "KR" }', "")
    )
    before = fingerprint(crm)
    result = crm("company", "import", str(samples / "accounts.csv"), "--map-file", plain, exit=6)
    assert "line 2, column country" in result.stderr
    assert fingerprint(crm) == before


def test_maven_accounts(crm: Program, shared: Path, tmp_path: Path) -> None:
    mapping = write(
        tmp_path / "maven.toml",
        """
        match = ["name"]
        columns.account = "name"
        columns.employees = "employee_count"
        columns.year_established = "founded_year"
        columns.subsidiary_of = "parent.name"
        columns.sector = { target = "industry", values = { technolgy = "technology" } }
        columns.revenue = { target = "annual_revenue", scale = 1000000 }
        columns.office_location = { target = "country", values = { Korea = "KR", Philipines = "PH" } }
        """,
    )
    file = str(shared / "maven_crm" / "accounts.csv")
    assert crm.json("company", "import", file, "--map-file", mapping)["created"] == 85
    assert crm.json("company", "import", file, "--map-file", mapping)["unchanged"] == 85
    assert crm("company", "count", "-w", "industry=technolgy").stdout.strip() == "0"
    assert crm("company", "count", "-w", "parent=any").stdout.strip() == "15"


@pytest.mark.parametrize(
    ("cells", "options", "field", "value"),
    [
        ("Name,Email\nJan de Vries,jan@a.example.org", [], "last_name", "Vries"),
        ("Mail;Wer\nx@a.example.org;Li", ["--map", "Wer=first_name"], "first_name", "Li"),
        ("email,phone\nx@a.example.org,030 901820", ["--region", "DE"], "phone", "+4930901820"),
        (
            "email,stage\nx@a.example.org,Fan",
            ["--map", "stage=lifecycle_stage", "--map-value", "stage:Fan=evangelist"],
            "lifecycle_stage",
            "evangelist",
        ),
        ("email\nx@a.example.org", ["--set", "source=event"], "source", "event"),
        ("email,source\nx@a.example.org,", ["--default", "source=partner"], "source", "partner"),
        ("email,source\nx@a.example.org,event", ["--default", "source=partner"], "source", "event"),
        ("email,Colour\nx@a.example.org,red", ["--unknown", "custom"], "custom_fields", {"colour": "red"}),
        ("email,Colour\nx@a.example.org,red", ["--unknown", "ignore"], "custom_fields", {}),
        (
            "email,last_activity_at\nx@a.example.org,02/01/2024",
            ["--date-format", "%d/%m/%Y"],
            "last_activity_at",
            "2024-01-02T00:00:00Z",
        ),
        ("email,score\nx@a.example.org,42", [], "score", 42),
        ("Vorname\tNachname\tE-Mail\nJörg\tÖz\tx@a.example.org", [], "last_name", "Öz"),
    ],
)
def test_one_row(crm: Program, tmp_path: Path, cells: str, options: list[str], field: str, value: object) -> None:
    crm("contact", "import", write(tmp_path / "x.csv", cells + "\n"), *options)
    assert crm.json("contact", "view", "C-1")[field] == value


def test_template_split_and_left_out(crm: Program, tmp_path: Path) -> None:
    mapping = write(
        tmp_path / "m.toml",
        """
        unknown = "ignore"
        [columns.address]
        target = "email"
        template = "{first}.{last}@acme.example"
        [columns.Full]
        split = ["last_name", "first_name"]
        split_at = ", "
        [columns.first]
        target = "-"
        """,
    )
    file = write(tmp_path / "x.csv", 'first,last,Full\nana,berg,"Berg, Ana"\n')
    crm("contact", "import", file, "--map-file", mapping, "--map", "last=-")
    found = crm.json("contact", "view", "C-1")
    assert (found["email"], found["first_name"], found["last_name"]) == ("ana.berg@acme.example", "Ana", "Berg")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("columns = 3", "columns is a table"),
        ("[columns.x]\ntarrget = 'email'", "tarrget"),
        ("colums.x = 'email'", "unknown keys: colums"),
        ("x = [", "not valid TOML"),
    ],
)
def test_broken_mapping_file(crm: Program, samples: Path, tmp_path: Path, toml: str, said: str) -> None:
    result = crm(
        "contact", "import", str(samples / "google.csv"), "--map-file", write(tmp_path / "m.toml", toml), exit=6
    )
    assert said in result.stderr


@pytest.mark.parametrize(
    "line",
    [
        ["--map", "email"],
        ["--map", "email=nosuch"],
        ["--map", "nosuch=email"],
        ["--map-value", "x=y"],
        ["--mode", "replace"],
        ["--on-error", "stop"],
        ["--on-conflict", "*=merge"],
        ["--match", "colour"],
        ["--preset", "nosuch"],
        ["--encoding", "nosuch"],
        ["--delimiter", "::"],
        ["--create-missing", "user"],
        ["--region", "Germany"],
        ["--format", "pdf"],
        ["--map-file", "/no/such/file.toml"],
        ["--set", "source"],
    ],
)
def test_wrong_option_is_a_usage_error(crm: Program, tmp_path: Path, line: list[str]) -> None:
    file = write(tmp_path / "x.csv", "email\nx@a.example.org\n")
    result = crm("contact", "import", file, *line, exit=2)
    assert result.stderr.startswith("error: ")
    assert crm("contact", "count").stdout.strip() == "0"
