"""The task inside a calendar's entry: its exact fields, and seals that tell what another program has changed.

A calendar says less than a task, and says it differently. Each entry of ours therefore carries the fields as
they are, and a seal for every property that stands for some of them. Where a seal still fits, the exact fields
count; where another program changed the property, what it says now counts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import UTC, datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAME = "X-MYCRM-TASK"
SEALED = ("SUMMARY", "DESCRIPTION", "STATUS", "PRIORITY", "DTSTART", "DUE", "RRULE", "EXDATE", "VALARM")
LONGEST = 1 << 20
"""Characters of the property that are looked at."""


def seal(component: Any, name: str) -> str:
    """Return the seal of a property of an entry; spaces and the order of its parts do not matter."""
    if name == "VALARM":
        texts = [_text(part.get("TRIGGER")) for part in component.subcomponents if part.name == "VALARM"]
        texts += [_text(component.get(other)) for other in ("DTSTART", "DUE")]
    elif name == "STATUS":
        texts = [_text(component.get(other)) for other in ("STATUS", "COMPLETED")]
    else:
        texts = [_text(component.get(name))]
    return hashlib.sha256("\n".join(texts).encode("utf-8", "replace")).hexdigest()[:12]


def _text(value: Any) -> str:
    """Return what a property says in a form that is the same for all programs."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "|".join(sorted(map(_text, value)))
    if hasattr(value, "dts"):
        return "|".join(sorted(_moment(each.dt) for each in value.dts))
    if hasattr(value, "dt"):
        return _moment(value.dt)
    if isinstance(value, dict):
        return ";".join(sorted(value.to_ical().decode().upper().split(";")))  # type: ignore[attr-defined]
    # What the format cannot tell apart, or programs leave out, is no change.
    return "".join(str(value).replace("\\N", "").replace("\ufeff", "").split())


def _moment(value: Any) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC)
    return str(value)


def pack(component: Any, fields: dict[str, str], about: str) -> str:
    """Return the property's text: fields, seals, and what stands in the description beside the task's own words."""
    seals = {name: seal(component, name) for name in SEALED}
    plain = json.dumps({"fields": fields, "seals": seals, "about": about}, separators=(",", ":"))
    return base64.b64encode(plain.encode()).decode()


def unpack(component: Any) -> tuple[dict[str, str], set[str], str] | None:
    """Return the fields, the properties whose seal fits, and the further words; None where there is nothing of ours."""
    text = str(component.get(NAME) or "")
    if not text or len(text) > LONGEST:
        return None
    try:
        found = json.loads(base64.b64decode("".join(text.split()), validate=True))
        fields, seals, about = found["fields"], found["seals"], found["about"]
        if not all(isinstance(value, str) for value in (*fields.values(), *seals.values(), about)):
            return None
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return fields, {name for name in SEALED if seals.get(name) == seal(component, name)}, about
