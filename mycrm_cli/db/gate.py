"""SQLite: a gate before a database that is being replaced: newcomers wait until it is done, those inside finish.

Without it a restore could wait for ever beside programs of which one always has the file open.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager

from mycrm_cli.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ENDING = ".gate"
PAUSE = 0.05


def wait(path: str, seconds: float) -> None:
    """Wait while somebody holds the gate of a database; raises Unavailable. What a killed run left is no gate."""
    import fcntl

    deadline = time.monotonic() + seconds
    while True:
        try:
            handle = os.open(f"{path}{ENDING}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                message = "the database is being restored from a backup"
                raise Unavailable(message, hint="try again in a moment") from None
        finally:
            os.close(handle)
        time.sleep(PAUSE)


@contextmanager
def closed(path: str) -> Iterator[None]:
    """Keep newcomers out; raises Unavailable where somebody else does."""
    import fcntl

    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), mode=0o700, exist_ok=True)
        handle = os.open(f"{path}{ENDING}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written beside: {error.strerror}", hint="check its folder") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another restore that ended just now has taken the file away, and a lock on it keeps nobody out.
            if not os.path.samestat(os.fstat(handle), os.stat(f"{path}{ENDING}", follow_symlinks=False)):
                raise BlockingIOError
        except (BlockingIOError, FileNotFoundError):
            raise Unavailable("somebody else is restoring this database", hint="try again in a moment") from None
        try:
            yield
        finally:
            os.unlink(f"{path}{ENDING}")
    finally:
        os.close(handle)
