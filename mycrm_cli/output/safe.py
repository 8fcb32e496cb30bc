"""Makes text harmless for a terminal: what could move the cursor or reorder letters becomes visible."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

ARROWS = {"\n": "⏎", "\t": "⇥", "\r": "␍"}


def _visible() -> dict[int, str]:
    """Return what replaces each dangerous character: control pictures, or the character's escape."""
    table = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
    escaped = [
        *range(0x80, 0xA0),
        0x61C,
        0x200E,
        0x200F,
        0x2028,
        0x2029,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    ]
    table |= {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in escaped}
    table |= {code: f"\\u{code:04x}" for code in (0xFEFF, 0xFFF9, 0xFFFA, 0xFFFB)}
    return table | {ord(char): arrow for char, arrow in ARROWS.items()}


VISIBLE = _visible()
VISIBLE_LINES = {code: text for code, text in VISIBLE.items() if chr(code) not in "\n\t"}
PLAIN_ESCAPES = VISIBLE | {ord("\\"): "\\\\", ord("\t"): "\\t", ord("\n"): "\\n", ord("\r"): "\\r"}


def safe(text: str, *, lines: bool = False) -> str:
    """Return ``text`` with control, C1, bidi and NUL characters made visible; ``lines`` keeps line ends."""
    if text.isprintable():
        return text
    shown = text.translate(VISIBLE_LINES if lines else VISIBLE)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


class Visible:
    """A terminal for text of other formats: what it would act on is made visible before it is written."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write a text; a line may end as files for other systems do."""
        return self.stream.write(safe(text.replace("\r\n", "\n"), lines=True))

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts."""
        for line in lines:
            self.write(line)


def visible(stream: TextIO) -> TextIO:
    """Return a stream that is safe to write anything to: the stream itself unless it is a terminal."""
    return Visible(stream) if stream.isatty() else stream  # type: ignore[return-value]


def plain(text: str) -> str:
    """Return ``text`` as one cell of plain output: tab, line end and backslash escaped, the rest safe."""
    if text.isprintable() and "\\" not in text:
        return text
    return text.translate(PLAIN_ESCAPES).encode("utf-8", "backslashreplace").decode("utf-8")
