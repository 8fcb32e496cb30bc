"""Rows that were read and converted wait here until they are written: a few in memory, more in a private file.

The file holds batches as ``marshal`` writes them, which reads nothing but plain values: what a field
holds beside texts and numbers is kept in the form that SQLite stores.
"""

from __future__ import annotations

import marshal
import os
import sys
from contextlib import suppress
from uuid import UUID

from mycrm_cli import __version__
from mycrm_cli.errors import Unavailable
from mycrm_cli.services import nouns
from mycrm_cli.services.transfer.model import NOTHING, Batch, Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, BinaryIO

    from mycrm_cli.catalog import Entity

    Codec = dict[str, Any]

KEPT = 2
"""Batches that stay in memory."""
SPECIAL = frozenset(("date", "money", "number", "percent", "reference", "timestamp"))
"""Kinds whose values are more than texts, numbers and lists of them."""
MARK = f"mycrm rows {sys.implementation.cache_tag} {__version__}".encode()
"""The end of a complete file. Another Python may write plain values in another way, another program other rows."""
LENGTH = 8
"""Bytes that tell how long a batch is."""


class Staging:
    """Batches in their order. ``path`` is where those that do not fit into memory go; without one, nowhere to be found.

    ``cells`` tells whether the rows' own cells are kept, for a rejects file. After the last batch
    ``seal`` adds what else there is to know, as plain values, and ``load`` returns it.
    """

    def __init__(self, entity: Entity, *, cells: bool, path: str | None = None) -> None:
        self.cells = cells
        self.path = path
        self.rows = 0
        self.kept: list[Batch] = []
        self.file: BinaryIO | None = None
        self.told: Callable[[int, int], None] = lambda place, size: None
        words = {word: entity.fields[name] for word, name in nouns.words(entity).items()}
        special = {name: f.kind for name, f in (entity.fields | words).items() if f.kind_name in SPECIAL}
        self.savers: Codec = {name: kind.saver("sqlite") for name, kind in special.items()}
        self.loaders: Codec = {name: kind.loader("sqlite") for name, kind in special.items()}

    @property
    def large(self) -> bool:
        """Whether there is a file."""
        return self.file is not None

    @property
    def is_full(self) -> bool:
        """Whether the next batch makes a file of those in memory."""
        return self.file is None and len(self.kept) == KEPT

    def add(self, batch: Batch) -> None:
        """Put a batch at the end."""
        self.rows += len(batch.records)
        if self.file is None:
            self.kept.append(batch)
            if len(self.kept) <= KEPT:
                return
            self.create()
            waiting, self.kept = self.kept, []
        else:
            waiting = [batch]
        for each in waiting:
            self._write((each.header, [self._packed(record) for record in each.records]))

    def create(self) -> None:
        """Make the file."""
        self.file = _opened(self.path)

    def _write(self, content: Any) -> None:
        """Write a batch, and tell where it stands to who waits for it."""
        assert self.file is not None
        data = marshal.dumps(content)
        self.file.write(len(data).to_bytes(LENGTH, "big") + data)
        self.file.flush()
        self.told(self.file.tell() - len(data), len(data))

    def at(self, place: int, size: int) -> Batch:
        """Return the batch at a place of the file, which another process wrote."""
        assert self.file is not None
        return self._batch(os.pread(self.file.fileno(), size, place))

    def _batch(self, data: bytes) -> Batch:
        header, packed = marshal.loads(data)  # noqa: S302 - the file is ours alone
        return Batch(header, [self._unpacked(row) for row in packed])

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches; those that were in memory are given up."""
        if self.file is None:
            while self.kept:
                yield self.kept.pop(0)
            return
        self.file.seek(0)
        while size := int.from_bytes(self.file.read(LENGTH), "big"):
            yield self._batch(self.file.read(size))

    def seal(self, known: dict[str, Any]) -> None:
        """Add what else there is to know, as plain values: with it the file is complete."""
        if self.file is not None:
            end = self.file.tell()
            self.file.write(bytes(LENGTH))
            marshal.dump(known | {"rows": self.rows}, self.file)
            self.file.write(end.to_bytes(LENGTH, "big") + MARK)
            self.file.flush()
            os.fsync(self.file.fileno())

    def restore(self) -> dict[str, Any] | None:
        """Open the file that was left behind and return what ``seal`` added; None where it is not complete."""
        try:
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
            self.file = os.fdopen(os.open(str(self.path), flags), "rb")
            _alone(self.file)
            self.file.seek(-LENGTH - len(MARK), os.SEEK_END)
            end = self.file.read()
        except OSError:
            end = b""
        if not end.endswith(MARK):
            self.close(keep=True)
            self.file = None
            return None
        assert self.file is not None
        self.file.seek(int.from_bytes(end[:LENGTH], "big") + LENGTH)
        known: dict[str, Any] = marshal.load(self.file)  # noqa: S302 - the file is ours alone
        self.rows = known["rows"]
        return known

    def close(self, *, keep: bool = False) -> None:
        """Close the file and remove it, unless somebody may want it again."""
        if self.file is not None:
            self.file.close()
            if self.path is not None and not keep:
                with suppress(FileNotFoundError):
                    os.unlink(self.path)

    def clear(self) -> None:
        """Forget all rows: they are going to be read again."""
        self.rows, self.kept = 0, []
        if self.file is not None:
            self.file.seek(0)
            self.file.truncate()

    def _packed(self, record: Record) -> tuple[Any, ...]:
        """Return a row as plain values."""
        values = record.values
        for name in values.keys() & self.savers.keys():
            if values[name] is not None:
                values[name] = self.savers[name](values[name])
        problem = record.problem
        told = problem and [(each.code, each.message, each.column, _plain(each.value)) for each in problem.all]
        kept = (record.cells, record.text) if self.cells and told else None
        rest = None
        if record.references or record.externals or record.notes or told:
            roles = list(record.roles.items())
            rest = (dict(record.references), roles, list(record.externals), list(record.notes), told, kept)
        keys = [(step, key.bytes if step == "id" else key) for step, key in record.keys]
        return record.line, values, keys, record.filled, rest, self.cells and record.cells, record.computed

    def _unpacked(self, packed: Sequence[Any]) -> Record:
        """Return the row that was packed."""
        line, values, keys, filled, rest, cells, computed = packed
        record = Record(line, cells or [])
        for name in values.keys() & self.loaders.keys():
            if values[name] is not None:
                values[name] = self.loaders[name](values[name])
        record.values, record.keys, record.filled, record.computed = values, keys, filled, computed
        if keys and keys[0][0] == "id":
            record.keys = [(step, UUID(bytes=key) if step == "id" else key) for step, key in keys]
        if rest is not None:
            references, roles, record.externals, record.notes, told, kept = rest
            record.references, record.roles = references or NOTHING, dict(roles) or NOTHING
            for code, message, column, value in told or ():
                record.refuse(Problem(code, message, column=column, value=value))
            if kept is not None:
                record.cells, record.text = kept
        return record


def _plain(value: object) -> object:
    """Return a value that messages quote, as text where it is nothing plain."""
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _opened(path: str | None) -> Any:
    """Open the file, readable for nobody else, and keep other processes from it."""
    if path is None:
        from tempfile import TemporaryFile

        return TemporaryFile()
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    _alone(file)
    file.truncate()
    return file


def _alone(file: Any) -> None:
    """Keep other processes from a file; raises Unavailable where one of them has it."""
    if not _lock(file):
        raise Unavailable("another process works on this import", hint="wait until it is through")


def _lock(file: Any) -> bool:
    """Lock a file until it is closed or the process is gone; return whether nobody else has done so."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # Windows keeps others from open files anyway
        return True
    except BlockingIOError:
        return False
    return True


def is_held(path: str | None) -> bool:
    """Return whether a process works with a file of staged rows."""
    try:
        with open(path or "", "rb") as file:
            return not _lock(file)
    except FileNotFoundError:
        return False
    except OSError:  # somebody else's
        return True
