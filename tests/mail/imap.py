"""Real IMAP servers on this machine: dovecot where it is installed, and pymap; both over TLS, with a mailbox each."""

import ctypes
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from tests.program import Program

USER, PASSWORD = "crm", "s3cret-näh"
DOVECOT = shutil.which("dovecot") or ("/usr/sbin/dovecot" if os.path.exists("/usr/sbin/dovecot") else None)
KINDS = ("pymap", *(("dovecot",) if DOVECOT else ()))
CONFIG = """\
protocols = imap
listen = 127.0.0.1
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
mail_location = maildir:{base}/mail
default_internal_user = {me}
default_login_user = {reader}
default_internal_group = {own}
mail_uid = {reader}
mail_gid = {group}
first_valid_uid = 0
first_valid_gid = 0
ssl = required
ssl_cert = <{base}/cert.pem
ssl_key = <{base}/key.pem
auth_mechanisms = plain
disable_plaintext_auth = yes
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {base}/users
}}
userdb {{
  driver = static
  args = uid={reader} gid={group} home={base}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Imap:
    """A mailbox that a test fills and looks into."""

    def __init__(self, kind: str, folder: Path, port: int, password: str = PASSWORD) -> None:
        self.kind, self.folder, self.port, self.password = kind, folder, port, password
        self.url = f"{'imaps' if kind == 'dovecot' else 'imap'}://{USER}@127.0.0.1:{port}"
        self.environment = {"SSL_CERT_FILE": str(folder / "cert.pem")}

    def use(self, crm: Program, profile: str = "work", port: int | None = None) -> None:
        """Let a profile read it."""
        secret = crm.home / "imap.password"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        url = self.url.replace(str(self.port), str(port or self.port))
        crm("profile", "edit", profile, "--imap", url, "--imap-password", f"file:{secret}")

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """Sign in as a mail program does."""
        context = ssl.create_default_context(cafile=self.environment["SSL_CERT_FILE"])
        is_tls = self.kind == "dovecot"
        client = IMAPClient("127.0.0.1", self.port, ssl=is_tls, ssl_context=context if is_tls else None, timeout=10)
        if not is_tls:
            client.starttls(context)
        client.plain_login(USER, self.password)
        try:
            yield client
        finally:
            try:
                client.logout()
            except (IMAPClientError, OSError):
                client.shutdown()

    def fill(self, messages: Iterable[bytes], folder: str = "INBOX") -> int:
        """Put messages into a folder, and return how many the server took: they refuse some hostile ones."""
        taken = 0
        if self.kind == "pymap":  # it falls silent at what is large, is deep, or has a NUL in it
            kept = [each for each in messages if each and b"\0" not in each and len(each) < 1_000_000]
            messages = [each for each in kept if each.count(b"boundary=") < 100]
        with self.client() as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            for message in messages:
                with suppress(IMAPClientError):
                    client.append(folder, message)
                    taken += 1
        return taken

    def flags(self) -> Mapping[int, object]:
        """Return how messages are marked."""
        with self.client() as client:
            client.select_folder("INBOX", readonly=True)
            return dict(client.get_flags(client.search()))

    def empty(self) -> None:
        """Remove all messages, and all folders but the one that cannot be removed."""
        with self.client() as client:
            for _, _, name in client.list_folders():
                if name != "INBOX":
                    client.delete_folder(name)
            client.select_folder("INBOX")
            if numbers := client.search():
                client.delete_messages(numbers)
                client.expunge()

    def renumber(self, folder: str, messages: Iterable[bytes]) -> None:
        """Give the messages of a folder new numbers, under another UIDVALIDITY."""
        with self.client() as client:
            client.delete_folder(folder)
        self.fill(messages, folder)


def certificate(folder: Path) -> None:
    """Write a certificate for this machine's own address, which its own key has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")])
    builder = builder.add_extension(names, critical=False)
    made = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    (folder / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    written = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(written)


@contextmanager
def mailbox(kind: str, folder: Path) -> Iterator[Imap]:
    """Run a server and yield its mailbox."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate(folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = _dovecot(folder, port) if kind == "dovecot" else _pymap(folder, port)
    password = PASSWORD if kind == "dovecot" else "demopass"
    with open(folder / "output", "wb") as output:
        process = subprocess.Popen(
            line, stdout=output, stderr=output, cwd=folder, start_new_session=True, preexec_fn=_die_with_us
        )
    try:
        box = Imap(kind, folder, port, password)
        _wait(box, process)
        yield box
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


def _die_with_us() -> None:
    """Let the system end a server whose tests were killed, where it can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _dovecot(folder: Path, port: int) -> list[str]:
    import grp
    import pwd

    me = reader = pwd.getpwuid(os.getuid()).pw_name
    if not os.getuid():  # as root it wants somebody else to read mail and to speak with strangers
        reader = "nobody"
        (folder / "mail").mkdir()
        os.chown(folder / "mail", pwd.getpwnam(reader).pw_uid, -1)
        folder.chmod(0o755)
    group = grp.getgrgid(pwd.getpwnam(reader).pw_gid).gr_name
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    (folder / "dovecot.conf").write_text(
        CONFIG.format(base=folder, me=me, reader=reader, group=group, own=grp.getgrgid(os.getgid()).gr_name, port=port)
    )
    return [str(DOVECOT), "-F", "-c", str(folder / "dovecot.conf")]


def _pymap(folder: Path, port: int) -> list[str]:
    program = str(Path(sys.executable).with_name("pymap"))
    named = ["--host", "127.0.0.1", "--port", str(port), "--cert", str(folder / "cert.pem")]
    named += ["--key", str(folder / "key.pem")]
    return [program, *named, "--no-service", "managesieve", "dict", "--demo-user", USER, "--demo-password", "demopass"]


def _wait(box: Imap, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + 20
    while True:
        try:
            with closing(socket.create_connection(("127.0.0.1", box.port), 2)) as begun:
                if box.kind == "dovecot" or begun.recv(10):
                    break
        except OSError as error:
            told = box.folder.joinpath("output").read_text(errors="replace")
            log = box.folder / "log"
            told += log.read_text(errors="replace") if log.exists() else ""
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{box.kind} does not answer: {error!r}\n{told[-3000:]}") from None
            time.sleep(0.05)
    with box.client():
        return
