"""Mail servers as fixtures."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def trusted(kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Imap]:
    """Run a server of a kind whose certificate is good."""
    # A server that runs as root reads mail as nobody, who may not look into a test's own folder.
    with tempfile.TemporaryDirectory(prefix="mycrm-imap-") as folder, mailbox(kind, Path(folder)) as box:
        monkeypatch.setenv("SSL_CERT_FILE", box.environment["SSL_CERT_FILE"])
        yield box


@pytest.fixture(params=KINDS)
def imap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Imap]:
    """A mailbox on this machine, on each kind of server that is installed."""
    with trusted(request.param, monkeypatch) as box:
        yield box


@pytest.fixture
def fast_imap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Imap]:
    """A mailbox on the fastest kind of server that is installed."""
    with trusted(KINDS[-1], monkeypatch) as box:
        yield box
