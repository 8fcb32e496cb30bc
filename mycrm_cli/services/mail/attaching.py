"""Files that go with messages: read once, kept by their hash while a message waits, gone some time afterwards."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import os
import re
from datetime import timedelta
from typing import NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Invalid
from mycrm_cli.services import bound, rows
from mycrm_cli.services.fresh import prepared
from mycrm_cli.services.mail.headers import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from mycrm_cli.services.work import Work

TABLE = "mail_files"
LARGEST = 20 * 1024 * 1024
"""Bytes of all files of a message: what most servers take once it is encoded."""
KEPT = timedelta(days=1)
"""How long a file stays at least: somebody may be about to send it once more."""
TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,100}")
ANY = "application/octet-stream"


class Attached(NamedTuple):
    """A file that goes with a message."""

    name: str
    media_type: str
    content: bytes


def read(paths: Iterable[str]) -> list[Attached]:
    """Read files by their paths; raises Invalid for what cannot be read, or is too much for a message."""
    found, size = [], 0
    for path in paths:
        try:
            with open(path, "rb") as stream:
                content = stream.read(LARGEST + 1)
        except OSError as error:
            raise refused(f"{path}: {error.strerror or error}") from None
        size += len(content)
        if size > LARGEST:
            raise refused(f"the files have more than {LARGEST // 1024 // 1024} MB together", "send a link instead")
        found.append(Attached(clean(os.path.basename(path)), type_of(path), content))
    return found


def refused(message: str, hint: str | None = None) -> Invalid:
    """Return the error for a file that cannot go with a message."""
    return Invalid(message, details=[{"field": "attach", "code": "not_attached"}], hint=hint)


def clean(name: str) -> str:
    """Return the name of a file as it may stand in a header, without folders."""
    return printable(re.split(r"[/\\]", name)[-1])[:150] or "file"


def type_of(path: str) -> str:
    """Return the media type that the ending of a name stands for; a message in a message stays a file."""
    kind, packed = mimetypes.guess_type(path)
    is_known = kind is not None and not packed and TYPE.fullmatch(kind)
    return kind if kind and is_known and not kind.startswith(("message/", "multipart/")) else ANY


def store(work: Work, files: Sequence[Attached]) -> list[dict[str, Any]]:
    """Keep files and return what a message of the outbox says about them."""
    told, new = [], {}
    for file in files:
        digest = hashlib.sha256(file.content).hexdigest()
        kind = file.media_type.lower()
        is_plain = TYPE.fullmatch(kind) and not kind.startswith(("message/", "multipart/"))
        told.append({"name": clean(file.name), "type": kind if is_plain else ANY, "sha256": digest})
        content = base64.b64encode(file.content).decode("ascii")
        new[digest] = {"sha256": digest, "size": len(file.content), "content": content}
    entity = catalog.entity(TABLE)
    for row in prepared(work, entity, list(new.values())):
        values = rows.converted(list(row.values()), rows.savers(entity, list(row), work.connection.dialect))
        # It is as if new: whoever sweeps at the same time leaves it.
        work.connection.execute(
            f"INSERT INTO {TABLE} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
            " ON CONFLICT (organization_id, sha256) DO UPDATE SET created_at = excluded.created_at",
            values,
        )
    return told


def load(work: Work, told: Sequence[Mapping[str, Any]], known: dict[str, bytes]) -> list[Attached]:
    """Return the files of a message, those that are ``known`` without a look; raises Invalid where one is gone."""
    wanted = {str(one["sha256"]) for one in told} - known.keys()
    if wanted:
        known.clear()  # one message's files at a time: a few, or the same ones for all
        wanted = {str(one["sha256"]) for one in told}
        table, columns = catalog.entity(TABLE), ["sha256", "content"]
        for digest, content in rows.fetch(work.connection, work.scope, table, "sha256", sorted(wanted), columns):
            known[digest] = base64.b64decode(content)
    if gone := [str(one["name"]) for one in told if one["sha256"] not in known]:
        raise refused(f"the file {gone[0]} is no longer kept")
    return [Attached(str(one["name"]), str(one["type"]), known[one["sha256"]]) for one in told]


def sweep(work: Work) -> None:
    """Forget the files that go with no message which may still be sent."""
    own = bound.organization(work)
    [save] = rows.savers(catalog.entity(TABLE), ["created_at"], work.connection.dialect)
    before = clock.now() - KEPT
    work.connection.execute(
        f"DELETE FROM {TABLE} WHERE organization_id = ? AND created_at < ? AND NOT EXISTS (SELECT 1 FROM outbox AS o"
        " WHERE o.organization_id = ? AND o.state IN ('queued', 'sending', 'uncertain', 'failed')"
        f" AND CAST(o.attachments AS TEXT) LIKE '%' || {TABLE}.sha256 || '%')",
        [own, save(before) if save else before, own],
    )
