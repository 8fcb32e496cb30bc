"""A shell in a pseudo-terminal, typed to as people do, and a ``mycrm`` that writes down how it was called."""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.program import Program

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = {"bash": "mycrm.bash", "zsh": "_mycrm", "fish": "mycrm.fish"}
START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
LOAD = {
    "bash": "PS1='ready> '; source {}\r",
    "zsh": "PS1='ready> '; autoload -Uz compinit; compinit -u -D; source {}\r",
    "fish": "function fish_prompt; echo -n 'ready> '; end; source {}\r",
}
RECORDER = """#!/bin/sh
# Answers completion as the real program; any other call is written down, word by word.
if [ "$1" = __complete ]; then
    exec {python} -m mycrm_cli "$@"
fi
for last; do :; done
printf '%s\\0' "$@" > "{folder}/$last.part" && mv "{folder}/$last.part" "{folder}/$last"
"""


def require(shell: str) -> None:
    """Make sure that a shell is there: install it as CI does; without it the test fails in CI and is skipped elsewhere."""
    if shutil.which(shell):
        return
    subprocess.run([str(ROOT / ".ci" / "shells")], check=False, capture_output=True, timeout=300)
    if not shutil.which(shell):
        if os.environ.get("CI"):
            pytest.fail(f"{shell} is missing and could not be installed")
        pytest.skip(f"{shell} is missing; .ci/shells installs it")


class Box:
    """A folder to run shells in: an empty place to work, and the recorder in a folder of programs."""

    def __init__(self, program: Program, folder: Path) -> None:
        self.work, self.calls, self.bin = folder / "work", folder / "calls", folder / "bin"
        for each in (self.work, self.calls, self.bin):
            each.mkdir()
        recorder = self.bin / "mycrm"
        recorder.write_text(RECORDER.format(python=sys.executable, folder=self.calls))
        recorder.chmod(0o755)
        self.environment = program.environment(
            {"PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.work), "TERM": "xterm", "LC_ALL": "C.UTF-8",
             "PYTHONPATH": str(ROOT), "HISTFILE": "/dev/null", "XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data")}
        )  # fmt: skip

    def called(self, name: str, seconds: float = 20) -> list[str] | None:
        """Return the words of the call whose last word was ``name``, None if there was none in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (self.calls / name).exists():
                return (self.calls / name).read_text().split("\0")[:-1]
            time.sleep(0.01)
        return None

    def files(self) -> list[str]:
        """Return what lies in the place to work in, the shells' own files aside."""
        return sorted(path.name for path in self.work.iterdir() if not path.name.startswith("."))


class Terminal:
    """An interactive shell with the completion script loaded."""

    def __init__(self, shell: str, box: Box) -> None:
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(box.work)
            os.execvpe(START[shell][0], START[shell], box.environment)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
        self.screen = b""
        self.settle(3.0)
        self.type(LOAD[shell].format(ROOT / "completions" / SCRIPTS[shell]))
        self.settle(1.0)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self.descriptor, text.encode())

    def settle(self, first: float = 5.0, quiet: float = 0.12) -> str:
        """Wait for the shell to answer and then to be quiet; return what it wrote."""
        read, wait = b"", first
        while True:
            ready, _, _ = select.select([self.descriptor], [], [], wait)
            if not ready:
                break
            try:
                data = os.read(self.descriptor, 65536)
            except OSError:
                break
            if not data:
                break
            read, wait = read + data, quiet
        self.screen += read
        return read.decode("utf-8", "replace")

    def complete(self, line: str, after: str) -> None:
        """Type a line's beginning, press TAB, type the rest and press Enter; shells take keys one after another."""
        self.type(f"{line}\t{after}\r")
        self.settle(5.0, 0.03)

    def close(self) -> None:
        """End the shell."""
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.descriptor)
        os.waitpid(self.pid, 0)
