"""Import: rows of a file become records, in stages that each take a batch: read, map, convert, match, write.

``read_rows`` opens a file and reads its header; ``Reading`` stages its rows, and ``Job`` writes them inside
a unit of work; ``Run`` does both for one command, and takes up what was cut off; ``inspection`` tells what
an import would make of a file. Only jobs need a database.
"""

from __future__ import annotations

from mycrm_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer.calendarrows import CalendarRows
    from mycrm_cli.services.transfer.csvs import CsvRows
    from mycrm_cli.services.transfer.jsons import JsonRows
    from mycrm_cli.services.transfer.mailrows import MailRows
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.sources import Source
    from mycrm_cli.services.transfer.vcards import CardRows
    from mycrm_cli.services.transfer.workbooks import WorkbookRows

    Rows: TypeAlias = CsvRows | JsonRows | WorkbookRows | CardRows | CalendarRows | MailRows

CARRIERS = {
    "vcf": ("a vCard file has people", ("contact", "lead")),
    "ics": ("a calendar has tasks", ("task",)),
    "mbox": ("a mail file has messages", ("email",)),
    "eml": ("a mail file has messages", ("email",)),
}
"""Formats that have records of some nouns alone: what they have, and of which."""


def read_rows(entity: Entity, path: str, options: Options) -> Rows:
    """Open a file (``-`` is stdin) and return its rows; raises UsageError or Invalid for what cannot be read."""
    from mycrm_cli.services.transfer.mended import adapted
    from mycrm_cli.services.transfer.sources import open_source

    options = adapted(path, options)
    is_mail = entity.name == "email"
    source = open_source(path, options.format, options.encoding, options.member, is_mail=is_mail)
    try:
        return _rows(entity, source, options)
    except BaseException:
        source.close()
        raise


def _rows(entity: Entity, source: Source, options: Options) -> Rows:
    """Return the rows of a source in its format; each import needs the reader of one format alone."""
    if options.sheet is not None and source.format != "xlsx":
        raise UsageError(f"{source.name} is no workbook", hint="leave --sheet away")
    if source.format in ("csv", "tsv"):
        from mycrm_cli.services.transfer.csvs import CsvRows

        return CsvRows(source, options.delimiter, options.header_line, footer=options.footer)
    if source.format == "xlsx":
        from mycrm_cli.services.transfer.workbooks import WorkbookRows

        return WorkbookRows(source, options.sheet, options.header_line, options.decimal, footer=options.footer)
    if options.header_line is not None:
        raise UsageError(f"a {source.format} file has no line with headings", hint="leave --header-line away")
    if source.format in CARRIERS:
        return _carried(entity, source)
    from mycrm_cli.services.transfer.jsons import JsonRows

    whole = frozenset(field.name for field in entity.fields.values() if field.kind_name == "json")
    return JsonRows(source, whole)


def _carried(entity: Entity, source: Source) -> Rows:
    """Return the rows of a file that other programs exchange, each kind for its own nouns; raises UsageError."""
    what, nouns = CARRIERS[source.format]
    if entity.name not in nouns:
        raise UsageError(f"{what}, no {entity.plural}", hint=f"mycrm {nouns[0]} import {source.path or '-'}")
    if source.format == "vcf":
        from mycrm_cli.services.transfer.vcards import CardRows

        return CardRows(source)
    if source.format == "ics":
        from mycrm_cli.services.transfer.calendarrows import CalendarRows

        return CalendarRows(source)
    from mycrm_cli.services.transfer.mailrows import MailRows

    return MailRows(source)
