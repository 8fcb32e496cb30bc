"""Writes a large export as CSV or TSV: many rows at a time, a column at a time.

What is written is what ``formats.write_separated`` would write. Three things make it fast: most columns come from
the database as JSON (``query/packing``), which becomes a line by replacing a few characters unless a cell must be
quoted or guarded; of the other columns each value that is repeated is converted once; and a row is joined, never
looked through.
"""

from __future__ import annotations

import gc
import json
import re

from mycrm_cli.ids import hyphenated
from mycrm_cli.output.formulas import GUARDED_KINDS, guard
from mycrm_cli.query.packing import MARK, Pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TextIO

    from mycrm_cli.query.select import Column

    Texts = Sequence[str]
    Writer = Callable[[Sequence[Any]], Texts]

MOST_KNOWN = 50_000
"""Ids whose text is remembered."""
RISKY, RISKY_FIRST = re.compile(r',"[=+\-@\']'), re.compile(r'\n"[=+\-@\']')
RISKY_NUMBER = re.compile(f"{MARK}(?:[=\\-@']|\\+[0-9]*[^0-9\"])")
"""A phone number in a pack that is more than a plus and digits."""
BEGINNING = re.compile("\0[=+\\-@'\t]")
FORMULA = tuple(f'"{char}' for char in "=+-@'")
"""A cell in a pack that may be a formula; what begins with a control character has a backslash there."""


class Separated:
    """A file in the making; ``parts`` are the columns and packs of the chunks that come."""

    def __init__(self, parts: Sequence[Column | Pack], names: Sequence[str], delimiter: str, end: str, raw: bool):
        self.delimiter = delimiter
        self.end = end
        self.raw = raw
        self.special = re.compile(f'["\r\n{re.escape(delimiter)}]')
        self.quoted = quoting(self.special, alone=len(names) == 1)
        self.header = delimiter.join(map(self.quoted, names))
        self.writers = [self.writer(part) for part in parts]

    def write(self, out: TextIO, chunks: Iterable[Sequence[Sequence[Any]]]) -> int:
        """Write the header and the rows, each chunk a list of columns; return how many rows there were."""
        count = 0
        out.write(self.header + self.end)
        collecting = gc.isenabled()
        gc.disable()  # rows are no rings, and looking for some takes a fifth of the time
        try:
            for columns in chunks:
                texts = [write(column) for write, column in zip(self.writers, columns, strict=True)]
                count += len(columns[0])
                out.write(self.end.join(map(self.delimiter.join, zip(*texts, strict=True))) + self.end)
        finally:
            if collecting:
                gc.enable()
        return count

    def writer(self, part: Column | Pack) -> Writer:
        """Return the function from a column of the database's values to its cells."""
        if isinstance(part, Pack):
            columns = [self._column(column, loaded=True) for column in part.columns]
            return Unpacked(part, columns, self.delimiter, raw=self.raw)
        return self._column(part)

    def _column(self, column: Any, *, loaded: bool = False) -> Writer:
        """Return the function for one column; in a pack (``loaded``) values are texts already."""
        one: Callable[[Any], str] = str if loaded else stored(column)
        if one is hyphenated and column.name == "id":
            return hyphenated_all
        if column.kind.name == "reference":
            return remembered(one, self.quoted(""))
        if not self.raw:
            one = guard(column.kind, one)
        quoted = self.quoted

        def written(value: Any) -> str:
            return quoted("" if value is None else one(value))

        if exact(column):
            return lambda values: list(map(written, values))
        return self._mostly_plain(column, repeated(written)) if loaded else repeated(written)

    def _mostly_plain(self, column: Column, write: Writer) -> Writer:
        """Return the function for a column of texts, which takes them as they are where none needs a look."""
        delimiter = self.delimiter
        guarded = not self.raw and column.kind.name in GUARDED_KINDS

        def texts(values: Sequence[str]) -> Texts:
            text = "\0" + "\0".join(values)
            if '"' in text or delimiter in text or "\n" in text or "\r" in text or (guarded and BEGINNING.search(text)):
                return write(values)
            return values

        return texts


