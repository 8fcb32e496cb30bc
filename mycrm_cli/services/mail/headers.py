"""How messages are written: what a header holds never begins another one."""

from __future__ import annotations

from email.policy import EmailPolicy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UNFOLDED = frozenset(("message-id", "in-reply-to", "references", "list-unsubscribe"))
"""Headers of words that may be longer than a line: folding would encode them, and nobody could read them."""


class Written(EmailPolicy):
    """How messages are written: lines end as SMTP wants them, ids and addresses of pages stay in one piece."""

    def fold(self, name: str, value: Any) -> str:
        """Return a header as it goes out; raises ValueError for one in which another would begin."""
        is_plain = name.lower() in UNFOLDED
        folded = f"{name}: {value}{self.linesep}" if is_plain else super().fold(name, value)
        lines = folded.removesuffix(self.linesep).split(self.linesep)
        is_broken = any("\r" in line or "\n" in line for line in lines)
        if is_broken or any(line[:1] not in (" ", "\t") for line in lines[1:]):
            raise ValueError(f"another header would begin in {name}")
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return a header as it goes out, in bytes."""
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii", "surrogateescape")


PLAIN = Written(linesep="\r\n", cte_type="7bit")
UTF8 = Written(linesep="\r\n", utf8=True)


def printable(text: str) -> str:
    """Return text that may stand in a header: no line ends, and nothing that would be decoded into some.

    The library reads ``=?utf-8?q?=0D=0A…?=`` in what it is given, and would write the line end that it stands for.
    """
    shown = "".join(char if char.isprintable() else " " for char in sound(text)).replace("=?", "= ?")
    return " ".join(shown.split())


def sound(text: str) -> str:
    """Return text that can be written in UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
