"""Secrets: a type that cannot be printed by accident, and the places they are fetched from."""

from __future__ import annotations

import os
import stat

from mycrm_cli.config import sources
from mycrm_cli.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

ELIDED = "[secret]"
COMMAND_SECONDS = 30.0
LARGEST = 65_536


class Secret:
    """A text that shows itself as ``[secret]`` everywhere; only ``reveal`` gives it away."""

    __slots__ = ("__value",)
    __hash__ = None  # type: ignore[assignment]  # a hash of a short secret gives it away

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the text itself, for the one who has to send it."""
        return self.__value

    def __repr__(self) -> str:
        return ELIDED

    def __format__(self, spec: str) -> str:
        return format(ELIDED, spec)

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        import hmac

        return hmac.compare_digest(self.__value.encode("utf-8", "surrogateescape"), other._bytes())

    def _bytes(self) -> bytes:
        return self.__value.encode("utf-8", "surrogateescape")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


def digest(secret: Secret) -> str:
    """Return the SHA-256 by which the database knows a secret of 256 random bits."""
    import hashlib

    return hashlib.sha256(secret._bytes()).hexdigest()


def fetch(source: str | None, account: str, purpose: str) -> Secret | None:
    """Return the secret a source names; None where libpq finds it itself (``pgpass`` or no source).

    ``account`` is the keyring's name for it, ``purpose`` what messages call it. Raises ConfigError.
    """
    kind, _, rest = (source or "pgpass").partition(":")
    if kind == "pgpass":
        return None
    if kind == "keyring":
        from mycrm_cli.config import keys

        found = keys.fetch(account)
    else:
        readers: dict[str, Callable[[str], Secret]] = {
            "command": from_command,
            "file": from_file,
            "env": from_environment,
        }
        found = readers[kind](rest)
    if not found:
        raise ConfigError(
            f"{purpose} is empty or missing in its source ({kind})", hint="mycrm profile view, profile edit"
        )
    return found


def from_command(command: str, seconds: float = COMMAND_SECONDS) -> Secret:
    """Return the first line that a command prints; it runs without a shell. Raises ConfigError.

    What it prints on either stream is never shown, because it may hold the secret.
    """
    import subprocess

    argv = sources.words(command)
    program = os.path.basename(argv[0])
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ConfigError(f"the command {program} gave no secret within {seconds:g} seconds") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its arguments are not valid"
        raise ConfigError(f"the command {program} cannot be run: {reason}") from None
    if done.returncode:
        raise ConfigError(f"the command {program} that gives a secret failed with status {done.returncode}")
    return _first_line(done.stdout, f"what the command {program} printed")


def from_file(path: str) -> Secret:
    """Return the first line of a file that only its owner, who must be us, may read; raises ConfigError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise ConfigError(f"the secret's file {path} cannot be read: {reason}") from None
    try:
        _check_private(path, os.fstat(descriptor))
        return _first_line(os.read(descriptor, LARGEST), f"the file {path}")
    except OSError as error:
        raise ConfigError(f"the secret's file {path} cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)


def _check_private(path: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"{path} is not a file")
    if status.st_uid != os.geteuid():
        raise ConfigError(f"the secret's file {path} belongs to somebody else", hint="use a file of your own")
    if status.st_mode & 0o177:
        mode = stat.S_IMODE(status.st_mode)
        raise ConfigError(f"the secret's file {path} is open to others (mode {mode:04o})", hint=f"chmod 600 {path}")


def from_environment(name: str) -> Secret:
    """Return an environment variable's value; raises ConfigError where it is not set."""
    value = os.environ.get(name)
    if not value:
        raise ConfigError(f"the environment variable {name} is not set, and a secret is taken from it")
    return Secret(value)


def _first_line(content: bytes, origin: str) -> Secret:
    try:
        return Secret(content.partition(b"\n")[0].rstrip(b"\r").decode("utf-8"))
    except UnicodeDecodeError:
        raise ConfigError(f"{origin} is not text in UTF-8") from None
