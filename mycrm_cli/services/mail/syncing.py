"""Reading a mailbox: some messages at a time, each time with how far it came, so that nothing is lost or twice.

Nothing is open in the database while the mail server is waited for. A run that is killed, or cut off, is taken up by
the next one behind the last messages that were written down.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.services import posting
from mycrm_cli.services.mail import folders, matching, reading
from mycrm_cli.services.mail.matching import Counts
from mycrm_cli.services.transfer import queueing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date

    from mycrm_cli.services.mail.mailbox import Account, Fetched
    from mycrm_cli.services.work import Work

JOB = "email sync"
BATCH = 100
"""Messages that are fetched and written down together."""
FIRST = timedelta(days=30)
"""How far back a folder is read that was never read, or whose messages were numbered anew."""


class Asked(NamedTuple):
    """What is read: folders, from which day on if one was named, and further addresses that are ours."""

    folders: tuple[str, ...] = ("INBOX",)
    since: date | None = None
    own: Collection[str] = ()


def sync(begin: Callable[[], Work], account: Account, asked: Asked, tell: Callable[[int], None]) -> Counts:
    """Read what is new and return what became of it; raises Unavailable while another run goes on.

    ``tell`` hears how many messages were read.
    """
    from mycrm_cli.services.mail.mailbox import Mailbox

    total = Counts()
    with posting.alone(begin, JOB), Mailbox(account) as box:
        for name in asked.folders:
            run = _Folder(begin, box, name, asked)
            for numbers in run.batches():
                total = total.plus(run.take(box.fetch(numbers), numbers[-1]))
                tell(total.read)
            run.finish()
    return total


class _Folder:
    """One folder on its way: what is known of it, and what is still to be read."""

    def __init__(self, begin: Callable[[], Work], box: object, name: str, asked: Asked) -> None:
        from mycrm_cli.services.mail.mailbox import Mailbox

        assert isinstance(box, Mailbox)
        self.begin, self.box, self.name, self.asked = begin, box, name, asked
        self.account = box.account.name
        self.opened = box.open(name)
        with begin() as work:
            known = folders.find(work, self.account, name)
        is_same = known is not None and known.uidvalidity == folders.kept(self.opened.uidvalidity)
        self.last = known.last_uid if known is not None and is_same else 0
        self.since = asked.since
        self.is_new = not is_same
        if self.since is None and not is_same:
            read_at = known.read_at if known is not None else None
            self.since = (min(read_at or clock.now(), clock.now(), clock.real()) - FIRST).date()

    def batches(self) -> list[list[int]]:
        """Return the messages to read, some at a time."""
        numbers = self.box.numbers(self.last, self.since)
        return [numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH)]

    def take(self, fetched: list[Fetched], last: int) -> Counts:
        """Write down what messages mean, and how far the folder was read."""
        mails = [reading.read(one.raw, one.arrived) for one in fetched]
        own = {*self.asked.own, self.box.account.user}
        with self.begin() as work:
            # An import may hold the same messages: each must find what the other wrote.
            queueing.turn(work, catalog.entity("email"))
            counts = matching.take(work, mails, own)
            self._keep(work, last, counts)
        self.is_new = False
        return counts

    def finish(self) -> None:
        """Remember a folder in which nothing was to be read, so that its old messages stay unread from now on."""
        if self.is_new:
            with self.begin() as work:
                self._keep(work, max(self.opened.next_uid - 1, 0), Counts())

    def _keep(self, work: Work, last: int, counts: Counts) -> None:
        numbering = self.opened.uidvalidity
        folders.keep(work, self.account, self.name, numbering, last, counts.read, counts.matched)
