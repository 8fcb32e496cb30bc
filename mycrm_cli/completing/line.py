"""Where the cursor stands: follows the words of a line through the command tree."""

from __future__ import annotations

from mycrm_cli import commands

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Wanted:
    """What may stand at the cursor.

    ``value`` names the way to find candidates and what it needs (``["reference", "contact", "lead"]``). ``head``
    is the part of the word that stays as it is (``--owner=``), ``typed`` the part that is completed.
    """

    __slots__ = ("head", "noun", "options", "place", "profile", "trash", "typed", "value")

    def __init__(self, value: list[Any], typed: str, place: Place, head: str = "") -> None:
        self.value = value
        self.typed = typed
        self.head = head
        self.place = place
        self.noun = place.noun
        self.profile = place.profile
        self.trash = value[0] == "trash" or place.trash

    def about(self, value: list[Any], typed: str | None = None) -> Wanted:
        """Return the same with another description, or another beginning."""
        return Wanted(value, self.typed if typed is None else typed, self.place, self.head)


class Place:
    """The command that the words so far have led to, and what they said on the way.

    ``given`` are its arguments, ``filtered`` tells whether a filter says which records are meant.
    """

    __slots__ = (
        "aliases",
        "command",
        "ended",
        "filtered",
        "given",
        "node",
        "noun",
        "pending",
        "pipeline",
        "profile",
        "root",
        "trash",
    )

    def __init__(self) -> None:
        self.root = commands.read(":root")
        self.aliases: dict[str, str] = self.root["aliases"]
        self.node: dict[str, Any] = self.root
        self.command: list[str] = []
        self.noun = ""
        self.profile: str | None = None
        self.pending: dict[str, Any] | None = None
        self.given: list[str] = []
        self.pipeline: str | None = None
        self.filtered = False
        self.trash = False
        self.ended = False

    @property
    def options(self) -> list[dict[str, Any]]:
        """The options that may stand here, the command's own first."""
        first = self.root["first"] if self.node is self.root else []
        writes = self.root["writes"] if self.node.get("writes") else []
        return [*self.node.get("options", []), *first, *writes, *self.root["options"]]

    def option(self, name: str) -> dict[str, Any]:
        """Return the option with a name; one that is unknown is taken for a switch."""
        return next((option for option in self.options if name in option["names"]), {"names": [name]})

    def follow(self, word: str) -> bool:
        """Take one more word; False where it leads nowhere."""
        if self.pending is not None:
            self._keep(self.pending, word)
            self.pending = None
        elif self.ended or word == "-" or not word.startswith("-"):
            return self._command(word) if "commands" in self.node else self._argument(word)
        elif word == "--":
            self.ended = True
        elif word.startswith("--"):
            name, given, value = word.partition("=")
            self._switch(self.option(name), value if given else None)
        else:
            self._cluster(word[1:])
        return True

    def _command(self, word: str) -> bool:
        known = self.node["commands"]
        name = word if word in known else self.aliases.get(word, "")
        if name not in known:
            return False
        self.command.append(name)
        if self.node is self.root:
            self.noun, self.node = name, commands.read(name)
        else:
            self.node = known[name]
        if any(argument["value"][0] == "noun" for argument in self.node.get("arguments", ())):
            self.noun = ""  # the line will say it
        return True

    def _argument(self, word: str) -> bool:
        if self.argument()[0] == "noun":
            self.noun = word
        self.given.append(word)
        return True

    def _cluster(self, letters: str) -> None:
        """Take short options written together; the first that has a value takes the rest."""
        for place, letter in enumerate(letters):
            option = self.option(f"-{letter}")
            if "value" in option:
                self._switch(option, letters[place + 1 :] or None)
                return
            self._switch(option, None)

    def _switch(self, option: dict[str, Any], value: str | None) -> None:
        if "value" not in option:
            self.trash = self.trash or "--deleted" in option["names"]
            self.filtered = self.filtered or "--all" in option["names"]
        elif value is None:
            self.pending = option
        else:
            self._keep(option, value)

    def _keep(self, option: dict[str, Any], value: str) -> None:
        if option["value"] == ["profile"]:
            self.profile = value
        elif option["value"] == ["reference", "pipeline"]:
            self.pipeline = value
        self.filtered = self.filtered or "--where" in option["names"]

    def argument(self) -> list[Any]:
        """Return what the next argument is."""
        known = self.node.get("arguments", [])
        if len(self.given) < len(known):
            return list(known[len(self.given)]["value"])
        return list(known[-1]["value"]) if known and known[-1].get("many") else ["text"]


def read(before: list[str], current: str) -> Wanted | None:
    """Return what may stand at the cursor, or None where the words so far mean nothing."""
    place = Place()
    for word in before:
        if not place.follow(word):
            return None
    if place.pending is not None:
        return Wanted(place.pending["value"], current, place)
    if current.startswith("-") and not place.ended:
        return _option(place, current)
    if "commands" in place.node:
        return Wanted(["command"], current, place)
    return Wanted(place.argument(), current, place)


def _option(place: Place, current: str) -> Wanted:
    """Return what is wanted of a word that begins with a dash: an option's name, or its value behind ``=``."""
    name, given, typed = current.partition("=")
    if not (given and name.startswith("--")):
        return Wanted(["option"], current, place)
    return Wanted(place.option(name).get("value", ["text"]), typed, place, f"{name}=")
