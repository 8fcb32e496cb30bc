"""The way to a mailbox: signed in over TLS, read without leaving a trace, so much of each message and no more."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from mycrm_cli.config.secrets import Secret
from mycrm_cli.errors import ConfigError, NotFound, Unavailable, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from typing import Any, Self

    from mycrm_cli.config.profile import Profile

PORTS = {"imaps": 993, "imap": 143}
SECONDS = 30.0
HEADERS = 64 * 1024
TEXT = 64 * 1024
"""Bytes of a message that are fetched: a report of a mail server is shorter, a letter's beginning is at its top."""
HINT = "mycrm profile edit NAME --imap imaps://USER@HOST"


class Account(NamedTuple):
    """A mailbox and how it is reached; ``imap`` begins plainly and goes on over TLS, ``imaps`` begins with it."""

    scheme: str
    host: str
    port: int
    user: str
    password: Secret

    @property
    def name(self) -> str:
        """What its folders are known by."""
        return f"{self.user}@{self.host}:{self.port}"[:255]


class Opened(NamedTuple):
    """A folder that was opened: the numbering of its messages, and the number that the next one gets."""

    uidvalidity: int
    next_uid: int


class Fetched(NamedTuple):
    """A message, as much of it as is read."""

    uid: int
    raw: bytes
    arrived: datetime | None


def account_of(profile: Profile) -> Account:
    """Return the mailbox of a profile; raises ConfigError where there is none, or no way into it."""
    from urllib.parse import unquote

    if not profile.imap:
        raise ConfigError(f"profile {profile.name} has no mailbox", hint=HINT)
    scheme, _, rest = profile.imap.partition("://")
    login, _, place = rest.rpartition("@")
    host, _, port = place.partition(":")
    if not login:
        raise ConfigError(f"the mailbox of profile {profile.name} names no user", hint=HINT)
    password = profile.imap_password()
    if password is None:
        hint = f"mycrm profile edit {profile.name} --imap-password file:PATH, or profile password --of imap"
        raise ConfigError(f"the mailbox of profile {profile.name} has no password", hint=hint)
    return Account(scheme, host, int(port or PORTS[scheme]), unquote(login), password)


class Mailbox:
    """One connection to a mailbox; nothing in it is marked, moved or deleted."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.client: Any = None

    def __enter__(self) -> Self:
        """Connect and sign in; raises Unavailable for a server out of reach, ConfigError for a wrong password."""
        try:
            with guarded(self.account):
                self._connect()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        """Take leave, whatever the server makes of it."""
        self.close()

    def _connect(self) -> None:
        import logging
        import ssl

        from imapclient import IMAPClient
        from imapclient.exceptions import LoginError

        # What the library remarks on is told as an error, or is nobody's business.
        logging.getLogger("imapclient").addHandler(logging.NullHandler())
        account, context = self.account, ssl.create_default_context()
        is_tls = account.scheme == "imaps"
        self.client = IMAPClient(
            account.host, account.port, ssl=is_tls, ssl_context=context if is_tls else None, timeout=SECONDS
        )
        self.client.normalise_times = False
        if not is_tls:
            self.client.starttls(context)
        user, password = account.user, account.password.reveal()
        try:
            if (user + password).isascii():
                self.client.login(user, password)
            else:
                self.client.plain_login(user, password)
        except LoginError:
            raise ConfigError(
                f"{account.host} does not let {user} in: the user or the password is wrong",
                hint="mycrm profile edit NAME --imap-password file:PATH",
            ) from None

    def open(self, folder: str) -> Opened:
        """Open a folder for reading alone; raises NotFound for one that is not there, UsageError for no name."""
        if not folder.isprintable():
            raise UsageError(f"{folder!r} is no name of a folder")
        from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

        with guarded(self.account):
            try:
                told = self.client.select_folder(folder, readonly=True)
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                names = [str(name) for _, _, name in self.client.list_folders()][:10]
                raise NotFound(f"the mailbox has no folder {folder!r}", candidates=names) from None
        return Opened(int(told[b"UIDVALIDITY"]), int(told.get(b"UIDNEXT") or 0))

    def numbers(self, after: int, since: date | None = None) -> list[int]:
        """Return the messages behind a number, and those that came since a day, in their order."""
        with guarded(self.account):
            found = {uid for uid in self.client.search(["UID", f"{after + 1}:*"]) if uid > after} if after else set()
            if since is not None or not after:
                found |= set(self.client.search(["SINCE", since] if since else ["ALL"]))
        return sorted(int(uid) for uid in found)

    def fetch(self, numbers: Sequence[int]) -> list[Fetched]:
        """Return messages by their numbers; those that are gone by now are left out."""
        items = ["INTERNALDATE", f"BODY.PEEK[HEADER]<0.{HEADERS}>", f"BODY.PEEK[TEXT]<0.{TEXT}>"]
        with guarded(self.account):
            told = self.client.fetch(list(numbers), items)
        found = []
        for uid in sorted(told):
            parts = {name.partition(b"<")[0].upper(): value for name, value in told[uid].items()}
            head, text = parts.get(b"BODY[HEADER]"), parts.get(b"BODY[TEXT]")
            if head is None:
                continue
            # Headers that were cut off have no end of their own.
            ended = head if head.endswith(b"\r\n\r\n") else head.rstrip(b"\r\n") + b"\r\n\r\n"
            found.append(Fetched(uid, ended[: HEADERS + 4] + (text or b"")[:TEXT], _aware(parts.get(b"INTERNALDATE"))))
        return found

    def close(self) -> None:
        """Close the connection."""
        client, self.client = self.client, None
        if client is None:
            return
        from imapclient.exceptions import IMAPClientError

        try:
            client.logout()
        except (IMAPClientError, OSError, ValueError, AttributeError):
            _drop(client)


def _drop(client: Any) -> None:
    """Close a connection on which nobody answers any more."""
    try:
        client.shutdown()
    except (OSError, AttributeError):
        return


def _aware(moment: Any) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def guarded(account: Account) -> Iterator[None]:
    """Tell what went wrong with a server; raises ConfigError where only people can help, else Unavailable."""
    import ssl

    from imapclient.exceptions import IMAPClientError

    place = f"{account.host}:{account.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        said = error.verify_message or "it cannot be verified"
        raise ConfigError(f"the certificate of {place} is not good: {said}") from None
    except (OSError, IMAPClientError, EOFError) as error:
        words = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0][:200]
        raise Unavailable(f"the mailbox on {place} cannot be read: {words}", hint="what was read is kept") from None
