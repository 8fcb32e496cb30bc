"""Mail servers as fixtures."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.mail.imap import KINDS, Imap, mailbox
from tests.mail.server import Box, server
from tests.program import Program


class Smtp:
    """A mail server that a test looks into."""

    def __init__(self, box: Box, port: int) -> None:
        self.box = box
        self.port = port

    def use(self, crm: Program, sender: str = "Acme CRM <crm@acme.com>") -> None:
        """Let a profile send by it."""
        url = f"smtp://127.0.0.1:{self.port}"
        crm("profile", "edit", "work", "--smtp", url, "--smtp-security", "none", "--smtp-from", sender)


@pytest.fixture
def smtp() -> Iterator[Smtp]:
    """A mail server on this machine that keeps what it takes (``smtp.box.messages``)."""
    with server() as (box, port):
        yield Smtp(box, port)


@pytest.fixture(scope="module")
def imaps() -> Iterator[Callable[[str], Imap]]:
    """Servers with a mailbox, each started when it is first asked for, for all tests of a module."""
    started: dict[str, Imap] = {}
    with ExitStack() as stack:

        def of(kind: str) -> Imap:
            if kind not in started:
                # A server that runs as root reads mail as nobody, who may not look into a test's own folder.
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mycrm-imap-")))
                started[kind] = stack.enter_context(mailbox(kind, folder))
            return started[kind]

        yield of


def trusted(box: Imap, monkeypatch: pytest.MonkeyPatch) -> Imap:
    """Let the certificate of a server be good, and its mailbox empty."""
    monkeypatch.setenv("SSL_CERT_FILE", box.environment["SSL_CERT_FILE"])
    box.empty()
    return box


@pytest.fixture
def imap(request: pytest.FixtureRequest, imaps: Callable[[str], Imap], monkeypatch: pytest.MonkeyPatch) -> Imap:
    """A mailbox on this machine: each kind of server that is installed stands beside one kind of database."""
    is_file = "dialect" not in request.fixturenames or request.getfixturevalue("dialect") == "sqlite"
    return trusted(imaps(KINDS[0] if is_file else KINDS[-1]), monkeypatch)


@pytest.fixture
def fast_imap(imaps: Callable[[str], Imap], monkeypatch: pytest.MonkeyPatch) -> Imap:
    """A mailbox on the fastest kind of server that is installed."""
    return trusted(imaps(KINDS[-1]), monkeypatch)
