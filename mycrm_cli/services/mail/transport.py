"""The way to a mail server: one connection for many messages, one recipient each, and no doubt left untold."""

from __future__ import annotations

import re
import smtplib
import ssl
from base64 import b64encode
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import NamedTuple

from mycrm_cli import clock
from mycrm_cli.config.secrets import Secret
from mycrm_cli.errors import ConfigError
from mycrm_cli.ids import uuid7
from mycrm_cli.services.mail.headers import PLAIN, UTF8, printable, sound
from mycrm_cli.services.notices.notice import InDoubt, NotSent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mycrm_cli.config.profile import Profile
    from mycrm_cli.services.mail.attaching import Attached

PORTS = {"tls": 465, "starttls": 587, "none": 25}
SECONDS = 30.0
LAST_SECONDS = 120.0
"""How long a server may take to say that it keeps a message: giving up sooner leaves more in doubt (RFC 5321)."""
LOOPBACK = ("localhost", "127.0.0.1")
HINT = "mycrm profile edit NAME --smtp smtps://USER@HOST --smtp-from ADDRESS"


class Server(NamedTuple):
    """A mail server and how it is spoken to; ``security`` is tls, starttls or none."""

    host: str
    port: int
    security: str
    user: str | None
    password: Secret | None
    sender: str


def server_of(profile: Profile) -> Server:
    """Return the mail server of a profile; raises ConfigError where there is none."""
    from urllib.parse import unquote

    if not profile.smtp or not (profile.smtp_from or profile.user):
        raise ConfigError(f"profile {profile.name} has no mail server", hint=HINT)
    scheme, _, rest = profile.smtp.partition("://")
    login, _, place = rest.rpartition("@")
    host, _, port = place.partition(":")
    security = profile.smtp_security or ("tls" if scheme == "smtps" else "starttls")
    sender = profile.smtp_from or profile.user or ""
    user = unquote(login) or None
    password = profile.smtp_password() if user else None
    if security == "none" and password and host not in LOOPBACK:
        raise ConfigError("a password is not sent to a mail server without encryption", hint="--smtp-security starttls")
    return Server(host, int(port or PORTS[security]), security, user, password, sender)


def addressed(name: str | None, text: str) -> Address:
    """Return an address with the name of its owner; raises NotSent for what is no address."""
    local, _, domain = text.rpartition("@")
    shown = printable(name or "")
    if not (local and domain) or not text.isprintable() or " " in text:
        raise NotSent(f"{text!r} is no e-mail address", is_final=True)
    try:
        return Address(shown, local, domain)
    except (ValueError, IndexError) as error:
        raise NotSent(f"{text!r} is no e-mail address: {error}", is_final=True) from None


