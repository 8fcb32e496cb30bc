"""What is told to a user, and what may come of telling it."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, Self

from mycrm_cli.errors import CrmError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.services.mail.attaching import Attached


class Notice(NamedTuple):
    """One message to one user: ``kind`` is reminder, alert, digest, dashboard or failure.

    ``text`` is for people and ``data``, which JSON can hold, for programs. ``email`` and ``name`` are the user's;
    ``id`` names the message for good, so that sending it once more is seen to be the same.
    ``files`` go with mail alone.
    """

    kind: str
    user_id: UUID | None
    subject: str
    text: str
    data: dict[str, Any]
    email: str | None = None
    name: str | None = None
    id: str | None = None
    files: Sequence[Attached] = ()


class NotSent(CrmError):
    """A notice surely did not go out; ``is_final`` says that trying again would not help.

    ``is_channel`` says that nothing else can go this way now either.
    """

    code = "not_sent"
    exit = 7

    def __init__(self, message: str, *, is_final: bool = False, is_channel: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final
        self.is_channel = is_channel


class InDoubt(CrmError):
    """A notice may have gone out: whoever took it did not say so in the end.

    ``is_channel`` says that others would be left in doubt this way as well.
    """

    code = "in_doubt"
    exit = 7

    def __init__(self, message: str, *, is_channel: bool = False) -> None:
        super().__init__(message)
        self.is_channel = is_channel


class Channel(Protocol):
    """A way to users; it is opened when the first notice goes out."""

    name: str

    def send(self, notice: Notice) -> None:
        """Send a notice; raises NotSent or InDoubt."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


def send(notice: Notice, channel: Channel) -> None:
    """Send a notice; raises NotSent, or InDoubt where it may have arrived."""
    channel.send(notice)
