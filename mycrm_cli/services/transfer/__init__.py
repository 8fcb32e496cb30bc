"""Import: rows of a file become records, in stages that each take a batch: read, map, convert, match, write.

``read_rows`` opens a file and reads its header before any database is touched; ``Job.run`` does the rest
inside a unit of work; ``inspection`` tells what an import would make of a file without a database.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer.csvs import CsvRows
    from mycrm_cli.services.transfer.jsons import JsonRows
    from mycrm_cli.services.transfer.options import Options


def read_rows(entity: Entity, path: str, options: Options) -> CsvRows | JsonRows:
    """Open a file (``-`` is stdin) and return its rows; raises UsageError or Invalid for what cannot be read."""
    from mycrm_cli.services.transfer.csvs import CsvRows
    from mycrm_cli.services.transfer.jsons import JsonRows
    from mycrm_cli.services.transfer.sources import open_source

    source = open_source(path, options.format, options.encoding)
    try:
        if source.format in ("csv", "tsv"):
            return CsvRows(source, options.delimiter)
        whole = frozenset(field.name for field in entity.fields.values() if field.kind_name == "json")
        return JsonRows(source, whole)
    except BaseException:
        source.close()
        raise
