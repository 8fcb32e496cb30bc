"""The way to a mail server: one connection for many messages, one recipient each, and no doubt left untold."""

from __future__ import annotations

import re
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import NamedTuple

from mycrm_cli import clock
from mycrm_cli.config.secrets import Secret
from mycrm_cli.errors import ConfigError
from mycrm_cli.ids import uuid7
from mycrm_cli.services.notices.notice import InDoubt, NotSent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.config.profile import Profile

PORTS = {"tls": 465, "starttls": 587, "none": 25}
SECONDS = 30.0
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
    shown = "".join(char if char.isprintable() else " " for char in name or "").strip()
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

    def message(self, recipient: str, name: str | None, subject: str, text: str, id: str | None = None) -> EmailMessage:
        """Return a message to one recipient; its Message-ID is fixed from now on."""
        address = addressed(name, recipient)
        is_ascii = (address.addr_spec + self.sender.addr_spec).isascii()
        message = EmailMessage(policy=SMTP if is_ascii else SMTPUTF8)
        message["From"] = self.sender
        message["To"] = address
        # A line end in a title would begin another header; the class refuses it, people get a blank.
        message["Subject"] = " ".join("".join(c if c.isprintable() else " " for c in subject).split())[:500]
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = f"<{id or uuid7()}@{self.sender.domain}>"
        message.set_content(text.encode("utf-8", "replace").decode("utf-8"))
        return message

    def send(self, message: EmailMessage) -> None:
        """Send a message; raises NotSent where it surely did not go out, InDoubt where nobody can tell."""
        data = re.sub(rb"(?m)^\.", b"..", message.as_bytes())
        data += b"" if data.endswith(b"\r\n") else b"\r\n"
        connection = self._ready()
        try:
            self._envelope(connection, message)
            connection.send(data + b".\r\n")
        except (OSError, smtplib.SMTPException) as error:
            # Without its end the server has no message.
            self._lose()
            raise NotSent(f"the mail server broke off: {told(error)}") from None
        try:
            code, reply = connection.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._lose()
            raise InDoubt(
                f"the mail server took the message and did not say whether it keeps it: {told(error)}"
            ) from None
        if code != 250:
            self._refused(connection, code, reply)

    def _envelope(self, connection: smtplib.SMTP, message: EmailMessage) -> None:
        """Name the sender and the recipient, and ask to begin; raises NotSent."""
        [recipient] = message["To"].addresses
        options = []
        if not (recipient.addr_spec + self.sender.addr_spec).isascii():
            if not connection.has_extn("smtputf8"):
                raise NotSent(f"the mail server cannot reach {recipient.addr_spec}", is_final=True)
            options = ["SMTPUTF8"]
        for code, reply, good in (
            (*connection.mail(self.sender.addr_spec, options), 250),
            (*connection.rcpt(recipient.addr_spec), 250),
            (*connection.docmd("data"), 354),
        ):
            if code != good:
                self._refused(connection, code, reply)

    def _refused(self, connection: smtplib.SMTP, code: int, reply: bytes) -> None:
        """Take back what was begun and raise NotSent with the server's words."""
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
            is_final=500 <= code < 600,
            is_channel=code == 421,
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
                made.login(server.user, server.password.reveal())
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


def told(error: Exception) -> str:
    """Return what an error says, in one line and without what was sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        return f"{error.smtp_code} {text.splitlines()[0][:200] if text else ''}".rstrip()
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0][:200]
