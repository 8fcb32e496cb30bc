"""The record that lines of the shell are about: ``deal D-12`` sets it, and verbs alone mean it."""

from __future__ import annotations

import re
from difflib import get_close_matches

from mycrm_cli import commands
from mycrm_cli.completing.line import Place
from mycrm_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

REFERENCE = re.compile(r"[A-Za-z]{1,2}-\d+(\.\d+)?|\S+@\S+\.\S+|ext:\S+|-|me|[0-9a-fA-F-]{32,36}")
"""What is a reference and no text."""
LINKED = ("note", "task", "activity")
"""Nouns whose new records are linked to the context."""
ABOUT = (("log",), ("email", "log"), ("item", "add"))
"""Beginnings of commands that are followed by a record and a text."""


class Context:
    """A record: its noun, how commands name it, how the prompt does, and the profile it is in."""

    __slots__ = ("noun", "profile", "reference", "shown")

    def __init__(self, noun: str, reference: str, shown: str, profile: str) -> None:
        self.noun = noun
        self.reference = reference
        self.shown = shown
        self.profile = profile


def named(words: list[str]) -> tuple[str, str] | None:
    """Return the noun and the reference of a line that has no verb, else None."""
    if len(words) != 2 or words[1].startswith("-"):
        return None
    noun, word = words
    verbs = verbs_of(noun)
    if "view" not in verbs or word in verbs or not commands.read(f"@{noun}"):
        return None
    if not REFERENCE.fullmatch(word) and get_close_matches(word, verbs, n=1, cutoff=0.75):
        return None  # a slip of the finger, of which the commands know better what to say
    return noun, word


def verbs_of(noun: str) -> dict[str, Any]:
    """Return the commands of a noun and their aliases."""
    known: dict[str, Any] = commands.read(noun).get("commands", {})
    aliases = commands.read(":root")["aliases"]
    return known | {alias: known[name] for alias, name in aliases.items() if name in known}


def applied(words: list[str], context: Context | None, *, is_whole: bool = True) -> list[str]:
    """Return a line in full: with the noun and the record of the context, where the line leaves them out.

    Raises UsageError where the line would mean the same number in another profile. A line that is
    still typed is not whole: what stands at its end is not added yet.
    """
    start = beginning(words)
    if context is None or start is None:
        return words
    root, word = commands.read(":root")["commands"], words[start]
    own = word not in root
    if own and not is_verb(context.noun, word):
        return words
    line = Line([*words[:start], context.noun, *words[start:]] if own else words)
    changed = line.about_itself(context, is_whole) if own else line.linked(context)
    if (own or changed != words) and line.place.profile not in (None, context.profile):
        shown = f"{context.noun} {context.shown}"
        raise UsageError(
            f"{shown} is of profile {context.profile}", hint="name the record in full, or leave it with .."
        )
    return changed


def beginning(words: list[str]) -> int | None:
    """Return the place of the first word that is no option, None where there is none."""
    place = Place()
    for index, word in enumerate(words):
        if place.pending is None and not word.startswith("-"):
            return index
        place.follow(word)
    return None


def is_verb(noun: str, word: str) -> bool:
    """Tell whether a word is, or is meant to be, a verb of a noun."""
    verbs = verbs_of(noun)
    return word in verbs or bool(get_close_matches(word, verbs, n=1, cutoff=0.75))


class Line:
    """A line that names its noun, followed through the tree of commands."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.place = Place()
        self.verb = len(words)
        """The place behind the verb."""
        for index, word in enumerate(words):
            depth = len(self.place.command)
            if not self.place.follow(word):
                break
            if len(self.place.command) > depth:
                self.verb = index + 1

    @property
    def arguments(self) -> list[dict[str, Any]]:
        """What the command takes."""
        found: list[dict[str, Any]] = self.place.node.get("arguments", [])
        return found

    def with_first(self, reference: str) -> list[str]:
        """Return the line with a record as the first argument."""
        return [*self.words[: self.verb], reference, *self.words[self.verb :]]

    def about_itself(self, context: Context, is_whole: bool) -> list[str]:
        """Return a line of the context's noun with its record, unless it says otherwise which records are meant."""
        place = self.position(context.noun)
        given = self.place.given
        numbered = f"{commands.read(f'@{context.noun}').get('prefix')}-"
        if place is None or self.place.filtered or "-" in given:
            return self.words
        if any(REFERENCE.fullmatch(word) and word.upper().startswith(numbered) for word in given):
            return self.words
        if self.arguments[place]["value"][0] == "target":
            return self.with_first(context.reference) if len(given) <= 1 else self.words
        if place + 1 < len(self.arguments):
            return self.with_first(context.reference)
        if len(given) > place:
            return self.words
        if place == 0:
            return self.with_first(context.reference)
        return [*self.words, context.reference] if is_whole else self.words

    def position(self, noun: str) -> int | None:
        """Return the place of the argument that is a record of a noun."""
        for index, argument in enumerate(self.arguments):
            way, *nouns = argument["value"]
            if way == "target":
                way, *nouns = nouns[0]
            if way in ("reference", "trash") and noun in nouns:
                return index
        return None

    def linked(self, context: Context) -> list[str]:
        """Return a line of another noun with the context's record where a record and a text are wanted, or a link."""
        command, given = self.place.command, self.place.given
        if any(tuple(command[: len(about)]) == about for about in ABOUT) and self.position(context.noun) == 0:
            is_text = len(given) < 2 and not (given and REFERENCE.fullmatch(given[0]))
            return self.with_first(context.reference) if is_text else self.words
        option = f"--{context.noun}"
        if len(command) == 2 and command[0] in LINKED and command[1] == "add" and self.takes(option):
            return [*self.words[: self.verb], option, context.reference, *self.words[self.verb :]]
        return self.words

    def takes(self, option: str) -> bool:
        """Tell whether the command has an option that the line does not give."""
        known = any(option in each["names"] for each in self.place.node.get("options", ()))
        return known and not any(word.partition("=")[0] in (option, "--from-json") for word in self.words)
