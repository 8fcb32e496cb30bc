"""What the commands that send alerts and digests have in common: whom, on which channel, and what is said of it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.cli import signatures as sig
from mycrm_cli.errors import Partial
from mycrm_cli.output.formats import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self
    from uuid import UUID

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.notices import Channel, Notice

SENDING = {
    "channel": sig.option("--channel", help="stdout, email or command; stdout unless told.", metavar="CHANNEL"),
    "person": sig.option("--for", help="Those of one user alone, such as me.", metavar="USER"),
    "again": sig.flag("--again", help="Also send what is in doubt or has failed."),
}
OBJECTS = ("json", "jsonl")
SHOWN = 5


class Printed:
    """Standard output: texts for people, objects for programs, each written at once."""

    name = "stdout"

    def __init__(self, state: State) -> None:
        self.out = state.out
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.out.format == "json" and self.count:
            sys.stdout.write("\n]\n")

    def send(self, notice: Notice) -> None:
        """Write a notice."""
        if self.out.format in OBJECTS:
            value = {"kind": notice.kind, "user": notice.email, "subject": notice.subject, **notice.data}
            between = "" if self.out.format == "jsonl" else ",\n" if self.count else "[\n"
            end = "\n" if self.out.format == "jsonl" else ""
            sys.stdout.write(f"{between}{harmless(json.dumps(value, ensure_ascii=False))}{end}")
        else:
            self.out.line(("\n" if self.count else "") + notice.text)
        self.count += 1
        sys.stdout.flush()


def opened(state: State, name: str | None) -> Channel:
    """Return the channel with a name; raises UsageError or ConfigError."""
    from mycrm_cli.services import notices

    return Printed(state) if name in (None, "stdout") else notices.opened(str(name), state.profile)


def person(state: State, reference: str | None) -> UUID | None:
    """Return the user that is named, None where nobody is."""
    return state.reader.find(catalog.entity("user"), reference).id if reference else None


def show(state: State, notices: Iterable[Notice | None]) -> None:
    """Show what would be sent."""
    with Printed(state) as out:
        for notice in notices:
            if notice is not None:
                out.send(notice)
    if not out.count:
        none(state)


def none(state: State) -> None:
    """Say that there is nothing: to programs an empty list, to people a remark, to cron nothing."""
    if state.out.format == "json":
        state.out.line("[]")
    elif state.out.terminal:
        state.out.say("nothing to tell")


def finish(state: State, what: str, sent: int, lost: int, problems: Sequence[str], quiet: bool) -> None:
    """Say what a run did where somebody looks; raises Partial where something did not go out."""
    if lost:
        state.out.warn(
            f"{lost:,} {what} of earlier runs are in doubt: they may have gone out; --again sends them once more"
        )
    for line in problems[:SHOWN]:
        state.out.warn(line)
    if problems:
        raise Partial(f"{sent:,} {what} went out, {len(problems):,} did not", hint="the next run tries again")
    if quiet:
        if not sent:
            none(state)
    elif state.out.terminal:
        state.out.say(f"{sent:,} {what} went out")


def columns(*names: tuple[str, str]) -> list[Any]:
    """Return columns of an answer: (name, kind)."""
    from mycrm_cli.query.shown import Shown

    return [Shown(name, kind) for name, kind in names]
