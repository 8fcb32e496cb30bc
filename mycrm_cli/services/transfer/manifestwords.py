"""Advice as a manifest takes it: what the command for one file has as options stands in it as keys."""

from __future__ import annotations

import re

from mycrm_cli.services.transfer.options import FILE_KEYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)(?: ('[^']*'|[.,](?=\s|$)|[^\s;,)]+))?")
VERBS = frozenset(("away", "fills", "is", "names", "reads", "takes", "tells"))
"""What stands behind an option that is spoken of without a value."""
KEYS = frozenset((*FILE_KEYS, "date_format", "header_line", "rejects", "results", "create_missing", "on_conflict"))
COLUMNS = {"map": "columns", "map_value": "columns"}


def worded(text: str) -> str:
    """Return a sentence with the options of an import as a manifest's keys."""
    return OPTION.sub(_key, text) if "--" in text else text


def details(found: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """Return the details of an error, or warnings, with their messages in a manifest's words."""
    return [{**each, "message": worded(str(each["message"]))} if "message" in each else each for each in found]


def _key(match: re.Match[str]) -> str:
    """Return an option and its value as they stand in a manifest."""
    option, said = match[1].replace("-", "_"), match[2]
    if option not in KEYS and option not in COLUMNS:
        return match[0]
    key = COLUMNS.get(option, option)
    if said is None or said in VERBS:
        return f"{key} {said}" if said else key
    return f"{key} = {_value(option, said.strip(chr(39)))}"


def _value(option: str, said: str) -> str:
    """Return a value as TOML has it."""
    if option == "map":
        column, _, target = said.rpartition("=")
        return f'{{ "{column}" = "{target}" }}'
    if option == "map_value":
        column, _, pair = said.partition(":")
        old, _, new = pair.rpartition("=")
        return f'{{ "{column}" = {{ values = {{ "{old}" = "{new}" }} }} }}'
    if option == "on_conflict":
        column, _, rule = said.rpartition("=")
        return f'{{ "{column}" = "{rule}" }}'
    if option == "create_missing":
        return f'["{said}"]'
    return said if option == "header_line" or said.isupper() else f'"{said}"'
