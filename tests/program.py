"""The program as a test sees it: words in, text and an exit status out."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, closing, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from mycrm_cli.config.secrets import Secret, digest
from mycrm_cli.db.connect import connect


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

    def sign_in(self, profile: str, *, guarded: bool = False) -> None:
        """Let a profile work with a token that never ends, whatever time a test says it is.

        On SQLite only a ``guarded`` user needs one, who has a password.
        """
        known = self("profile", "view", profile, "--json").json
        if known["database"].startswith("sqlite:") and not guarded:
            return
        token = Secret(f"mct_{profile}_{uuid4().hex}")
        connection = connect(known["database"], write=True, organization_id=UUID(known["organization_id"]))
        with closing(connection):
            connection.begin()
            is_file = connection.dialect == "sqlite"

            def save(key: UUID) -> UUID | bytes:
                return key.bytes if is_file else key

            organization = save(UUID(known["organization_id"]))
            found = "SELECT id FROM users WHERE organization_id = ? AND email = ?"
            [user] = connection.execute(found, (organization, known["user"])).fetchone()
            connection.execute(
                "INSERT INTO api_tokens (id, organization_id, user_id, created_at, name, token_hash, permissions)"
                " VALUES (?, ?, ?, ?, ?, ?, '[]')",
                (save(uuid4()), organization, user, "2026-01-01T00:00:00.000000Z", token.reveal(), digest(token)),
            )
            connection.commit()
        file = self.home / f"{profile}.token"
        file.touch(mode=0o600)
        file.write_text(token.reveal())
        self("profile", "edit", profile, "--token", f"file:{file}")

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
