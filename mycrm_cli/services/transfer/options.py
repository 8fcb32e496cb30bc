"""What an import was asked to do, beyond which column goes where."""

from __future__ import annotations

from dataclasses import dataclass, field

from mycrm_cli.errors import UsageError

CHOICES = {
    "mode": ("upsert", "insert", "update"),
    "on_error": ("abort", "skip"),
    "blank": ("keep", "clear"),
    "unknown": ("error", "custom", "ignore"),
    "decimal": (".", ","),
    "repeated": ("error", "ignore"),
    "deleted": ("error", "skip", "restore"),
    "footer": ("auto", "keep"),
}
CONFLICTS = ("overwrite", "fill", "keep", "append", "changed")


@dataclass
class Options:
    """The options of an import; the mapping file may set most of them, the command line wins."""

    format: str = "auto"
    preset: str = "auto"
    encoding: str = "auto"
    delimiter: str = "auto"
    mode: str = "upsert"
    on_error: str = "abort"
    blank: str = "keep"
    unknown: str = "error"
    repeated: str = "error"
    deleted: str = "error"
    """What becomes of rows about records in the trash."""
    footer: str = "auto"
    """Whether the footer of a report is left out, or kept since it is none."""
    decimal: str = "."
    decimal_said: bool = False
    """Whether somebody named the decimal mark; else each column is looked at."""
    region: str | None = None
    date_format: str | None = None
    sheet: str | None = None
    member: str | None = None
    header_line: int | None = None
    match: tuple[str, ...] = ()
    on_conflict: dict[str, str] = field(default_factory=dict)
    create_missing: frozenset[str] = frozenset()
    rejects: str | None = None
    results: str | None = None

    def check(self) -> None:
        """Refuse values that an option does not take; raises UsageError."""
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                option = f"--{name.replace('_', '-')}"
                raise UsageError(f"{option} is {' or '.join(allowed)}, not {value!r}", candidates=list(allowed))
        if self.header_line is not None and self.header_line < 1:
            raise UsageError("--header-line takes the number of a line, counted from 1")
        for column, rule in self.on_conflict.items():
            if rule not in CONFLICTS:
                raise UsageError(f"--on-conflict {column}={rule}: there is no such rule", candidates=list(CONFLICTS))
            if rule == "append" and column == "*":
                raise UsageError("--on-conflict '*=append': only texts and tags can be added to; name the columns")
        if self.region is not None and (len(self.region) != 2 or not self.region.isalpha()):
            raise UsageError(f"--region takes a country's code such as DE, not {self.region!r}")


FILE_KEYS = (
    "format",
    "preset",
    "encoding",
    "delimiter",
    "mode",
    "on_error",
    "blank",
    "unknown",
    "repeated",
    "deleted",
    "footer",
    "decimal",
    "region",
    "sheet",
    "member",
)
"""Options that a mapping file may set as plain text."""


def rules(pairs: list[str]) -> dict[str, str]:
    """Split the ``COLUMN=RULE`` words of ``--on-conflict``; a column may contain ``=``. Raises UsageError."""
    found = {}
    for pair in pairs:
        column, mark, rule = pair.rpartition("=")
        if not mark or not column.strip():
            raise UsageError(f"--on-conflict takes COLUMN=RULE, not {pair!r}")
        found[" ".join(column.split())] = rule.strip()
    return found
