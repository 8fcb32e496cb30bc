"""The candidates for each way in which a word may be completed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.completing.line import Wanted

    Found = list[tuple[str, str]]
    Answer = tuple[str, Found]


def answer(wanted: Wanted) -> Answer:
    """Return how the shell goes on, and (value, description) of what may stand there."""
    way = wanted.value[0]
    if way == "file":
        return "files", []
    if way in ("fields", "sort", "filter", "assignment", "clear"):
        from mycrm_cli.completing import filters

        return filters.answer(wanted)
    if way == "reference":
        from mycrm_cli.completing import references

        return "words", references.candidates(wanted)
    ways = {"command": _commands, "option": _options, "choice": _choices, "profile": _profiles}
    return "words", ways[way](wanted) if way in ways else []


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


def _profiles(wanted: Wanted) -> Found:
    from mycrm_cli.completing import access

    return [(name, "") for name in access.profiles()]
