"""Takes the tombstones of a person away who wants to be known again; nothing of what was erased comes back."""

from __future__ import annotations

from mycrm_cli import catalog, kinds, roles
from mycrm_cli.errors import Denied, Invalid, NotFound
from mycrm_cli.kinds.base import BadValue
from mycrm_cli.query import deeds
from mycrm_cli.services.people import finding, tombstones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.services.work import Work


def forgive(work: Work, texts: list[str]) -> int:
    """Let addresses and numbers be used again; raises NotFound for those that nobody erased."""
    if work.scope.role not in roles.ADMINISTRATORS:
        raise Denied(f"{work.scope.email} is {work.scope.role}; only an administrator lets erased people come back")
    addresses = [finding.address_of(work.reader, text) for text in texts if "@" in text]
    phones = [_number(work, text) for text in texts if "@" not in text]
    found = tombstones.forget(work, addresses, phones)
    if not found:
        raise NotFound(f"nobody with {' '.join(texts)} was erased in {work.scope.slug}")
    for id in found:
        work.journal.done(catalog.entity("erasures"), id, deeds.FORGIVEN)
    return len(found)


def _number(work: Work, text: str) -> str:
    """Return a phone number as it is stored; raises Invalid."""
    try:
        return str(kinds.make("phone").read(text, work.scope.locale))
    except BadValue as error:
        raise Invalid(f"{text!r}: {error.message}", details=[{"field": "phone", "code": error.code}]) from None
