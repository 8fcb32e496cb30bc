"""The candidates for each way in which a word may be completed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.completing.line import Wanted

    Found = list[tuple[str, str]]
    Answer = tuple[str, Found]

DATES = "today tomorrow yesterday now mon tue wed thu fri sat sun som eom sow eow soq eoq eoy".split()
"""Words for days."""
AHEAD = "+1d +2d +1w +2w +1mo".split()
"""Distances from today, as options take them."""


def answer(wanted: Wanted) -> Answer:
    """Return how the shell goes on, and (value, description) of what may stand there."""
    way = wanted.value[0]
    if way == "file":
        return "files", []
    if way in ("fields", "sort", "filter", "assignment", "clear"):
        from mycrm_cli.completing import filters

        return filters.answer(wanted)
    several = {"either": _either, "target": _target, "pair": _pair}
    if way in several:
        return several[way](wanted)
    if way in ("reference", "trash", "tags"):
        return "words", _stored(wanted)
    ways = {"command": _commands, "option": _options, "choice": _choices, "profile": _profiles}
    ways |= {"noun": _choices, "date": _dates}
    return "words", ways[way](wanted) if way in ways else []


def _stored(wanted: Wanted) -> Found:
    """Return what lies in the database."""
    if wanted.value[0] == "tags":
        from mycrm_cli.completing import tags

        return tags.candidates(wanted)
    from mycrm_cli.completing import references

    return references.candidates(wanted)


def _either(wanted: Wanted) -> Answer:
    """Return what any of several ways offers; one whose database is away does not silence the others."""
    from mycrm_cli.errors import CrmError

    mode, found = "words", []
    for value in _united(wanted.value[1:]):
        try:
            how, more = answer(wanted.about(value))
        except CrmError:
            continue
        more = [each for each in more if each[0].startswith(wanted.typed)]
        mode = how if more and how == "parts" else mode
        found += more
    return mode, found


def _united(values: list[list[Any]]) -> list[list[Any]]:
    """Return ways of which those to records are one, so that the database is asked once."""
    nouns = [noun for way, *more in values if way == "reference" for noun in more]
    others = [value for value in values if value[0] != "reference"]
    return [*others, ["reference", *nouns]] if nouns else others


def _target(wanted: Wanted) -> Answer:
    """Return records, or what shall become of them, as in ``deal move D-1 D-2 Proposal``.

    The first word is a record, unless a filter says which records are meant.
    """
    records, target = wanted.value[1:]
    alternatives = target[1:] if target[0] == "either" else [target]
    if wanted.place.filtered:
        return answer(wanted.about(target))
    return (
        _either(wanted.about(["either", *alternatives, records]))
        if wanted.place.given
        else answer(wanted.about(records))
    )


def _pair(wanted: Wanted) -> Answer:
    """Return what may stand before a ``=``, or behind it."""
    name, given, typed = wanted.typed.partition("=")
    before, behind = wanted.value[1:]
    if given:
        mode, found = answer(wanted.about(behind, typed))
        return mode, [(f"{name}={value}", help) for value, help in found]
    return "parts", [(f"{value}=", help) for value, help in answer(wanted.about(before))[1]]


def _commands(wanted: Wanted) -> Found:
    """Return the commands of a group; aliases only where something is typed, so that menus stay short."""
    known = wanted.place.node["commands"]
    found = [(name, help if isinstance(help, str) else help["help"]) for name, help in known.items()]
    if wanted.typed:
        found += [(alias, f"The same as {name}") for alias, name in wanted.place.aliases.items() if name in known]
    return found


def _options(wanted: Wanted) -> Found:
    return [(name, option["help"]) for option in wanted.place.options for name in option["names"]]


def _choices(wanted: Wanted) -> Found:
    """Return the choices; behind a comma those that are not yet there."""
    head, comma, _ = wanted.typed.rpartition(",")
    taken = head.split(",")
    return [(f"{head}{comma}{choice}", "") for choice in wanted.value[1:] if choice not in taken]


def _dates(wanted: Wanted) -> Found:
    return [(word, "") for word in [*DATES, *AHEAD]]


def _profiles(wanted: Wanted) -> Found:
    from mycrm_cli.completing import access

    return [(name, "") for name in access.profiles()]