def quoting(special: re.Pattern[str], *, alone: bool) -> Callable[[str], str]:
    """Return the function that puts a cell in quotes where it must be; an empty one too that is ``alone``."""
    search = special.search

    def quoted(text: str) -> str:
        if search(text) or (alone and not text):
            return '"' + text.replace('"', '""') + '"'
        return text

    return quoted


def stored(column: Column) -> Callable[[Any], str]:
    """Return the function from a value as the database holds it to its text."""
    load, text = column.load, column.kind.text
    if load is None:
        return text
    if column.kind.name == "reference":
        return hyphenated
    return lambda value: text(load(value))


def hyphenated_all(ids: Sequence[bytes]) -> Texts:
    """Return ids as they are written."""
    all_digits = map(bytes.hex, ids)
    return [f"{d[:8]}-{d[8:12]}-{d[12:16]}-{d[16:20]}-{d[20:]}" for d in all_digits]


def remembered(one: Callable[[Any], str], nothing: str) -> Writer:
    """Return the function for a column that points to records, mostly the same ones again and again."""
    known: dict[Any, str] = {}

    def texts(values: Sequence[Any]) -> Texts:
        if len(known) > MOST_KNOWN:
            known.clear()
        known.update({value: one(value) for value in set(values).difference(known, (None,))})
        known[None] = nothing
        return [known[value] for value in values]

    return texts


def exact(column: Any) -> bool:
    """Return whether equal values may be written differently, as 1 and 1.0 in a field of the organization's own."""
    path = getattr(column, "path", None)
    return path is not None and path.what == "custom"


def repeated(written: Callable[[Any], str]) -> Writer:
    """Return the function for a column whose values repeat: each is written once."""

    def texts(values: Sequence[Any]) -> Texts:
        try:
            distinct = set(values)
        except TypeError:  # lists
            return list(map(written, values))
        if 2 * len(distinct) > len(values):
            return list(map(written, values))
        known = {value: written(value) for value in distinct}
        return [known[value] for value in values]

    return texts


class Unpacked:
    """Turns packs into lines: those in which nothing must be quoted or guarded all at once, the others cell by cell."""

    def __init__(self, pack: Pack, columns: Sequence[Writer], delimiter: str, *, raw: bool) -> None:
        self.marked = pack.marked
        self.marks = sum(pack.marked)
        self.columns = columns
        self.delimiter = delimiter
        self.raw = raw

    def __call__(self, packs: Sequence[str]) -> Texts:
        """Return the lines of packs."""
        inner = [pack[1:-1] for pack in packs]
        text = "\n".join(inner)
        if self.plain(text, len(packs)):
            return self.lines(text)
        dirty = [not self.plain(pack, 1) for pack in inner]
        spelled = iter(self.spelled([pack for pack, bad in zip(packs, dirty, strict=True) if bad]))
        clean = iter(self.lines("\n".join([pack for pack, bad in zip(inner, dirty, strict=True) if not bad])))
        return [next(spelled if bad else clean) for bad in dirty]

    def plain(self, text: str, packs: int) -> bool:
        """Return whether nothing in the text of some packs, a line each, must be quoted or guarded."""
        if "\\" in text or text.count(",") != packs * (len(self.columns) - 1):
            return False
        if text.count(MARK) != packs * self.marks:
            return False
        if self.raw:
            return True
        if self.marks and RISKY_NUMBER.search(text):
            return False
        return not (text.startswith(FORMULA) or RISKY.search(text) or RISKY_FIRST.search(text))

    def lines(self, text: str) -> Texts:
        """Return the lines of packs whose commas and quotes are all JSON's own."""
        # One after the other: translate() takes six times as long where a letter is not ASCII.
        text = text.replace('"', "")
        if self.marks:
            text = text.replace(MARK, "")
        return (text if self.delimiter == "," else text.replace(",", self.delimiter)).split("\n")

    def spelled(self, packs: Sequence[str]) -> Texts:
        """Return the lines of packs, each cell looked at."""
        columns = zip(*json.loads(f"[{','.join(packs)}]"), strict=True)
        bare = (
            [cell[1:] for cell in column] if mark else column for mark, column in zip(self.marked, columns, strict=True)
        )
        texts = [write(column) for write, column in zip(self.columns, bare, strict=True)]
        return list(map(self.delimiter.join, zip(*texts, strict=True)))
