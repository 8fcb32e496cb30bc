"""The rules every table gets from its columns' descriptions: keys, references, bounds."""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    Constraint,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.compiler import compiles

DEFERRED: dict[str, Any] = {"deferrable": True, "initially": "DEFERRED"}

LONGEST_NAME = 63


class PerDialect(ColumnElement[Any]):
    """An SQL expression that each database writes in its own way."""

    inherit_cache = False

    def __init__(self, **expressions: str) -> None:
        self.expressions = expressions


@compiles(PerDialect)
def _expression(element: PerDialect, compiler: Any, **options: Any) -> str:
    return element.expressions[compiler.dialect.name]


def generated(field: Any, **expressions: str) -> Any:
    """Make a declared field a stored generated column; the expressions are named by dialect.

    The database computes it, and SQLAlchemy never writes it.
    """
    computed = Computed(PerDialect(**expressions), persisted=True)
    for part in field.metadata:  # where SQLModel keeps what it will give to the column
        if hasattr(part, "sa_column_args"):
            part.sa_column_args = (computed,)
            part.sa_column_kwargs["info"]["generated"] = True
    return field


def reference_within(parent: str, column: str, table: str, key: str = "id") -> ForeignKeyConstraint:
    """Declare a reference to a record of ``table`` that has the same ``parent``, instead of the usual one."""
    here, there = ["organization_id", parent, column], ["organization_id", parent, key]
    return ForeignKeyConstraint(here, [f"{table}.{name}" for name in there], name=f"fk_%s_{column}", **DEFERRED)


def complete(metadata: MetaData) -> None:
    """Add to every table the constraints and indexes that its columns call for, each with a name."""
    for table in metadata.tables.values():
        _name(table)
        _add_keys(table)
        for column in table.columns:
            if column.info.get("kind") == "reference":
                _add_reference(table, column)
            _add_checks(table, column)


def _name(table: Table) -> None:
    """Put the table's name into the names that ``index`` and ``unique`` left open."""
    items: list[Index | Constraint] = [*table.indexes, *table.constraints]
    for item in items:
        if isinstance(item.name, str) and "%s" in item.name:
            name = item.name % table.name
            # PostgreSQL cuts longer names; the organization is in nearly every one, so it tells least.
            item.name = name.replace("organization_id_", "") if len(name) > LONGEST_NAME else name


def _add_keys(table: Table) -> None:
    """Add the keys that composite references, numbers, full text and lists of live rows need."""
    columns = table.columns
    if "organization_id" not in columns:
        return
    keys = [("organization_id", "id")] if "id" in columns else []
    keys += [("organization_id", "number")] if "number" in columns else []
    for key in keys:
        table.append_constraint(UniqueConstraint(*key, name=f"uq_{table.name}_{'_'.join(key)}"))
    if "search_rowid" in columns:
        rowid = UniqueConstraint("search_rowid", name=f"uq_{table.name}_search_rowid")
        table.append_constraint(rowid.ddl_if(dialect="sqlite"))
    if "name_key" in columns:
        Index(f"ix_{table.name}_organization_id_name_key", columns.organization_id, columns.name_key)
    if "is_deleted" in columns:
        live: dict[str, Any] = {"sqlite_where": text("is_deleted = 0"), "postgresql_where": text("NOT is_deleted")}
        # is_deleted itself makes the index answer a count alone.
        parts = (columns.organization_id, columns.created_at, columns.id, columns.is_deleted)
        Index(f"ix_{table.name}_live", *parts, **live)


def _add_reference(table: Table, column: Column[Any]) -> None:
    """Add the foreign key of a reference; between tenant tables it carries the organization along."""
    target = column.info["options"].get("table")
    declared = {rule.column_keys[-1] for rule in table.foreign_key_constraints}
    if target is None or column.name in declared:
        return
    if target == "organizations":
        here, there = [column.name], ["organizations.id"]
    else:
        here, there = ["organization_id", column.name], [f"{target}.organization_id", f"{target}.id"]
    table.append_constraint(ForeignKeyConstraint(here, there, name=f"fk_{table.name}_{column.name}", **DEFERRED))


def _add_checks(table: Table, column: Column[Any]) -> None:
    """Add the CHECK that keeps values of the column's kind within their bounds, on each database."""
    for dialect, rule in _rules(column):
        check = CheckConstraint(text(rule), name=f"ck_{table.name}_{column.name}")
        table.append_constraint(check.ddl_if(dialect=dialect) if dialect else check)


def _rules(column: Column[Any]) -> list[tuple[str | None, str]]:
    """Return the rules of a column as (dialect or None for both, SQL condition)."""
    name, info = f'"{column.name}"', column.info
    kind, options = info.get("kind"), info.get("options", {})
    if kind == "choice":
        words = ", ".join(f"'{word}'" for word in options["choices"])
        return [(None, f"{name} IN ({words})")]
    if kind == "boolean":
        return [("sqlite", f"{name} IN (0, 1)")]
    if kind in ("json", "tags"):
        return [("sqlite", f"json_valid({name})")]
    if kind == "integer" and {"low", "high"} & options.keys():
        return [(None, _between(name, options.get("low"), options.get("high")))]
    if kind in ("money", "number", "percent"):
        bounds = column.type.kind  # type: ignore[attr-defined]
        scaled = [int(bound.scaleb(bounds.scale)) for bound in (bounds.low, bounds.high)]
        return [("sqlite", _between(name, *scaled)), ("postgresql", _between(name, bounds.low, bounds.high))]
    return _length(name, kind, options)


def _length(name: str, kind: str | None, options: dict[str, Any]) -> list[tuple[str | None, str]]:
    """Return the rule that makes SQLite keep to a text's length, as VARCHAR(n) does on PostgreSQL."""
    longest = {"email": 254, "phone": 20, "url": 500, "domain": 255, "country": 2, "currency": 3}.get(kind or "")
    longest = options.get("max_length", longest)
    return [("sqlite", f"length({name}) <= {longest}")] if longest else []


def _between(name: str, low: object, high: object) -> str:
    """Return the condition for bounds of which one may be open."""
    parts = [f"{name} >= {low}"] if low is not None else []
    parts += [f"{name} <= {high}"] if high is not None else []
    return " AND ".join(parts)
