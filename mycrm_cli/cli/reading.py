"""The generic commands that read: list, view, count, export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import query
from mycrm_cli.cli import signatures as sig
from mycrm_cli.errors import UsageError
from mycrm_cli.query.describe import describe
from mycrm_cli.query.language import parse
from mycrm_cli.query.nodes import all_of, equals, mentions_saved, tagged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.cli.state import State
    from mycrm_cli.query import Column, Reader
    from mycrm_cli.query.nodes import Node

TABLE_LIMIT = 50
CARDS = ("contact", "lead")
"""Nouns that are exported as vCards too."""
TABULAR = ("table", "plain", "csv", "tsv")
"""Formats that show chosen columns; JSON always carries all fields."""


def filter_options(entity: Entity) -> dict[str, Any]:
    """Return the options that choose records: filters in the language, and the usual ones typed."""
    parameters = {
        "filters": sig.arguments("Filters; bare words search.", "[FILTER]..."),
        "where": sig.options("-w", "--where", help="A filter; '?' lists the fields.", metavar="FILTER"),
        "deleted": sig.flag("--deleted", help="Look in the trash."),
    }
    if not entity.soft_delete:
        del parameters["deleted"]
    for field in filter(lambda field: typed_filter(entity, field), entity.fields.values()):
        name = field.relation or field.name
        parameters[f"by_{name}"] = sig.option(sig.dashed(name), help=f"Only with this {field.label}.", metavar="VALUE")
    if "tags" in entity.fields:
        parameters["by_tag"] = sig.options("--tag", help="Only with this tag.", metavar="TAG")
    return parameters


def typed_filter(entity: Entity, field: Field) -> bool:
    """Return whether a field has a filter option: choices, switches, relations, and names that are links too."""
    if field.internal or field.name in ("id", "organization_id", "is_deleted") or field.relation in entity.fields:
        return False
    return field.kind_name in ("choice", "boolean", "reference") or f"{field.name}_id" in entity.fields


def wanted(entity: Entity, given: dict[str, Any]) -> Any:
    """Return the filter that the words and options of a line make together."""
    nodes = [parse([*(given.get("filters") or []), *(given.get("where") or [])])]
    for name, value in given.items():
        if name == "by_tag":
            nodes += [tagged(tag) for tag in value or []]
        elif name.startswith("by_") and value is not None:
            nodes.append(equals(name[3:], *value.split(",")))
    return all_of(nodes)


def asked_for_fields(state: State, entity: Entity, given: dict[str, Any]) -> bool:
    """Answer ``-w '?'``: print the fields that filters know, and return whether that was asked."""
    if "?" not in (given.get("where") or []):
        return False
    lines = describe(entity, state.reader.custom_fields(entity))
    if state.out.format in ("json", "jsonl"):
        state.out.object([{"name": name, "type": kind, "description": text} for name, kind, text in lines])
        return True
    for line in lines:
        state.out.line("\t".join(line))
    return True


def columns_for(state: State, entity: Entity, fields: str | None) -> list[str]:
    """Return the columns that the format calls for, or those that were asked for."""
    if state.out.format == "ids":
        return ["id"]
    if fields:
        names = [name.strip() for name in fields.split(",") if name.strip()]
        # Programs always get the id.
        return names if "id" in names or state.out.format not in ("json", "jsonl") else ["id", *names]
    if state.out.format in ("json", "jsonl"):
        return query.full(entity)
    return [*entity.columns, *entity.wide] if state.out.verbose else list(entity.columns)


def limit_for(state: State, limit: str | None) -> int | None:
    """Return how many records to show: 50 for people unless told otherwise; None is all."""
    if limit is not None:
        if not limit.isdecimal():
            raise UsageError(f"--limit takes a number, not {limit!r}")
        # Databases count up to 18 digits; nothing has more rows.
        return int(limit) or None if len(limit) <= 18 else None
    return TABLE_LIMIT if state.out.format in ("table", "plain") else None


def behind(state: State, entity: Entity, given: dict[str, Any]) -> UUID | None:
    """Return the record behind which a list goes on, or None for a list from its beginning."""
    if not given["after"]:
        return None
    return state.reader.find(entity, given["after"], deleted=given.get("deleted", False)).id


class Cut:
    """The first rows of an answer; ``more`` tells afterwards whether there were others."""

    def __init__(self, rows: Iterable[Any], limit: int | None) -> None:
        self.rows = rows
        self.limit = limit
        self.more = False

    def __iter__(self) -> Iterator[Any]:
        """Yield rows up to the limit."""
        for place, row in enumerate(self.rows):
            if place == self.limit:
                self.more = True
                return
            yield row


def list_options(entity: Entity) -> dict[str, Any]:
    """Return the options of a list."""
    return filter_options(entity) | {
        "fields": sig.option("-F", "--fields", help="Columns, with commas between them.", metavar="NAMES"),
        "sort": sig.option("-s", "--sort", help="Order, such as due,-score.", metavar="NAMES"),
        "limit": sig.option("-L", "--limit", help="At most so many; 0 is all.", metavar="N"),
        "after": sig.option("--after", help="Go on behind this record of the list.", metavar="REF"),
    }


def list_command(entity: Entity) -> Callable[..., None]:
    """Make the ``list`` command."""
    doc = f"""
    mycrm {entity.noun} list
    mycrm {entity.noun} list -w '{_example(entity)}' -s {_sort_example(entity)}
    mycrm {entity.noun} list -o csv -F {",".join(entity.columns[:3])}
    """
    return sig.with_signature(lambda state, **given: listed(state, entity, given), list_options(entity), doc)


def _example(entity: Entity) -> str:
    if "tags" in entity.fields:
        return "+vip created_at>=som"
    return "created_at>=som"


def _sort_example(entity: Entity) -> str:
    return "-created_at" if "created_at" in entity.fields else "id"


def listed(state: State, entity: Entity, given: dict[str, Any]) -> None:
    """List the records that a line chooses."""
    if asked_for_fields(state, entity, given):
        return
    limit = limit_for(state, given["limit"])
    where = wanted(entity, given)
    bring_along(state, entity, where, given)
    select = query.Select(
        entity,
        columns_for(state, entity, given["fields"]),
        where=where,
        sort=given["sort"],
        limit=None if limit is None else limit + 1,
        after=behind(state, entity, given),
        deleted=given.get("deleted", False),
    )
    found = state.reader.rows(select)
    shown = Cut(found, limit)
    state.out.rows(
        found.columns,
        shown,
        state.scope.locale,
        prefix=entity.prefix,
        empty=f"no {entity.plural} match" if select.where else f"no {entity.plural} yet: mycrm {entity.noun} add",
    )
    if shown.more and state.out.format in ("table", "plain") and given["limit"] is None:
        state.out.say("more records exist; -L 0 shows all, count tells how many")


def bring_along(
    state: State, entity: Entity, where: Node | None, given: dict[str, Any], *, formats: Sequence[str] = TABULAR
) -> None:
    """Take the order of a saved filter where the line gives none, and its columns in the ``formats`` that have some."""
    if not mentions_saved(where):
        return
    from mycrm_cli.query.saved import brought

    columns, sort = brought(entity, state.reader.saved_filters(entity), where)
    given["sort"] = given["sort"] or sort
    if state.out.format in formats:
        given["fields"] = given["fields"] or ",".join(columns)


def count_command(entity: Entity) -> Callable[..., None]:
    """Make the ``count`` command."""
    doc = f"""
    mycrm {entity.noun} count
    mycrm {entity.noun} count -w '{_example(entity)}'
    """

    def count(state: State, **given: Any) -> None:
        if asked_for_fields(state, entity, given):
            return
        number = state.reader.count(entity, wanted(entity, given), deleted=given.get("deleted", False))
        if state.out.format in ("json", "jsonl"):
            state.out.object({"count": number})
        else:
            state.out.line(str(number))

    return sig.with_signature(count, filter_options(entity), doc)


def view_command(entity: Entity) -> Callable[..., None]:
    """Make the ``view`` command."""
    from mycrm_cli.cli import viewing

    return viewing.view_command(entity)


def one(reader: Reader, entity: Entity, id: UUID, names: list[str]) -> tuple[list[Column], tuple[Any, ...]]:
    """Return fields of one record, in the trash or not."""
    only = query.Select(entity, names, where=equals("id", str(id)), sort="id", limit=1, deleted=None)
    rows = reader.rows(only)
    return rows.columns, next(iter(rows))


def people_fields(entity: Entity) -> list[str]:
    """Return the fields that a person reads in a view: relations by name, nothing internal."""
    names = []
    for name in query.full(entity):
        relation = entity.fields[name].relation if name in entity.fields else None
        if name not in ("id", "organization_id", "number", "version", "is_deleted") and relation not in entity.fields:
            names.append(relation or name)
    return names


def export_command(entity: Entity) -> Callable[..., None]:
    """Make the ``export`` command."""
    doc = f"""
    mycrm {entity.noun} export -O {entity.plural}.csv
    mycrm {entity.noun} export -w '{_example(entity)}' -o jsonl > {entity.plural}.jsonl
    """
    parameters = filter_options(entity) | {
        "fields": sig.option("-F", "--fields", help="Columns, with commas between them.", metavar="NAMES"),
        "sort": sig.option("-s", "--sort", help="Order, such as due,-score.", metavar="NAMES"),
        "limit": sig.option("-L", "--limit", help="At most so many.", metavar="N"),
        "since": sig.option(
            "--since", help="Only what changed since a date, or after a change.", metavar="CHANGE|DATE"
        ),
        "file": sig.option(
            "-O", "--file", help="Write this file; its ending chooses the format (.xlsx, .csv.gz …).", metavar="FILE"
        ),
        "excel": sig.flag("--excel", help="CSV with a byte order mark and CRLF, as Excel likes it."),
        "raw": sig.flag("--raw", help="Do not guard cells that a spreadsheet would run."),
    }
    if entity.noun in CARDS:
        parameters["vcard"] = sig.option("--vcard", help="The version of a .vcf: 4.0, 3.0 or 2.1.", metavar="VERSION")

    def export(state: State, **given: Any) -> None:
        from mycrm_cli.cli import exporting

        if not asked_for_fields(state, entity, given):
            where = wanted(entity, given)
            bring_along(state, entity, where, given, formats=())
            exporting.export(state, entity, where, given)

    return sig.with_signature(export, parameters, doc)


def history_command(entity: Entity) -> Callable[..., None]:
    """Make the ``history`` command."""
    from mycrm_cli.cli import timeline

    return timeline.history_command(entity)


def dupes_command(entity: Entity) -> Callable[..., None]:
    """Make the ``dupes`` command."""
    from mycrm_cli.cli import merging

    return merging.dupes_command(entity)
