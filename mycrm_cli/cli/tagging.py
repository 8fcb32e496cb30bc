"""Tags on many records at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import services
from mycrm_cli.cli import bulk
from mycrm_cli.cli import signatures as sig
from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.kinds import BadValue
from mycrm_cli.query.keys import ID, NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State


def tag_command(entity: Entity) -> Callable[..., None]:
    """Make the ``tag`` command."""
    return _command(entity, "tag", "tagged", "+tags")


def untag_command(entity: Entity) -> Callable[..., None]:
    """Make the ``untag`` command."""
    return _command(entity, "untag", "untagged", "-tags")


def _command(entity: Entity, verb: str, done: str, change: str) -> Callable[..., None]:
    """Make a command that adds tags to records or takes them away; the tags come first."""
    one, other = f"{entity.prefix}-1", f"{entity.prefix}-2"
    doc = f"""The tags come first, with commas between them; then the records.

    mycrm {entity.noun} {verb} vip {one} {other}
    mycrm {entity.noun} {verb} vip,eu -w 'created_at>=som' --yes
    mycrm {entity.noun} list -w @hot -o ids | mycrm {entity.noun} {verb} hot - --yes
    """

    def command(state: State, **given: Any) -> None:
        tags = _tags(entity, verb, given["tags"])
        targets = bulk.targets(state, entity, given, verb)
        with state.work() as work:
            changed = services.records.edit(work, entity, [(id, {change: tags}) for id in targets])
            report = bulk.Report(state, work, entity, done, targets, changed=changed)
        report.tell()

    parameters = {"tags": sig.argument("Tags, with commas between them.", "TAG[,TAG]...")}
    return sig.with_signature(command, parameters | bulk.target_options(entity), doc)


def _tags(entity: Entity, verb: str, text: str | None) -> list[str]:
    """Return the tags; raises UsageError where there are none, or a record stands in their place."""
    if not text or not text.strip(" ,"):
        raise UsageError("which tags?", hint=f"mycrm {entity.noun} {verb} vip {entity.prefix}-1")
    numbered = NUMBER.fullmatch(text)
    if text == "-" or ID.fullmatch(text) or (numbered and (numbered[1] or "").upper() == entity.prefix):
        raise UsageError(
            f"{text} stands where the tags belong: they come first",
            hint=f"mycrm {entity.noun} {verb} vip {text}",
        )
    try:
        tags: list[str] = entity.fields["tags"].kind.read(text)
    except BadValue as error:
        raise Invalid(f"tags: {error.message}", details=[{"field": "tags", "code": error.code}]) from None
    return tags
