"""vCards of all three versions become contacts and leads; a broken one is a row with its line."""

from pathlib import Path

from tests.program import Program
from tests.transfer.conftest import write

CARDS = b"""BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg\r
TEL;CELL:+49 170 1234567\r
TEL;WORK;VOICE:+49 30 123456\r
TEL;WORK;FAX:+49 30 123457\r
EMAIL;INTERNET:j@m.example.org\r
EMAIL;PREF;INTERNET:jm@m.example.org\r
NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Line one=0D=0A=\r
Line two =C3=A4\r
PHOTO;JPEG;ENCODING=BASE64:\r
 /9j/4AAQSkZJRgABAQ\r
 AAAA==\r
\r
ORG;CHARSET=ISO-8859-1:B\xe4ckerei;Backstube\r
ADR;WORK:;;Hauptstr. 1;Berlin;;10115;Germany\r
BDAY:1990-01-01\r
END:VCARD\r
BEGIN:VCARD
VERSION:3.0
this is broken
END:VCARD
BEGIN:VCARD
VERSION:3.0
N:Not closed;X
BEGIN:VCARD
VERSION:3.0
N:Good;Gus;;Dr.;
item1.EMAIL;type=INTERNET;type=WORK:gus@g.example.org
X-SOCIALPROFILE;type=linkedin:https://www.linkedin.com/in/gus
NOTE:A long note\\, fol
 ded\\nhere
UID:urn:uuid:1234
CATEGORIES:VIP,Old \\, friend
END:VCARD
BEGIN:VCARD
VERSION:4.0
N:Four;Fay;Mid;;
TEL;VALUE=uri;TYPE="voice,cell":tel:+1-555-555-0113
EMAIL;PREF=2:fay2@f.example.org
EMAIL;PREF=1:mailto:fay@f.example.org
ADR;PREF=1:;;1 Example St\\nFloor 2;Chicago;IL;60601;USA
URL:https://f.example.org
PHOTO:data:image/jpeg;base64,AAAA
END:VCARD
"""


def test_cards(crm: Program, tmp_path: Path) -> None:
    file = write(tmp_path / "people.vcf", CARDS)
    refused = crm("contact", "import", file, exit=6).stderr
    assert "line 19: the card has a line that is no property" in refused
    assert "line 23: the card has no END:VCARD" in refused
    rejects = tmp_path / "rejects.csv"
    report = crm.json("contact", "import", file, "--on-error", "skip", "--rejects", str(rejects), exit=7)
    assert (report["rows"], report["created"], report["rejected"], report["preset"]) == (5, 3, 2, "vcard")
    said = [each["message"] for each in report["warning_details"]]
    assert "BDAY is left out: 1 value" in said
    assert "PHOTO is left out: 2 values" in said
    assert "TEL for fax and the like is left out: 1 value" in said
    joerg = crm.json("contact", "view", "jm@m.example.org")
    assert (joerg["first_name"], joerg["last_name"], joerg["company"]) == ("Jörg", "Müller", "Bäckerei")
    assert (joerg["mobile"], joerg["phone"], joerg["country"]) == ("+491701234567", "+4930123456", "DE")
    assert crm.json("contact", "view", "j@m.example.org")["id"] == joerg["id"]
    notes = {note["body"] for note in crm.json("note", "list")}
    assert notes == {"Line one\nLine two ä", "A long note, folded\nhere"}
    gus = crm.json("contact", "view", "ext:vcard:1234")
    assert (gus["linkedin_url"], gus["tags"]) == ("https://www.linkedin.com/in/gus", ["vip", "old friend"])
    fay = crm.json("contact", "view", "fay@f.example.org")
    assert (fay["first_name"], fay["address_line1"], fay["address_line2"]) == ("Fay Mid", "1 Example St", "Floor 2")
    assert fay["mobile"] == "+15555550113"
    assert crm.json("contact", "import", file, "--on-error", "skip", exit=7)["unchanged"] == 3
    lines = rejects.read_text()
    mended = lines.replace(",not_vcard,", ",,").replace('"VERSION:3.0\nthis is broken",,', "77,Mended,")
    assert mended != lines
    report = crm.json("contact", "import", write(tmp_path / "mended.csv", mended), "--on-error", "skip", exit=None)
    assert report["created"] >= 1
    leads = crm.json("lead", "import", file, "--on-error", "skip", exit=7)
    assert leads["created"] == 3
    assert {"column": "City", "code": "left_out", "values": 2} in leads["warning_details"]
    assert "has people" in crm("company", "import", file, exit=2).stderr


def test_odd_cards(sqlite_crm: Program, tmp_path: Path) -> None:
    text = "\nBEGIN:VCARD\nVERSION:3.0\nFN:Eva Holm\nEND:VCARD\n"
    for name, content in (("a.vcf", text.encode("utf-16")), ("b", text.encode()), ("c.vcf", text.encode("utf-8-sig"))):
        found = sqlite_crm.json("contact", "import", write(tmp_path / name, content), "--inspect")
        assert (found["format"], found["sample"]) == ("vcf", [{"first_name": "Eva", "last_name": "Holm"}])
    # What goes on with the line before ends no card.
    note = text.replace("FN:Eva Holm", "FN:Eva Holm\nNOTE:Ask for\n END:VCARD\n BEGIN:VCARD")
    [found] = sqlite_crm.json("contact", "import", write(tmp_path / "x.vcf", note), "--inspect")["sample"]
    assert found["last_name"] == "Holm", found
    cases = {
        "stray\n" + text: "a line outside of a card",
        text.replace("Eva", "E\0va"): "NUL",
        "BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n": "neither a name",
        "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=klingon:a;b\nEND:VCARD\n": "unknown character set",
    }
    for content, said in cases.items():
        result = sqlite_crm("contact", "import", write(tmp_path / "x.vcf", content), "-n", exit=6)
        assert said in result.stderr, result
    latin = "BEGIN:VCARD\nVERSION:3.0\nFN:Zoë Berg\nEND:VCARD\n".encode("latin-1")
    assert "byte 0xeb" in sqlite_crm("contact", "import", write(tmp_path / "x.vcf", latin), exit=6).stderr
    assert sqlite_crm.json("contact", "import", str(tmp_path / "x.vcf"), "--encoding", "cp1252")["created"] == 1
    assert sqlite_crm.json("contact", "list")[0]["first_name"] == "Zoë"
