"""Fields of leads as they were at a moment: the journal's before-images, laid over what is there now."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.kinds.structures import read_json
from mycrm_cli.query import sheets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.work import Work

FIELDS = ("source", "job_title", "email", "estimated_value", "custom_fields")
"""The fields that inputs are made of."""
UPDATES = (
    'SELECT c.finished_at, i.record_id, i.members, p."before" FROM changes AS c'
    " JOIN change_items AS i ON i.organization_id = ? AND i.change_id = c.id"
    " JOIN change_payloads AS p ON p.organization_id = ? AND p.change_id = i.change_id AND p.position = i.position"
    " WHERE c.organization_id = ? AND c.finished_at > ? AND i.entity = 'lead' AND i.action = 'update' AND ({})"
    " ORDER BY c.position DESC, i.position DESC"
)


def before(source: Reader | Work, moments: Mapping[UUID, datetime]) -> dict[UUID, dict[str, Any]]:
    """Return, of leads whose fields changed after a moment of their own, those fields as they were then.

    What a record was created with counts as known from the start: a file of old leads says no more than that.
    """
    found: dict[UUID, dict[str, Any]] = {}
    if not moments:
        return found
    for at, id, image in _updates(source, min(moments.values())):
        moment = moments.get(id)
        if moment is not None and at > moment:
            # From the newest change back: the oldest after the moment has the last word.
            held = {name: image[name] for name in FIELDS if name in image}
            if held:
                found.setdefault(id, {}).update(held)
    return found


def _updates(source: Reader | Work, since: datetime) -> Iterator[tuple[datetime, UUID, dict[str, Any]]]:
    """Yield (when, lead, image) of changes of leads after a moment, the newest first."""
    sqlite, known = source.connection.dialect == "sqlite", catalog.entity("changes").fields
    save, load = known["finished_at"].kind.saver, known["finished_at"].kind.loader
    to_stored, from_stored = save(source.connection.dialect), load(source.connection.dialect)
    load_id = known["id"].kind.loader(source.connection.dialect) or (lambda key: key)
    own = source.scope.organization_id.bytes if sqlite else source.scope.organization_id
    touched = "i.touched" if sqlite else "CAST(i.touched AS text)"
    wanted = " OR ".join(f"{touched} LIKE ?" for _ in FIELDS)
    params = [own, own, own, to_stored(since) if to_stored else since, *(f'%"{name}"%' for name in FIELDS)]
    for at, record, members, held in source.connection.execute(UPDATES.format(wanted), params):
        moment, image = from_stored(at) if from_stored else at, read_json(held)
        if members is None:
            yield moment, load_id(record), image
            continue
        for place, id in enumerate(sheets.ids_of(members)):
            own_image = sheets.image(image, place)
            if own_image is not None:
                yield moment, id, own_image
