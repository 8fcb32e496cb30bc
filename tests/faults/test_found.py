"""Files that a fuzz harness found to be taken badly, each as small as it can be."""

from pathlib import Path

import pytest

from tests.program import Program
from tests.transfer.conftest import write


@pytest.mark.parametrize("encoding", ["idna", "punycode", "undefined", "base64"])
def test_codecs_that_are_no_encodings(sqlite_crm: Program, tmp_path: Path, encoding: str) -> None:
    file = write(tmp_path / "x.csv", "email\na@x.example.org\n")
    assert "no encoding" in sqlite_crm("contact", "import", file, "--encoding", encoding, exit=2).stderr


def test_wide_encodings_without_a_mark(sqlite_crm: Program, tmp_path: Path) -> None:
    text = "email,first_name\na@x.example.org,Ana\n"
    plain = write(tmp_path / "x.csv", text)
    for encoding in ("utf-16", "utf-32"):
        assert "byte order mark" in sqlite_crm("contact", "import", plain, "--encoding", encoding, exit=6).stderr
        for order in ("le", "be"):
            file = write(tmp_path / "y.csv", text.encode(f"{encoding}-{order}"))
            assert sqlite_crm.json("contact", "import", file, "--encoding", encoding, "-n")["created"] == 1
    card = write(tmp_path / "x.vcf", "BEGIN:VCARD\nVERSION:3.0\nFN:Ana\nEND:VCARD\n")
    assert (
        "encoding" in sqlite_crm("contact", "import", card, "--encoding", "utf-16", "--on-error", "skip", exit=6).stderr
    )
