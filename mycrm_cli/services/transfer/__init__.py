"""Import: rows of a file become records, in stages that each take a batch: read, map, convert, match, write.

``read_rows`` opens a file and reads its header; ``Reading`` stages its rows, and ``Job`` writes them inside
a unit of work; ``Run`` does both for one command, and takes up what was cut off; ``inspection`` tells what
an import would make of a file. Only jobs need a database.
"""

from __future__ import annotations

from mycrm_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer.calendarrows import CalendarRows
    from mycrm_cli.services.transfer.csvs import CsvRows
    from mycrm_cli.services.transfer.jsons import JsonRows
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.sources import Source
    from mycrm_cli.services.transfer.vcards import CardRows
    from mycrm_cli.services.transfer.workbooks import WorkbookRows

    Rows = CsvRows | JsonRows | WorkbookRows | CardRows | CalendarRows


def read_rows(entity: Entity, path: str, options: Options) -> Rows:
    """Open a file (``-`` is stdin) and return its rows; raises UsageError or Invalid for what cannot be read."""
    from mycrm_cli.services.transfer.mended import adapted
    from mycrm_cli.services.transfer.sources import open_source

    options = adapted(path, options)
    source = open_source(path, options.format, options.encoding, options.member)
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
    if source.format == "vcf":
        from mycrm_cli.services.transfer.vcards import CardRows

        if entity.name not in ("contact", "lead"):
            raise UsageError(
                f"a vCard file has people, no {entity.plural}", hint=f"mycrm contact import {source.path or '-'}"
            )
        return CardRows(source)
    if source.format == "ics":
        from mycrm_cli.services.transfer.calendarrows import CalendarRows

        if entity.name != "task":
            raise UsageError(
                f"a calendar has tasks, no {entity.plural}", hint=f"mycrm task import {source.path or '-'}"
            )
        return CalendarRows(source)
    from mycrm_cli.services.transfer.jsons import JsonRows

    whole = frozenset(field.name for field in entity.fields.values() if field.kind_name == "json")
    return JsonRows(source, whole)
