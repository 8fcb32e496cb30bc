"""Watches what the program does to the machine while payloads pass through it: processes, files, evaluation."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROCESSES = frozenset(
    ("subprocess.Popen", "os.system", "os.exec", "os.spawn", "os.posix_spawn", "os.startfile", "pty.spawn")
)
WRITES = frozenset(("os.mkdir", "os.rename", "os.link", "os.symlink", "os.truncate", "shutil.move", "shutil.copyfile"))
MARKS = ("7*7", "Zji", "Zdo", "Zso", "Zfo", "pwned")

_watching: list["Watch"] = []


class Watch:
    """What was seen: processes started, files opened for writing, texts compiled."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.written: set[str] = set()
        self.compiled: list[str] = []

    def see(self, event: str, args: tuple[Any, ...]) -> None:
        """Take down an event of the interpreter."""
        if event in PROCESSES:
            self.started.append(f"{event} {args[:2]!r}")
        elif event == "open" and (isinstance(args[2], int) and args[2] & 0o1103):
            self.written.add(_text(args[0]))
        elif event in WRITES:
            self.written.add(_text(args[1] if event in ("os.rename", "os.link", "os.symlink") else args[0]))
        elif event == "compile" and any(mark in _text(args[0]) for mark in MARKS):
            self.compiled.append(_text(args[0]))

    def outside(self, *folders: Path) -> list[str]:
        """Return the files that were written anywhere but in these folders and where every program writes."""
        allowed = [str(folder.resolve()) for folder in folders] + ["/dev/null", "/dev/tty"]
        known = [path for path in self.written if "__pycache__" not in path]
        return [path for path in known if not str(Path(path).resolve()).startswith(tuple(allowed))]


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return str(value)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _watching and (event in PROCESSES or event in WRITES or event in ("open", "compile")):
        _watching[-1].see(event, args)


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch this process; a hook of the interpreter cannot be taken away, so it is put in once."""
    if not hasattr(sys, "_mycrm_watched"):
        sys.addaudithook(_hook)
        sys._mycrm_watched = True  # type: ignore[attr-defined]
    watch = Watch()
    _watching.append(watch)
    try:
        yield watch
    finally:
        _watching.remove(watch)
