"""Options that several hand-written commands share."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

SOURCES = "keyring, pgpass, command:…, file:PATH or env:NAME."

Database = Annotated[str | None, Option("--database", help="SQLite file or postgresql:// URL.", metavar="URL")]
DatabasePassword = Annotated[
    str | None, Option("--database-password", help=f"Where its password is: {SOURCES}", metavar="SOURCE")
]
Region = Annotated[str | None, Option("--region", help="Country for phone numbers.", metavar="COUNTRY")]
Currency = Annotated[str | None, Option("--currency", help="Currency of the organization.", metavar="CODE")]
Timezone = Annotated[str | None, Option("--timezone", help="IANA time zone.", metavar="ZONE")]
Name = Annotated[str | None, Option("--name", help="The organization's name.", metavar="NAME")]
Slug = Annotated[str | None, Option("--slug", help="Its short name for scripts.", metavar="SLUG")]
Changes = Annotated[
    list[str] | None, Argument(help="Numbers of changes, such as X-12.", metavar="[CHANGE]...", show_default=False)
]
KeepLater = Annotated[bool, Option("--keep-later", help="Leave alone what later changes touched.", show_default=False)]
Confirm = Annotated[
    str | None, Option("--confirm", help="The protected profile's name, to show that you mean it.", metavar="TEXT")
]
