"""The unit of work: one command's writes are one transaction, one scope, one change set.

Services never commit. Leaving the block commits; an exception, or a dry run, takes everything back.
"""

from __future__ import annotations

from contextlib import contextmanager

from mycrm_cli import catalog, query
from mycrm_cli.services import counters
from mycrm_cli.services.journal import Journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Self

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.scope import Scope
    from mycrm_cli.services.hooks import Watch


class Work:
    """One command's writes. ``reader`` sees them before they are committed."""

    reader: Reader
    scope: Scope
    journal: Journal

    def __init__(
        self,
        connection: Connection,
        identify: Callable[[Connection], Scope],
        *,
        command: Sequence[str] = (),
        profile: str | None = None,
        label: str | None = None,
        dry_run: bool = False,
        reserve: Callable[[], Connection] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.connection = connection
        self.identify = identify
        self.command = list(command)
        self.profile = profile
        self.label = label
        self.dry_run = dry_run
        self.reserve = reserve
        self.spare: Connection | None = None
        self.tell = tell
        self.watch: Watch | None = None
        """What notes what hooks are to be told of, where there are any."""
        self.after: Callable[[Work], None] | None = None
        self.remarks: list[str] = []
        """What people are told once it lasts."""
        self.cache: dict[str, object] = {}
        """What rules have looked up and need again, by their own keys."""
        self.is_committed = False
        self.is_on_behalf = False
        """Whether what is written now follows from what the user did, and asks for no right of its own."""

    def __enter__(self) -> Self:
        """Begin: take the write lock, find out who is asking, open the change set."""
        try:
            self.begin()
        except BaseException:
            self.connection.close()
            raise
        return self

    def begin(self) -> None:
        """Begin the transaction and find out who is asking."""
        self.connection.begin()
        self.join()

    def join(self) -> None:
        """Find out who is asking in a transaction that has begun, and open the change set."""
        self.scope = self.identify(self.connection)
        self.reader = query.Reader(self.connection, self.scope)
        self.journal = Journal(self)

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        """Commit, or take everything back after an error or in a dry run; close in any case.

        Closing takes back what was not committed. A rollback could fail after an interrupt in the middle
        of a statement, and its error would hide the interrupt.
        """
        try:
            if kind is None and not self.dry_run:
                self.commit()
        finally:
            self.connection.close()
            if self.spare is not None:
                self.spare.close()
            journal = getattr(self, "journal", None)
            if journal is not None and journal.spool is not None:
                journal.spool.file.close()
        if self.after is not None and kind is None and not self.dry_run:
            # Nobody else waits for it: the connection is closed.
            self.after(self)

    def commit(self) -> None:
        """Append the change set to the journal's chain and make everything last."""
        self.journal.seal()
        if self.scope.unnoted is not None:
            from mycrm_cli.services import tokens

            tokens.note_use(self, self.scope.unnoted)
        self.connection.commit()
        self.is_committed = True
        if self.tell is not None:
            for remark in self.remarks:
                self.tell(remark)

    def numbers(self, entity: catalog.Entity, count: int) -> int:
        """Reserve ``count`` numbers of an entity and return the first."""
        with self.counting() as connection:
            return counters.take(connection, self.scope.organization_id, entity.name, count)

    def keep_above(self, entity: catalog.Entity, number: int) -> None:
        """Make sure that a number which came with an import is never given out again."""
        with self.counting() as connection:
            counters.keep_above(connection, self.scope.organization_id, entity.name, number)

    @contextmanager
    def on_behalf(self) -> Iterator[None]:
        """Write what follows from what the user may do, also where the user may not write it alone."""
        before, self.is_on_behalf = self.is_on_behalf, True
        try:
            yield
        finally:
            self.is_on_behalf = before

    @contextmanager
    def counting(self) -> Iterator[Connection]:
        """Give the connection on which numbers are reserved.

        On PostgreSQL it is one of its own, committed at once, so that nobody waits for a number until a
        long import ends; SQLite has one writer anyway, and a dry run takes its numbers back.
        """
        if self.reserve is None or self.dry_run or self.connection.dialect == "sqlite":
            yield self.connection
            return
        if self.spare is None:
            self.spare = self.reserve()
        self.spare.begin()
        yield self.spare
        self.spare.commit()
