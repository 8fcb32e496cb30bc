"""Running a command of the user's own: no shell, no secrets in its environment, JSON on stdin, a time limit."""

from __future__ import annotations

import os
import signal
import subprocess
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEPT = frozenset(
    "PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR TERM MYCRM_HOME MYCRM_NOW SSL_CERT_FILE"
    " DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS".split()
)
KEPT_FAMILIES = ("LC_", "XDG_")
"""What a command sees of our environment; all else could be a secret."""
LONGEST = 4_000
"""Characters of what a command says that are kept."""
MOST, LOOK = 1_000_000, 0.1
"""Bytes of it that lie on the disk at most, nearly: so often, in seconds, what is more is dropped."""
GRACE = 2.0
"""Seconds a command has to end by itself once its time is over."""


class Ended:
    """How a command ended: ``problem`` is None where it ended well, ``said`` what it wrote.

    ``is_started`` is false where it could not be run at all, ``is_late`` true where its time was over, ``is_cut`` also
    where somebody else ended it: nobody knows then how much it did.
    """

    __slots__ = ("is_cut", "is_late", "is_started", "problem", "said")

    def __init__(
        self,
        problem: str | None,
        said: str = "",
        *,
        is_started: bool = True,
        is_late: bool = False,
        is_cut: bool = False,
    ) -> None:
        self.problem = problem
        self.said = said
        self.is_started = is_started
        self.is_late = is_late
        self.is_cut = is_cut or is_late


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return what a command sees of our environment, and ``extra``."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_FAMILIES)}
    return kept | dict(extra)


def run(command: Sequence[str], given: bytes, seconds: float, extra: Mapping[str, str], folder: str) -> Ended:
    """Run a command in ``folder`` with ``given`` on stdin; one that takes too long is ended with all it started."""
    import tempfile

    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment(extra),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            return Ended(f"cannot be started: {reason}", is_started=False)
        begun = bytearray()
        problem, is_late = _waited(process, given, seconds, said.fileno(), begun)
        text = bytes(begun) or os.pread(said.fileno(), LONGEST, 0)
        shown = text.decode("utf-8", "replace").strip()
        return Ended(problem, shown, is_late=is_late, is_cut=process.returncode < 0)


def _waited(
    process: subprocess.Popen[bytes], given: bytes, seconds: float, said: int, begun: bytearray
) -> tuple[str | None, bool]:
    """Give a process its input and wait for it; return what went wrong, and whether its time was over.

    ``begun`` gets the first of what it says where that is too much to keep.
    """
    late, rest = time.monotonic() + seconds, [given]
    try:
        while True:
            try:
                process.communicate(rest.pop() if rest else None, timeout=min(LOOK, max(late - time.monotonic(), 0)))
                break
            except subprocess.TimeoutExpired:
                if os.fstat(said).st_size > MOST:
                    begun += b"" if begun else os.pread(said, LONGEST, 0)
                    os.ftruncate(said, 0)
            if time.monotonic() >= late:
                _end(process)
                return f"took longer than {seconds:g} seconds and was ended", True
    except BaseException:
        _end(process)
        raise
    if process.returncode < 0:
        return f"was ended by signal {-process.returncode}", False
    return (f"ended with status {process.returncode}" if process.returncode else None), False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started, with force where asking does not help."""
    for number, seconds in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
        try:
            os.killpg(process.pid, number)
            process.wait(seconds)
        except (ProcessLookupError, PermissionError):
            return
        except subprocess.TimeoutExpired:
            continue
        if number == signal.SIGKILL:
            return