class Mailer:
    """Sends messages over one connection, which is opened for the first one and again where it was lost."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.connection: smtplib.SMTP | None = None
        name, address = parseaddr(server.sender)
        self.sender = addressed(name, address)

    def message(
        self,
        recipient: str,
        name: str | None,
        subject: str,
        text: str,
        id: str | None = None,
        *,
        html: str | None = None,
        sender: Address | None = None,
        headers: Mapping[str, str] | None = None,
        files: Sequence[Attached] = (),
    ) -> EmailMessage:
        """Return a message to one recipient; its Message-ID, which may be given as a whole, is fixed from now on."""
        address, sender = addressed(name, recipient), sender or self.sender
        is_ascii = (address.addr_spec + sender.addr_spec).isascii()
        message = EmailMessage(policy=PLAIN if is_ascii else UTF8)
        message["From"] = sender
        message["To"] = address
        # A line end in a title would begin another header; the class refuses it, people get a blank.
        message["Subject"] = printable(subject)[:500]
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = id if id and id.startswith("<") else f"<{id or uuid7()}@{sender.domain}>"
        for header, value in (headers or {}).items():
            message[header] = printable(value)
        message.set_content(sound(text))
        if html is not None:
            message.add_alternative(sound(html), subtype="html")
        for file in files:
            kind, _, subtype = file.media_type.partition("/")
            message.add_attachment(file.content, kind, subtype, filename=file.name)
        return message

    def send(self, message: EmailMessage) -> None:
        """Send a message; raises NotSent where it surely did not go out, InDoubt where nobody can tell."""
        try:
            data = re.sub(rb"(?m)^\.", b"..", message.as_bytes())
        except ValueError as error:
            raise NotSent(f"the message cannot be written: {error}", is_final=True) from None
        data += b"" if data.endswith(b"\r\n") else b"\r\n"
        connection = self._ready()
        try:
            self._envelope(connection, message)
            connection.send(data + b".\r\n")
        except (OSError, smtplib.SMTPException) as error:
            # Without its end the server has no message.
            self._lose()
            is_channel = is_silent(error)
            raise NotSent(f"the mail server broke off: {told(error)}", is_channel=is_channel) from None
        self._kept(connection)

    def _kept(self, connection: smtplib.SMTP) -> None:
        """Wait until the server says that it keeps the message; raises NotSent, or InDoubt where it does not say."""
        problem: Exception | None = None
        try:
            _wait_at_most(connection, LAST_SECONDS)
            code, reply = connection.getreply()
            _wait_at_most(connection, SECONDS)
        except (OSError, smtplib.SMTPException) as error:
            problem, code, reply = error, -1, b""
        if 200 <= code < 300:
            return
        if 400 <= code < 600:
            self._refused(connection, code, reply)
        self._lose()
        said = told(problem) if problem else "its answer is none"
        raise InDoubt(
            f"the mail server took the message and did not say whether it keeps it: {said}",
            is_channel=problem is not None and is_silent(problem),
        )

    def _envelope(self, connection: smtplib.SMTP, message: EmailMessage) -> None:
        """Name the sender and the recipient, and ask to begin; raises NotSent."""
        [recipient], [sender] = message["To"].addresses, message["From"].addresses
        options = []
        if not (recipient.addr_spec + sender.addr_spec).isascii():
            if not connection.has_extn("smtputf8"):
                raise NotSent(f"the mail server cannot reach {recipient.addr_spec}", is_final=True)
            options = ["SMTPUTF8"]
        code, reply = connection.mail(self.sender.addr_spec, options)
        if code != 250:
            self._refused(connection, code, reply, is_sender=True)
        code, reply = connection.rcpt(recipient.addr_spec)
        if code not in (250, 251):
            self._refused(connection, code, reply)
        code, reply = connection.docmd("data")
        if code != 354:
            self._refused(connection, code, reply)

    def _refused(self, connection: smtplib.SMTP, code: int, reply: bytes, *, is_sender: bool = False) -> None:
        """Take back what was begun and raise NotSent with the server's words.

        Where we may not send at all no recipient is given up for good.
        """
        if code == 421:
            self._lose()
        else:
            try:
                connection.rset()
            except (OSError, smtplib.SMTPException):
                self._lose()
        words = reply.decode("utf-8", "replace").splitlines()
        raise NotSent(
            f"the mail server said {code} {words[0][:200] if words else ''}".rstrip(),
            is_final=500 <= code < 600 and not is_sender,
            is_channel=code == 421 or (500 <= code < 600 and is_sender),
        )

    def _ready(self) -> smtplib.SMTP:
        """Return the connection, opened where there is none or the server has closed it; raises NotSent."""
        if self.connection is not None:
            try:
                if self.connection.noop()[0] == 250:
                    return self.connection
            except (OSError, smtplib.SMTPException):
                pass
            self._lose()
        try:
            self.connection = self._opened()
        except (OSError, smtplib.SMTPException) as error:
            place = f"{self.server.host}:{self.server.port}"
            raise NotSent(f"the mail server {place} cannot be used: {told(error)}", is_channel=True) from None
        return self.connection

    def _opened(self) -> smtplib.SMTP:
        server, name = self.server, "[127.0.0.1]"  # asking for our own name may wait for a name server
        if server.security == "tls":
            context = ssl.create_default_context()
            made: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, name, timeout=SECONDS, context=context)
        else:
            made = smtplib.SMTP(server.host, server.port, name, timeout=SECONDS)
        try:
            if server.security == "starttls":
                made.starttls(context=ssl.create_default_context())
            made.ehlo_or_helo_if_needed()
            if server.user and server.password:
                signed_in(made, server.user, server.password.reveal())
        except BaseException:
            made.close()
            raise
        return made

    def _lose(self) -> None:
        """Drop the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def close(self) -> None:
        """Take leave of the server."""
        if self.connection is None:
            return
        try:
            self.connection.quit()
        except (OSError, smtplib.SMTPException):
            self._lose()
        self.connection = None


def _wait_at_most(connection: smtplib.SMTP, seconds: float) -> None:
    if connection.sock is not None:
        connection.sock.settimeout(seconds)


def signed_in(connection: smtplib.SMTP, user: str, password: str) -> None:
    """Sign in; raises SMTPException. The library knows ASCII alone, mail servers take UTF-8 (RFC 4616)."""
    if (user + password).isascii():
        connection.login(user, password)
        return
    given = b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, reply = connection.docmd("AUTH", f"PLAIN {given}")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, reply)


def is_silent(error: Exception) -> bool:
    """Return whether a server said nothing for too long: it would keep the next message waiting as well."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def told(error: Exception) -> str:
    """Return what an error says, in one line and without what was sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        return f"{error.smtp_code} {text.splitlines()[0][:200] if text else ''}".rstrip()
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0][:200]
