"""The first large load of an entity looks nothing up, and comes to the same as any other."""

from pathlib import Path

import pytest

from mycrm_cli.services import loading
from mycrm_cli.services.transfer import ahead, match, reading, staging
from tests.program import Program
from tests.transfer.conftest import write

CONTACTS = """\
email,first_name,phone,company
a@x.example.org;b@x.example.org,Ann,+49 30 1000001,Östra Bolaget
c@x.example.org,Cy,+49 30 1000002,
,Dee,+49 30 1000003,ACME Inc.
,Dee,+49 30 1000003,ACME Inc.
B@x.example.org,Bo,+49 30 1000004,
c@x.example.org,Cy,+49 30 1000002,
"""
COMPANIES = """\
name,domain,parent
Alpha,alpha.example.org,
Beta,,Alpha
ALPHA,,
Gamma,gamma.example.org,Beta
beta,beta.example.org,
"""


CASES = [
    ("contact", CONTACTS, []),
    ("contact", CONTACTS.replace("c@x", "e@x", 1), ["--repeated", "ignore", "--match", "email,phone"]),
    ("contact", CONTACTS.replace("B@x", "f@x"), ["--repeated", "ignore"]),
    ("company", COMPANIES, []),
    ("company", COMPANIES.replace("parent", "-"), ["--match", "name"]),
]


@pytest.mark.parametrize("smallest", [1, 1_000_000])
def test_it_finds_the_same(crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smallest: int) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    monkeypatch.setattr(staging, "KEPT", 1)
    monkeypatch.setattr(ahead, "LARGE", smallest)
    find, looked = match.Matcher._find, []
    monkeypatch.setattr(match.Matcher, "_find", lambda self, *given: (looked.append(1), find(self, *given)))
    for noun, text, given in CASES:
        file, rejects = write(tmp_path / "first.csv", text), tmp_path / "rejects.csv"
        outcomes = []
        for large in (1, 1_000_000):
            monkeypatch.setattr(loading, "LARGE", large)
            looked.clear()
            done = crm(noun, "import", file, *given, "--rejects", str(rejects), "--json", exit=None)
            refused = rejects.read_text() if rejects.exists() else ""
            fields = "name,email,phone" if noun == "contact" else "name,domain,parent"
            stored, said = crm(noun, "export", "-o", "csv", "-F", fields), done.stderr.partition(", 0.")[0]
            outcomes.append((done.exit, refused, stored.stdout, said))
            if done.exit == 0:
                crm("undo", done.json["change"], "--yes")
            if noun == "contact" and large == 1:
                assert not looked
        assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("size", [2, 100])
def test_a_name_means_no_record_with_another_key(
    crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Wherever batches end: companies of one name with other domains are several, and a name alone may mean any."""
    monkeypatch.setattr(reading, "BATCH", size)
    text = "name,domain\nAcme,acme.example.com\nOther,\nAcme,acme.example.org\nacme,\nBeta,\nbeta,beta.example.org\n"
    file = write(tmp_path / "companies.csv", text)
    refused = crm("company", "import", file, "--on-error", "skip", exit=7)
    assert "line 2 and line 5 have the same name" in refused.stderr
    assert "line 6 and line 7 have the same name" in refused.stderr
    again = crm("company", "import", file, "--on-error", "skip", "--json", exit=7).json
    assert [again[name] for name in ("created", "updated", "unchanged", "rejected")] == [0, 0, 4, 2]
    listed = crm("company", "list", "-F", "name,domain", "-s", "name,domain", "-o", "csv").lines[1:]
    assert sorted(listed) == ["Acme,acme.example.com", "Acme,acme.example.org", "Beta,", "Other,"]
    crm("company", "import", write(tmp_path / "next.csv", "name,domain\nACME,acme.example.net\n"))
    crm("product", "import", write(tmp_path / "p1.csv", "sku,name\nA1,Disk\n"))
    crm("product", "import", write(tmp_path / "p2.csv", "sku,name\nB2,Disk\n"))
    assert crm("product", "list", "-F", "sku,name", "-s", "sku", "-o", "csv").lines[1:] == [
        "A1,Disk",
        "B2,Disk",
    ]


def test_two_files_of_one_noun_in_a_manifest(crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first one wrote is checked before the second one changes the table."""
    monkeypatch.setattr(loading, "LARGE", 100)
    for name, count in (("a", 20), ("b", 2000)):
        rows = [f"p{number}@x.example.org,P{number},Firm" for number in range(count)]
        write(tmp_path / f"{name}.csv", "\n".join(["email,first_name,company", *rows]) + "\n")
    files = "".join(f'[[file]]\npath = "{name}.csv"\nentity = "contact"\n' for name in ("a", "b"))
    crm("import", write(tmp_path / "both.toml", files), "--yes")
    assert crm("contact", "count").stdout == "2000\n"
