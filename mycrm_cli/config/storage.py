"""Files of ours on disk: read with care, written whole or not at all, one writer at a time."""

from __future__ import annotations

import os
import stat

from mycrm_cli.config import paths
from mycrm_cli.errors import ConfigError, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

LARGEST = 1_000_000
LOCK_SECONDS = 10.0
READ_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
"""Without O_NONBLOCK a FIFO in a file's place would hang the program."""


def read(path: str) -> bytes | None:
    """Return a small file's content, None where there is none; raises ConfigError."""
    try:
        descriptor = os.open(path, READ_FLAGS)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from None
    try:
        return _content(path, descriptor)
    except OSError as error:
        raise unreadable(path, error) from None
    finally:
        os.close(descriptor)


def _content(path: str, descriptor: int) -> bytes:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"{path} is not a file")
    if status.st_size > LARGEST:
        raise ConfigError(f"{path} is too large for a configuration file")
    chunks = []
    while chunk := os.read(descriptor, LARGEST):
        chunks.append(chunk)
    return b"".join(chunks)


def write(path: str, content: bytes, *, durable: bool = True) -> None:
    """Replace a file in one step, readable for its owner alone; raises ConfigError.

    A symbolic link stays one: the file it points to is replaced.
    """
    target = os.path.realpath(path)
    temporary = f"{target}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    paths.ensure(os.path.dirname(target))
    try:
        _write_new(temporary, content, durable)
        os.replace(temporary, target)
        if durable:
            flush(os.path.dirname(target))
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)


def _write_new(path: str, content: bytes, durable: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
    with open(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(content)
        file.flush()
        if durable:
            os.fsync(descriptor)


def flush(path: str) -> None:
    """Have a file on the disk, or the names of a folder's files: after a rename it is the folder that changed."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: str) -> None:
    """Delete a file that may be missing; raises ConfigError."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritable(path, error) from None


def unreadable(path: str, error: OSError) -> ConfigError:
    """Return the error for a file that cannot be read."""
    return ConfigError(
        f"cannot read {path}: {error.strerror}", hint="check the file and its permissions, or set MYCRM_HOME"
    )


def unwritable(path: str, error: OSError) -> ConfigError:
    """Return the error for a file that cannot be written."""
    return ConfigError(
        f"cannot write {path}: {error.strerror}", hint="check the folder and its permissions, or set MYCRM_HOME"
    )


class Lock:
    """Only one process at a time is inside; waits ``LOCK_SECONDS``, then raises Unavailable.

    The file stays: deleting it would let two processes hold two different files of one name.
    """

    def __init__(self, name: str) -> None:
        self.path = os.path.join(paths.state_dir(), name)
        self.descriptor = -1

    def __enter__(self) -> Self:
        import time

        paths.ensure(os.path.dirname(self.path))
        try:
            self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError as error:
            raise unwritable(self.path, error) from None
        end = time.monotonic() + LOCK_SECONDS
        while not self._taken():
            if time.monotonic() > end:
                os.close(self.descriptor)
                raise Unavailable("another mycrm is changing the configuration", hint="try again in a moment")
            time.sleep(0.01)
        return self

    def _taken(self) -> bool:
        import fcntl

        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.descriptor)
