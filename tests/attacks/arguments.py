"""Payloads as the value of every option and argument of every command, made from the command tree."""

import random
import shlex
from collections.abc import Iterator
from typing import Any

from tests.attacks.payloads import PAYLOADS
from tests.attacks.reads import OWN, tree
from tests.attacks.world import World
from tests.cli.attacks import usual

ON_DISK = frozenset(("absolute", "url", "windows"))
"""Payloads that are not given as arguments, because a user who names a file means it."""
PLACES = frozenset(("file",))
NEEDED = {
    "init": "--profile new --organization New --slug new --email new@new.example --no-input",
    "profile add": "other --organization acme --user ana@acme.com",
    "profile edit": "work",
    "profile view": "work",
    "user token create": "--name cron",
    "org add": "--name New --slug new --admin-email new@new.example",
    "import": "",
}
WITHOUT = frozenset(("demo",))
"""Commands that make a whole world of their own; a test of theirs gives them hostile folders."""
IRREVOCABLE = frozenset(("profile edit", "profile use", "profile delete", "profile rename", "profile password"))
"""Commands that would put the profile of the test out of use; they are tried on one of their own."""


def typable(text: str) -> str:
    """Return a payload as it can stand on a command line: without NUL and with bytes instead of code points."""
    return text.replace("\0", "").replace("\ud800", "\udc80")


def places(command: str, node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (place, kind of value) of what a command takes."""
    for number, argument in enumerate(node.get("arguments") or []):
        yield f"#{number}", str((argument.get("value") or ["text"])[0])
    for option in node.get("options") or []:
        if option.get("value"):
            yield option["names"][-1], str(option["value"][0])


def everything() -> list[tuple[str, str, str]]:
    """Return (command, place, payload) of all there is to try."""
    return [
        (command, place, payload)
        for command, node in tree().items()
        if command not in WITHOUT
        for place, kind in places(command, node)
        for payload in PAYLOADS
        if payload not in ON_DISK and not (kind in PLACES and payload in ("path", "word"))
    ]


def line(world: World, tried: tuple[str, str, str], choose: random.Random) -> list[str]:
    """Return the words of one try: the command as usual, with the payload in its place."""
    command, place, payload = tried
    text = typable(PAYLOADS[payload])
    usually = NEEDED.get(command) or next(iter(OWN.get(command) or usual(command) or [""]))
    first = {noun: found[-1] if found else "x" for noun, found in world.ids.items()}
    given = shlex.split(usually if command in OWN else usually.format_map(first))
    if command in IRREVOCABLE and given:
        given[0] = "spare"
    if place.startswith("#"):
        number = int(place[1:])
        given = [*given[:number], *(["x"] * (number - len(given))), text, *given[number + 1 :]]
        if text.startswith("-") and text != "-":
            given.insert(0, "--")
    else:
        given = [*given, f"{place}={text}" if place.startswith("--") else place, *([] if place[:2] == "--" else [text])]
    more = ["--yes"]
    if tree()[command].get("writes") and choose.random() < 0.8:
        more.append("-n")
    if choose.random() < 0.2:
        more.append(choose.choice(("--json", "--debug", "-v", "-o=table")))
    return [*command.split(), *more, *given]
