"""Who is asking, for which organization, and in which habits of writing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from uuid import UUID


class Locale:
    """How values are read and shown: IANA time zone, ISO region, ISO currency, decimal mark.

    ``warn`` receives a sentence for every value that was kept although it could not be understood.
    ``date_format`` is a strptime pattern that dates of an import must follow.
    """

    __slots__ = ("currency", "date_format", "decimal", "region", "timezone", "warn")

    def __init__(
        self,
        timezone: str = "UTC",
        region: str = "US",
        currency: str = "USD",
        *,
        decimal: str = ".",
        date_format: str | None = None,
        warn: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.timezone = timezone
        self.region = region
        self.currency = currency
        self.decimal = decimal
        self.date_format = date_format
        self.warn = warn


class Scope:
    """The organization and the user that every read and every write is limited to.

    ``how`` tells by what the user is known: ``local`` (holding an SQLite file), ``session`` or ``token``;
    ``until`` when that ends. ``rights`` are the commands that a token may run, None where it is not limited.
    ``unnoted`` is the token whose use is to be noted, None where there is none or it was noted a short time ago.
    """

    __slots__ = (
        "email", "how", "locale", "organization", "organization_id", "rights", "role", "slug", "unnoted", "until",
        "user_id",
    )  # fmt: skip

    def __init__(
        self,
        organization_id: UUID,
        user_id: UUID,
        role: str,
        *,
        organization: str,
        slug: str,
        email: str,
        locale: Locale,
        how: str = "local",
        until: datetime | None = None,
        rights: Collection[str] | None = None,
        unnoted: UUID | None = None,
    ) -> None:
        self.organization_id = organization_id
        self.user_id = user_id
        self.role = role
        self.organization = organization
        self.slug = slug
        self.email = email
        self.locale = locale
        self.how = how
        self.until = until
        self.rights = rights
        self.unnoted = unnoted
