"""The way to a mail server: TLS with real certificates, passwords, and servers that break off at every stage."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mycrm_cli.config.secrets import Secret
from mycrm_cli.services.mail import transport
from mycrm_cli.services.notices import InDoubt, NotSent
from tests.program import Program

USER, PASSWORD, SECRET = "crm@acme.com", "Zwölf Äpfel", "hunter2-hunter2"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of its own for localhost, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    words = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(key.private_bytes(*words) + made.public_bytes(serialization.Encoding.PEM))
    return file


class Box:
    """What a server took, and who signed in."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.users: list[tuple[str, str]] = []
        self.connections = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        head = envelope.content.decode().split("\r\n\r\n")[0]
        self.ids += [line.split(": ")[1] for line in head.splitlines() if line.startswith("Message-ID")]
        return "250 kept"

    def check(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        login, password = given.login.decode(), given.password.decode()
        self.users.append((login, password))
        return AuthResult(success=password in (PASSWORD, SECRET), handled=False)


class Listening(Controller):
    """A server with ``words`` for its protocol."""

    def __init__(self, box: Box, context: ssl.SSLContext | None, **words: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        super().__init__(box, hostname="127.0.0.1", port=port, ssl_context=context)
        self.words, self.box = words, box

    def factory(self) -> SMTP:
        """Return the protocol of a connection."""
        self.box.connections += 1
        return SMTP(self.box, authenticator=self.box.check, **self.words)


@contextmanager
def listening(security: str, certificate: Path, **words: Any) -> Iterator[tuple[Box, int]]:
    box, context = Box(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if security == "starttls":
        words = {"tls_context": context, "require_starttls": True} | words
    elif security == "tls":
        words |= {"auth_require_tls": False}  # it does not see what is around it
    controller = Listening(box, context if security == "tls" else None, **words)
    controller.start()
    before, box.connections = box.connections, 0  # it tries itself once
    assert before <= 1
    try:
        yield box, controller.port
    finally:
        controller.stop()


def server(port: int, security: str, password: str | None = None, host: str = "localhost") -> transport.Server:
    return transport.Server(
        host, port, security, USER if password else None, Secret(password) if password else None, "CRM <crm@acme.com>"
    )


def send(to: transport.Server, count: int = 1) -> None:
    with closing(transport.Mailer(to)) as mailer:
        for number in range(count):
            mailer.send(mailer.message("ana@acme.com", "Ana", "Hello", "Text", f"m{number}"))


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_only_servers_that_are_known_hear_a_password(
    security: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(security, certificate) as (box, port):
        # Nobody vouches for it.
        with pytest.raises(NotSent, match="certificate verify failed") as refused:
            send(server(port, security, SECRET))
        assert refused.value.is_channel and not refused.value.is_final
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with pytest.raises(NotSent, match="certificate"):  # 127.0.0.1 is another name
            send(server(port, security, SECRET, host="127.0.0.1"))
        assert box.users == [] and box.ids == []
        before = box.connections
        send(server(port, security), 3)
        assert box.ids == ["<m0@acme.com>", "<m1@acme.com>", "<m2@acme.com>"] and box.connections == before + 1
        for password in (SECRET, PASSWORD):
            send(server(port, security, password))
            assert box.users[-1] == (USER, password)
        with pytest.raises(NotSent, match="535") as refused:
            send(server(port, security, "wrong"))
        assert refused.value.is_channel and "wrong" not in refused.value.message and len(box.ids) == 5
    if security == "tls":
        return
    with listening(security, certificate, auth_required=True) as (box, port):
        with pytest.raises(NotSent, match="530") as refused:
            send(server(port, security))
        assert refused.value.is_channel and not refused.value.is_final


class Scripted:
    """A server that speaks line by line and breaks off, falls silent or talks nonsense at one ``stage``."""

    def __init__(self, stage: str, how: str, extensions: bytes = b"") -> None:
        self.stage, self.how, self.extensions = stage, how, extensions
        self.heard = b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    self._speak(connection)
                except OSError:
                    continue

    def _speak(self, connection: socket.socket) -> None:
        file = connection.makefile("rb")
        if not self._answer(connection, "connect", b"220 here\r\n"):
            return
        answers = {
            "ehlo": b"250-here\r\n" + self.extensions + b"250 8BITMIME\r\n", "mail": b"250 ok\r\n",
            "rcpt": b"250 ok\r\n", "data": b"354 go\r\n", "noop": b"250 ok\r\n", "rset": b"250 ok\r\n",
            "quit": b"221 bye\r\n",
        }  # fmt: skip
        for line in file:
            self.heard += line
            word = line[:4].decode().strip().lower()
            if not self._answer(connection, word, answers.get(word, b"502 what\r\n")) or word == "quit":
                return
            if word == "data":
                for part in file:
                    self.heard += part
                    if part == b".\r\n":
                        break
                if not self._answer(connection, "dot", b"250 kept\r\n"):
                    return

    def _answer(self, connection: socket.socket, stage: str, usual: bytes) -> bool:
        """Answer as at this stage; return whether to go on."""
        if stage != self.stage:
            connection.sendall(usual)
            return True
        if self.how == "silent":
            connection.recv(1)
            return False
        if self.how != "cut":
            connection.sendall(self.how.encode() + b"\r\n")
        return self.how != "cut" and not self.how.startswith("421")

    def close(self) -> None:
        self.socket.close()


STAGES = ("connect", "ehlo", "mail", "rcpt", "data")


def test_servers_that_break_off_leave_no_doubt_untold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "SECONDS", 0.3)
    monkeypatch.setattr(transport, "LAST_SECONDS", 0.3)

    def tried(stage: str, how: str) -> NotSent | InDoubt:
        with closing(Scripted(stage, how)) as scripted:
            try:
                send(server(scripted.port, "none", host="127.0.0.1"))
            except (NotSent, InDoubt) as refused:
                return refused
        raise AssertionError((stage, how))

    for stage in STAGES:
        for how in ("cut", "silent", "421 later", "451 later", "nonsense"):
            found = tried(stage, how)
            assert isinstance(found, NotSent) and not found.is_final, (stage, how)
            if how in ("silent", "421 later") or stage in STAGES[:2]:
                assert found.is_channel, (stage, how)
    for how, is_channel in (("cut", False), ("silent", True), ("nonsense", False), ("354 what", False)):
        found = tried("dot", how)
        assert isinstance(found, InDoubt) and found.is_channel == is_channel, how
    for stage, how, is_final in (
        ("rcpt", "550 who", True), ("data", "554 no", True), ("dot", "552 large", True), ("dot", "452 full", False),
        ("mail", "550 you may not", False), ("mail", "451 later", False),
    ):  # fmt: skip
        found = tried(stage, how)
        assert isinstance(found, NotSent) and found.is_final == is_final, (stage, how)
    for stage, how in (("rcpt", "251 forwards"), ("dot", "252 well")):
        with closing(Scripted(stage, how)) as scripted:
            send(server(scripted.port, "none", host="127.0.0.1"), 2)
            assert scripted.heard.count(b"mail FROM") == 2


@pytest.mark.parametrize("extensions", [b"", b"250-STARTTLS\r\n"], ids=["none offered", "offered and refused"])
def test_a_password_is_never_sent_in_the_clear(extensions: bytes, sqlite_crm: Program) -> None:
    """Nor is the message: a server without encryption where it is required is refused."""
    with closing(Scripted("", "", extensions + b"250-AUTH PLAIN LOGIN\r\n")) as scripted:
        with pytest.raises(NotSent) as refused:
            send(server(scripted.port, "starttls", SECRET, host="127.0.0.1"))
        assert refused.value.is_channel
        assert b"auth" not in scripted.heard.lower() and b"mail" not in scripted.heard.lower()
        assert SECRET.encode() not in scripted.heard
        crm = sqlite_crm
        file = crm.home / "secret"
        file.touch(mode=0o600)
        file.write_text(SECRET)
        words = ("profile", "edit", "work", "--smtp-from", "crm@acme.com", "--smtp-password", f"file:{file}")
        crm(*words, "--smtp", f"smtp://crm@127.0.0.1:{scripted.port}")
        crm("task", "add", "Call", "--remind", "2026-11-23 07:00", env={"MYCRM_NOW": "2026-11-23T06:00:00Z"})
        now = {"MYCRM_NOW": "2026-11-23T08:00:00Z"}
        done = crm("task", "remind", "--channel", "email", env=now, exit=75)
        assert "nothing went out" in done.stderr and SECRET not in done.stderr
        assert b"auth" not in scripted.heard.lower()
        crm("profile", "edit", "work", "--smtp", "smtp://crm@mail.acme.com", "--smtp-security", "none")
        assert "without encryption" in crm("task", "remind", "--channel", "email", env=now, exit=78).stderr
