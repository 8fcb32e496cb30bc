"""A place inside a unit of work to which it can go back: rows, and the journal's entries for them."""

from __future__ import annotations

from mycrm_cli.services import holding
from mycrm_cli.services.people import tombstones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.services.work import Work


class Savepoint:
    """Made where it may be gone back to; then either ``keep`` or ``back`` is called. They may be nested."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.mark = work.journal.mark()
        work.connection.execute("SAVEPOINT mycrm_batch")

    def keep(self) -> None:
        """Let what was written since then stay."""
        self.work.connection.execute("RELEASE SAVEPOINT mycrm_batch")

    def back(self) -> None:
        """Take back what was written since then."""
        self.work.connection.execute("ROLLBACK TO SAVEPOINT mycrm_batch")
        self.work.connection.execute("RELEASE SAVEPOINT mycrm_batch")
        self.work.connection.staged.clear()  # what was made since then is gone
        self.work.journal.back(self.mark)
        holding.forget(self.work)  # locks that came after the place are gone
        self.work.cache.pop(tombstones.KEPT, None)
