"""Where a value stands, in full: the file and its line, the variable, the option, what chose the profile."""

from __future__ import annotations

import re

from mycrm_cli.config import paths, storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.config.profile import Profile
    from mycrm_cli.config.settings import Value

HEADING = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
KEY = re.compile(r"""\s*(["']?)([\w.-]+)\1\s*=""")


class Origin:
    """The kind of a value's origin, its file and line where it has one, and a sentence for people."""

    __slots__ = ("file", "line", "text")

    def __init__(self, text: str, file: str | None = None, line: int | None = None) -> None:
        self.text = text if file is None else f"{text}, {file}{f' line {line}' if line else ''}"
        self.file = file
        self.line = line


def of(value: Value, profile: Profile | None) -> Origin:
    """Return where a value stands."""
    if value.name == "profile" and profile is not None:
        return _of_choice(profile)
    if value.origin == "flag":
        return Origin(f"option {value.where}")
    if value.origin == "environment":
        return Origin(f"variable {value.where}")
    if value.origin == "profile":
        return _in_config(f"profile {value.where}", f"profiles.{value.where}", value.name)
    if value.origin == "file":
        table, _, key = value.name.rpartition(".")
        table = table or "settings"
        return _in_config(f"[{table}]", table, key)
    return Origin("default")


def _of_choice(profile: Profile) -> Origin:
    """Return what chose the profile."""
    origin, where = profile.origin, profile.choice.where
    if origin == "flag":
        return Origin("option -P")
    if origin in ("environment", "url"):
        return Origin(f"variable {'MYCRM_PROFILE' if origin == 'environment' else 'MYCRM_DATABASE_URL'}")
    if origin == "project" and (path := paths.project_file()):
        return Origin("the nearest .mycrm.toml", path, line_of(path, "", "profile"))
    if origin == "use":
        return Origin("profile use", paths.current_file())
    if origin == "default":
        return _in_config("the default", "", "default")
    return Origin(where)


def _in_config(text: str, table: str, key: str) -> Origin:
    path = paths.config_file()
    return Origin(text, path, line_of(path, table, key))


def line_of(path: str, table: str, key: str) -> int | None:
    """Return the line of a key in a file of TOML, None where it is written in a way that lines do not show."""
    content = storage.read(path) or b""
    here = ""
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        if heading := HEADING.match(line):
            here = re.sub(r"""\s*\.\s*|["']""", lambda found: "." if "." in found[0] else "", heading[1])
        elif (found := KEY.match(line)) and f"{here}.{found[2]}".strip(".") == f"{table}.{key}".strip("."):
            return number
    return None
