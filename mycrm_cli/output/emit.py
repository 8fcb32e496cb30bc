"""What a command prints: rows and records to stdout, remarks to stderr."""

from __future__ import annotations

import os
import sys

from mycrm_cli.output import formats
from mycrm_cli.output.safe import safe, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TextIO

    from mycrm_cli.query.select import Column
    from mycrm_cli.scope import Locale


class Output:
    """The format and the habits of one run; ``format`` is None until the command's default is known."""

    def __init__(
        self,
        format: str | None = None,
        *,
        quiet: bool = False,
        verbose: bool = False,
        color: str = "auto",
        pager: str | None = None,
        before_paging: Callable[[], None] = lambda: None,
    ) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.color = color
        self.pager = pager
        self.before_paging = before_paging
        self.terminal = sys.stdout.isatty()
        self.format = format or ("table" if self.terminal else "plain")

    def rows(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Any]],
        locale: Locale,
        *,
        prefix: str | None = None,
        empty: str = "",
    ) -> None:
        """Write rows; ``prefix`` goes before numbers in tables, ``empty`` is said where there are none."""
        if self.format != "table":
            formats.write(self.format, visible(sys.stdout), columns, rows, locale.currency)
            return
        from mycrm_cli.output import table

        with Paged(self) as out:
            count = table.draw_rows(table.console(self.color, out), columns, rows, locale, prefix)
        if not count and empty:
            self.say(empty)

    def record(self, title: str, pairs: Sequence[tuple[Column, Any]], locale: Locale) -> None:
        """Write one record: a JSON object, a line in the other machine formats, or a screen."""
        columns, row = [column for column, _ in pairs], [value for _, value in pairs]
        if self.format in ("json", "jsonl"):
            self.object(formats.as_object(columns, locale.currency)(row))
        elif self.format != "table":
            formats.write(self.format, visible(sys.stdout), columns, [row], locale.currency)
        else:
            from mycrm_cli.output import table

            with Paged(self) as out:
                table.draw_record(table.console(self.color, out), title, pairs, locale)

    def object(self, value: Any) -> None:
        """Write a JSON value of the command's own making."""
        import json

        text = json.dumps(value, ensure_ascii=False, indent=2 if self.format == "json" else None, default=str)
        sys.stdout.write(formats.harmless(text) + "\n")

    def line(self, text: str) -> None:
        """Write one line of data; what a terminal would act on is made visible."""
        sys.stdout.write(f"{safe(text, lines=True)}\n")

    def say(self, message: str) -> None:
        """Make a remark, unless quiet was asked for."""
        if not self.quiet:
            try:
                sys.stderr.write(safe(message, lines=True) + "\n")
            except OSError:  # what cannot be remarked is no failure of the command
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())

    def warn(self, message: str) -> None:
        """Make a remark about something that may be wrong."""
        self.say(f"warning: {message}")


class Paged:
    """A stream whose text goes through the pager when it is longer than the terminal."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.pager = output.pager if output.terminal else None
        self.buffer: Any = None

    def __enter__(self) -> TextIO:
        if not self.pager:
            return sys.stdout
        import io

        class Screen(io.StringIO):
            def isatty(self) -> bool:
                return True

        self.buffer = Screen()
        return self.buffer  # type: ignore[no-any-return]

    def __exit__(self, *exception: object) -> None:
        if self.buffer is None:
            return
        text = self.buffer.getvalue()
        if text.count("\n") < _height():
            sys.stdout.write(text)
        else:
            self.output.before_paging()
            _page(text, self.pager or "less")


def _height() -> int:
    import shutil

    return shutil.get_terminal_size().lines


def _page(text: str, pager: str) -> None:
    """Show text in the pager; one that cannot be started leaves the text on the terminal."""
    import shlex
    import subprocess

    environment = {"LESS": "FRX", **os.environ}
    try:
        subprocess.run(shlex.split(pager), input=text, text=True, check=False, env=environment)
    except OSError:
        sys.stdout.write(text)
