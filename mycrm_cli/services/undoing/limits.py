"""What cannot be taken back although its change can: each rule looks at a change and says what stays done."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mycrm_cli.query.journal import Change

RULES: tuple[Callable[[Change], str | None], ...] = ()
"""Sent mail and hooks that ran belong here, each as a function from a change to a sentence or None."""


def remarks(changes: Sequence[Change]) -> list[str]:
    """Return what stays done after changes were taken back, each sentence once."""
    said = [rule(change) for change in changes for rule in RULES]
    return list(dict.fromkeys(sentence for sentence in said if sentence))
