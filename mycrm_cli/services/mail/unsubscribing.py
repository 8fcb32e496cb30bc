"""How people who get mail end it: a page of the organization's own, or else a message to the sender (RFC 8058)."""

from __future__ import annotations

import re
from urllib.parse import quote

from mycrm_cli import catalog
from mycrm_cli.errors import Invalid
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.db.connect import Connection
    from mycrm_cli.scope import Scope

SETTING = "unsubscribe_url"
PAGE = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?[/?][!#-;=?-~]*")
"""Nothing that would end the address in a header: no blank, quote, angle bracket or line end."""
PLACE = "{token}"
LONGEST = 400


def checked(text: str) -> str:
    """Return the address of a page that ends mail; raises Invalid for one that no header may hold."""
    url = text.strip()
    if len(url) > LONGEST or not PAGE.fullmatch(url) or url.count(PLACE) != 1 or "," in url:
        raise Invalid(
            f"unsubscribe url: {text[:80]!r} is no https address with {PLACE} in it",
            details=[{"field": SETTING, "code": "not_an_unsubscribe_url"}],
            hint=f"https://acme.example/unsubscribe/{PLACE}",
        )
    return url


def page(connection: Connection, scope: Scope) -> str | None:
    """Return the organization's page, None where it has none."""
    org = catalog.entity("org")
    [(settings,)] = rows.fetch(connection, scope, org, "id", [scope.organization_id], ["settings"])
    text = (settings or {}).get(SETTING)
    try:
        return checked(text) if isinstance(text, str) and text else None
    except Invalid:
        return None


def token(message_id: str) -> str:
    """Return the token by which a message is known to whoever unsubscribes: the local part of its Message-ID."""
    return message_id.strip("<>").partition("@")[0]


def by_mail(sender: str, message_id: str) -> str:
    """Return the address of a message to the sender that ends mail."""
    return f"mailto:{quote(sender, safe='@')}?subject=unsubscribe%20{quote(token(message_id))}"


def address(page: str | None, sender: str, message_id: str) -> str:
    """Return where somebody who got a message ends mail, for its text."""
    return page.replace(PLACE, quote(token(message_id))) if page else by_mail(sender, message_id)


def headers(page: str | None, sender: str, message_id: str) -> dict[str, str]:
    """Return the headers of a message to many, by which mail programs offer to end it."""
    mail = f"<{by_mail(sender, message_id)}>"
    found = {"Precedence": "bulk", "List-Unsubscribe": mail}
    if page:
        found["List-Unsubscribe"] = f"<{address(page, sender, message_id)}>, {mail}"
        found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return found
