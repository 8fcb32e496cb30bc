"""What a digest says."""

from __future__ import annotations

from mycrm_cli.services.notices import Notice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from mycrm_cli.services.audience import Person
    from mycrm_cli.services.digests.content import Part


def notice(person: Person, day: date, parts: Sequence[Part], id: str) -> Notice:
    """Return the digest of a day for a person."""
    counted = ", ".join(f"{part.title[:1].lower()}{part.title[1:]}: {part.total:,}" for part in parts)
    data = {"day": day.isoformat(), "parts": [as_json(part) for part in parts]}
    text = "\n\n".join([f"{person.name or person.email}, {day:%A %Y-%m-%d}", *map(_block, parts)])
    return Notice("digest", person.id, f"Your day: {counted}", text, data, person.email, person.name or None, id)


def as_json(part: Part) -> dict[str, object]:
    """Return a part for programs."""
    records = [
        {"reference": entry.reference, "id": str(entry.id), "title": entry.title, "said": entry.said}
        for entry in part.entries
    ]
    return {"part": part.key, "count": part.total, "records": records}


def _block(part: Part) -> str:
    lines = [f"{part.title} ({part.total:,})"]
    lines += [f"  {entry.reference}  {entry.title}  {entry.said}" for entry in part.entries]
    if part.total > len(part.entries):
        lines.append(f"  and {part.total - len(part.entries):,} more: {part.more}")
    return "\n".join(lines)
