"""What is said about scores in words, on a terminal and in a pipe alike."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MANUAL = "manual"
"""What stands in the history instead of a model where somebody set the score."""


def differing(found: Any) -> str | None:
    """Return that the stored score is another than the one explained, and why; None where it is not."""
    if not found.reasons:
        return None
    score, grade = found.stored.get("score"), found.stored.get("grade")
    what = f"the stored score is {score} ({grade})" if score is not None else "no score is stored"
    return f"{what}: {'; '.join(found.reasons)}"


def reason(row: dict[str, Any]) -> str | None:
    """Return why somebody set the score of a row of the history, or None."""
    factors = row["factors"] or [{}]
    return factors[0].get("value") or None if row["model_version"] == MANUAL else None
