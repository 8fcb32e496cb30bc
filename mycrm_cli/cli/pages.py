"""Puts a record's page together for a terminal: facts, fields, sections."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds
from mycrm_cli.cli.reading import one, people_fields
from mycrm_cli.cli.viewing import hanging, numbered
from mycrm_cli.output import relative, screens, table, wording
from mycrm_cli.output.emit import Paged
from mycrm_cli.output.safe import safe
from mycrm_cli.query.sections import Made

if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State
    from mycrm_cli.query.references import Found
    from mycrm_cli.query.sections import Hanging
    from mycrm_cli.scope import Locale

HIDDEN = frozenset(("created_at", "updated_at", "score_breakdown"))
"""Fields that a page shows elsewhere, or that are the program's own business."""

TITLE = 100
"""Characters of a title."""


def show_page(state: State, entity: Entity, light: Found, whole: bool) -> None:
    """Draw the page of one record."""
    locale = state.scope.locale
    page = screens.Page(numbered(light), short_title(light))
    currency = fill(page, state, entity, light)
    sections = hanging(state.reader, entity, light, whole)
    page.blocks = [
        block(found, entity, light, currency) for found in sections if not getattr(found.section, "aside", False)
    ]
    with Paged(state.out) as stream:
        screens.draw_page(table.console(state.out.color, stream), page, locale)


def fill(page: screens.Page, state: State, entity: Entity, light: Found) -> str:
    """Put the record's own fields into its page; return the currency of its amounts."""
    from mycrm_cli.query.related import FACTS

    names = [name for name in people_fields(entity) if name not in HIDDEN]
    numbers = [name for name in names if (field := entity.relations.get(name)) and is_numbered(field.table)]
    dates = [name for name in ("created_at", "updated_at") if name in entity.fields]
    wanted = [*names, *(f"{name}.number" for name in numbers), *dates]
    columns, row = one(state.reader, entity, light.id, wanted)
    values = dict(zip(wanted, zip(columns, row, strict=True), strict=True))
    locale = state.scope.locale
    currency = (values["currency"][1] if "currency" in values else None) or locale.currency
    facts = FACTS.get(entity.name, "").split()
    page.facts = [text for name in facts if name in values if (text := wording.fact(*values[name], locale, currency))]
    for name in names:
        column, value = values[name]
        if name == "custom_fields":
            page.fields += custom_lines(value)
        elif name not in facts and name not in title_fields(entity, light) and name != "currency":
            page.fields += lines(column, value, values.get(f"{name}.number"), locale, currency)
    page.last = " · ".join(dated(name, values[name][1], locale) for name in dates if values[name][1])
    return str(currency)


def is_numbered(table: str | None) -> bool:
    """Return whether records of a table have a number."""
    return bool(table) and catalog.by_table(str(table)).numbered


def title_fields(entity: Entity, light: Found) -> list[str]:
    """Return the fields that the title is made of and says in full."""
    names = next((item.split() for item in entity.title), [])
    return names if light.title and short_title(light) == light.title else []


def short_title(light: Found) -> str:
    """Return a title in one line; that of a note is its text, which may be long."""
    title = " ".join((light.title or "").split())
    return title if len(title) <= TITLE else f"{title[: TITLE - 1]}…"


def lines(column: Any, value: Any, number: Any, locale: Locale, currency: str) -> list[screens.Line]:
    """Return the line of a field: none for one that is empty, or a switch that is off."""
    if value in (None, "", [], {}, False):
        return []
    text = safe(column.kind.show(value, locale), lines=True)
    if column.kind.name == "money":
        text = f"{text} {currency}"
    if column.kind.name == "timestamp":
        text += f"  ({relative.since(value, locale)})"
    if number and number[1]:
        text += f" ({number[0].prefix}-{number[1]})"
    return [(safe(column.label.removesuffix(" at")), text)]


def custom_lines(values: Any) -> list[screens.Line]:
    """Return a line for each of the organization's own fields."""
    texts = {
        key: ", ".join(map(str, value)) if isinstance(value, list) else str(value) for key, value in values.items()
    }
    return [(safe(key), safe(text)) for key, text in texts.items()]


def dated(name: str, moment: Any, locale: Locale) -> str:
    """Return when the record was made or changed."""
    word = {"created_at": "created", "updated_at": "changed"}[name]
    kind = catalog.entity("contact").fields["created_at"].kind
    return f"{word} {kind.show(moment, locale)} ({relative.since(moment, locale)})"


def block(found: Hanging, entity: Entity, light: Found, currency: str) -> screens.Block:
    """Return a section as it is drawn."""
    section: Any = found.section
    if not hasattr(section, "more"):
        parts = [f"{safe(str(name)).replace('_', ' ')} {count}" for name, count, *_ in found.rows]
        sums = [wording.amounts(row[2]) if len(row) > 2 else "" for row in found.rows]
        told = [f"{part} ({money})" if money else part for part, money in zip(parts, sums, strict=True)]
        return screens.Block(section.label, sentence=" · ".join(told))
    note = f"total {found.total:,.2f} {currency}" if found.total is not None else ""
    if found.more > 0:
        reference = numbered(light) or shlex.quote(light.email or light.title or str(light.id))
        line = section.more.format(reference) if section.more else f"mycrm {entity.noun} view {reference} --all"
        note = f"{note}{'  ' if note else ''}+{found.more}{' or' if found.at_least else ''} more: {line}"
    columns, rows = addressed(found, light) if section.noun == "item" else arranged(found)
    prefix = catalog.entity(section.noun).prefix
    return screens.Block(section.label, columns, rows, prefix=prefix, note=note)


def arranged(found: Hanging) -> tuple[list[Any], list[list[Any]]]:
    """Return columns and rows with what a table between says right behind the title."""
    section: Any = found.section
    extras = [place for place, column in enumerate(found.columns) if column.name in section.extras]
    first = 3 if any(column.name == "number" for column in found.columns) else 2
    order = [place for place in range(len(found.columns)) if place not in extras]
    order[first:first] = extras
    return [found.columns[place] for place in order], [[row[place] for place in order] for row in found.rows]


def addressed(found: Hanging, light: Found) -> tuple[list[Any], list[list[Any]]]:
    """Return the line items of a deal with their address (``D-12.2``) instead of their position."""
    place = [column.name for column in found.columns].index("position")
    columns = [Made("number", kinds.make("text")), *found.columns[:place], *found.columns[place + 1 :]]
    return columns, [[f"{numbered(light)}.{row[place]}", *row[:place], *row[place + 1 :]] for row in found.rows]
