"""Options that an import is asked with: such as fit most files, and now and then one that may not."""

import random

from hypothesis import strategies as st

from tests.faults import cells, files

OPTIONS: dict[str, tuple[str, ...]] = {
    "--mode": ("upsert", "insert", "update"),
    "--blank": ("keep", "clear"),
    "--unknown": ("custom", "ignore", "ignore", "error"),
    "--repeated": ("ignore", "error"),
    "--delimiter": ("auto", ",", ";", "tab", "|"),
    "--encoding": ("auto", "utf-8", "cp1252", "utf-16", "latin-1"),
    "--match": ("email", "name", "ext:crm", "id", "email,name", "content"),
    "--create-missing": ("company", "product", "company,product"),
    "--decimal": (".", ","),
    "--date-format": ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y %H:%M"),
    "--on-conflict": ("*=fill", "*=keep", "*=changed"),
    "--set": ("tags=vip", "owner=me"),
    "--default": ("owner=me", "tags=new"),
    "--map": ("email=-", "name=ext:crm"),
    "--map-value": ("status:Nouveau=active", "email:p1@x.example.org=p2@x.example.org"),
    "--region": ("DE", "us"),
    "--preset": ("auto", "none", "hubspot"),
}
WRONG: dict[str, tuple[str, ...]] = {
    "--mode": ("replace",),
    "--delimiter": ('"', "\n", "ab", "", "\x00"),
    "--encoding": ("no-such", "utf-7", "idna", "base64", "utf-8-sig", "utf-32", "shift_jis", "undefined", "punycode"),
    "--match": ("phone", "domain", "email,phone", "shoe", ""),
    "--create-missing": ("contact", "x", ""),
    "--decimal": ("x",),
    "--date-format": ("%Y", "%", "%Q", "", "x", "%s"),
    "--header-line": ("1", "2", "5", "0", "x", "99999999999"),
    "--on-conflict": ("email=keep", "tags=append", "x=fill", "*=append", "status=fill", "=", "*=no"),
    "--set": ("source=event", "status=active", "shoe=1", "email=z@x.example.org", "=", "score=x"),
    "--default": ("status=active", "source=event", "name=Nobody", "x=1"),
    "--map": ("Name=first_name", "E-Mail=email", "x=y", "shoe size=cf.size", "email=", "=email", "email=shoe"),
    "--map-value": ("x:a=b", "status=active", ":", "email:=x"),
    "--region": ("XX", "1", ""),
    "--preset": ("google", "salesforce", "outlook", "nobody"),
    "--sheet": ("1", "2", "data", "no", "-1"),
    "--format": ("auto", "csv", "tsv", "json", "jsonl", "xlsx", "vcf", "pdf"),
    "--member": ("x.csv", "readme.txt"),
}


def words(choose: random.Random) -> list[str]:
    """Return the options of a run."""
    found = ["--on-error", "skip"] if choose.random() < 0.65 else []
    for name in choose.sample(sorted(OPTIONS), choose.choice((0, 0, 1, 1, 2, 3))):
        found += [name, choose.choice(OPTIONS[name])]
    if choose.random() < 0.08:
        name = choose.choice(sorted(WRONG))
        found += [name, choose.choice(WRONG[name])]
    if choose.random() < 0.1:
        found.append("--dry-run")
    return found


class Case:
    """One run: a noun, a file, and options. All of it follows from a number, and texts that nobody thought of."""

    def __init__(self, number: int, wild: list[str]) -> None:
        self.number = number
        self.wild = wild
        choose = random.Random(number)
        self.noun = choose.choice(cells.NOUNS)
        header, rows = cells.table(self.noun, choose, wild)
        people = self.noun in ("contact", "lead")
        kind = choose.choice(files.FORMATS if people else files.FORMATS[:-1])
        self.name = f"x.{kind}"
        self.data = files.content(kind, header, rows, choose)
        if choose.random() < 0.4:
            self.data = files.broken(self.data, kind, choose)
        if choose.random() < 0.04:
            self.data, self.name = files.packed(self.data, self.name, choose)
        self.words = words(choose)


CASES = st.builds(Case, st.integers(0, 2**64 - 1), st.lists(st.text(max_size=12), max_size=4))
