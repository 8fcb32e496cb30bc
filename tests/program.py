"""The program as a test sees it: words in, text and an exit status out."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch


class Result:
    """What one run of the program did."""

    def __init__(self, line: tuple[str, ...], exit: int, stdout: str, stderr: str) -> None:
        self.line = line
        self.exit = exit
        self.stdout = stdout
        self.stderr = stderr

    def __repr__(self) -> str:
        """Show all there is to know when a test fails."""
        return f"$ mycrm {' '.join(self.line)}\nexit {self.exit}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"

    @property
    def json(self) -> Any:
        """The standard output, parsed."""
        return json.loads(self.stdout)

    @property
    def lines(self) -> list[str]:
        """The lines of the standard output."""
        return self.stdout.splitlines()

    @property
    def rows(self) -> list[list[str]]:
        """The cells of plain output."""
        return [line.split("\t") for line in self.lines]


class _Terminal(io.TextIOWrapper):
    """A stream that is, or is not, a terminal."""

    def __init__(self, data: bytes = b"", terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8", newline="")
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]


class Program:
    """``mycrm("contact", "list")`` in this process, with a home of its own; ``process`` starts a real one."""

    def __init__(self, home: Path, database: str = "") -> None:
        self.home = home
        self.database = database

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a run: none of the caller's own settings reach it."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MYCRM_") and k not in ("CI", "NO_COLOR")}
        kept |= {"MYCRM_HOME": str(self.home), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        return kept | dict(extra or {})

    def __call__(
        self,
        *line: str,
        stdin: str | bytes = b"",
        exit: int | None = 0,
        env: Mapping[str, str] | None = None,
        terminal: bool = False,
    ) -> Result:
        """Run a line in this process and check its exit status (None: any)."""
        from mycrm_cli.main import run

        data = stdin.encode() if isinstance(stdin, str) else stdin
        out, err = _Terminal(terminal=terminal), _Terminal(terminal=terminal)
        with ExitStack() as stack:
            stack.enter_context(patch.dict(os.environ, self.environment(env), clear=True))
            stack.enter_context(patch.object(sys, "stdin", _Terminal(data, terminal)))
            stack.enter_context(redirect_stdout(out))
            stack.enter_context(redirect_stderr(err))
            status = run(list(line))
        result = Result(line, status, out.text(), err.text())
        assert exit is None or result.exit == exit, result
        return result

    def process(
        self,
        *line: str,
        stdin: str | bytes = b"",
        exit: int | None = 0,
        env: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Result:
        """Run a line in a process of its own and check its exit status (None: any)."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-m", "mycrm_cli", *line],
            input=data,
            capture_output=True,
            env=self.environment(env),
            timeout=120,
            check=False,
            **options,
        )
        result = Result(line, done.returncode, done.stdout.decode(), done.stderr.decode())
        assert exit is None or result.exit == exit, result
        return result

    def json(self, *line: str, **options: Any) -> Any:
        """Run a line with ``--json`` and return what it prints, parsed."""
        return self(*line, "--json", **options).json
