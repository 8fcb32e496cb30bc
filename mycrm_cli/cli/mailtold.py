"""What the commands that send mail tell: previews, who was left out and why, and what came of it."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mycrm_cli.cli.progress import Progress
from mycrm_cli.errors import Invalid, Partial, Terminated, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.mail.outbox import Message, Queued
    from mycrm_cli.services.mail.sending import Sent, Told
    from mycrm_cli.services.mail.transport import Mailer
    from mycrm_cli.services.work import Work

SHOWN = 3
"""Messages that a preview shows, and problems that are told one by one."""
WHY = {
    "suppressed": "suppressed",
    "refused": "refused mail",
    "erased": "erased",
    "twice": "reached with this key before",
    "no_address": "no e-mail address",
    "same_address": "the address of another one",
}
ALONE = {
    "suppressed": "{} gets no mail: the address is suppressed",
    "refused": "{} refused mail",
    "erased": "this address is one of a person who was erased",
}
HEADERS = ("From", "To", "Subject", "In-Reply-To", "List-Unsubscribe")


class Watch:
    """Counts what goes out, keeps the first problems, and shows how far it is."""

    def __init__(self, state: State, total: int) -> None:
        self.state, self.progress = state, Progress(state)
        self.total, self.count = total, 0
        self.problems: list[str] = []

    def __call__(self, told: Told) -> None:
        """Take note of a message."""
        self.count += 1
        self.progress(self.count, self.total)
        if told.state != "sent":
            words = {"queued": "waits", "uncertain": "in doubt"}.get(told.state, told.state)
            self.problems.append(f"{told.to_email}: {words}: {told.error}")


def refuse_alone(messages: Sequence[Message], queued: Sequence[Queued]) -> None:
    """Refuse the only message of a line where its recipient gets none; raises Invalid."""
    if len(queued) == 1 and (why := queued[0].why_not) in ALONE:
        said = ALONE[str(why)].format(messages[0].to_email)
        raise Invalid(said, details=[{"field": "email", "code": str(why)}], hint="mycrm email suppress list")


def say_left_out(state: State, queued: Sequence[Queued], more: Mapping[str, int]) -> None:
    """Say who gets no message, and why."""
    counts = Counter(one.why_not for one in queued if one.why_not) + Counter(dict(more))
    for why, count in counts.items():
        state.out.warn(f"left out: {count:,} ({WHY[str(why)]})")


def preview(state: State, mailer: Mailer, messages: Sequence[Message], queued: Sequence[Queued], work: Work) -> None:
    """Show what would be sent: the first messages in full, the number of all."""
    from mycrm_cli.services.mail import unsubscribing

    out = state.out
    wanted = [(message, one) for message, one in zip(messages, queued, strict=True) if one.outbox_id is not None]
    page = unsubscribing.page(work.connection, work.scope)
    shown = []
    for message, one in wanted[: None if out.format in ("json", "jsonl") else SHOWN]:
        extra = unsubscribing.headers(page, mailer.sender.addr_spec, one.message_id) if message.is_bulk else {}
        shown.append(_shown(mailer, message, one, extra))
    if out.format in ("json", "jsonl"):
        for value in shown if out.format == "jsonl" else [shown]:
            out.object(value)
        return
    for value in shown:
        out.line("\n".join(f"{name}: {value['headers'][name]}" for name in HEADERS if name in value["headers"]))
        files = [f"[{', '.join(value['attachments'])}]"] if value["attachments"] else []
        for line in ["", *value["body_text"].splitlines(), *files, ""]:
            out.line(line)
    out.say(f"would have sent {len(wanted):,} messages" if len(wanted) != 1 else "would have sent 1 message")


def _shown(mailer: Mailer, message: Message, one: Queued, extra: Mapping[str, str]) -> dict[str, Any]:
    """Return a message as a preview shows it."""
    headers = dict(extra)
    if message.reply_to_message_id:
        headers["In-Reply-To"] = message.reply_to_message_id
    made = mailer.message(
        message.to_email, message.to_name, message.subject, message.body_text, one.message_id, headers=headers
    )
    return {
        "to": message.to_email,
        "headers": {name: str(value) for name, value in made.items() if name in HEADERS},
        "body_text": message.body_text,
        "body_html": message.body_html,
        "attachments": [file.name for file in message.attachments],
    }


@contextmanager
def cut_off(watch: Watch) -> Iterator[None]:
    """Say what becomes of messages when somebody ends the program while they go out: they are not taken back."""
    try:
        yield
    except (KeyboardInterrupt, Terminated):
        watch.progress(-1)
        watch.state.out.warn(
            f"{watch.count - len(watch.problems):,} of {watch.total:,} messages went out; what waits is not taken back:"
            " mycrm email outbox run sends it, mycrm email outbox cancel gives it up"
        )
        raise


def finish(state: State, sent: Sent, watch: Watch) -> None:
    """Say what came of it; raises Partial, or Unavailable where nothing went out and all of it waits."""
    watch.progress(-1)
    if not watch.problems and not sent.waiting:
        if state.out.terminal:
            state.out.say(f"sent {sent.sent:,} {'message' if sent.sent == 1 else 'messages'}")
        return
    for line in watch.problems[:SHOWN]:
        state.out.warn(line)
    said = ", ".join(f"{count:,} {name}" for name, count in sent._asdict().items() if count)
    hint = "mycrm email outbox list; mycrm email outbox run sends what waits"
    if sent.waiting and not (sent.sent or sent.failed or sent.uncertain):
        raise Unavailable(f"nothing went out: {said}", hint=hint)
    if sent.failed or sent.uncertain or sent.waiting:
        raise Partial(f"not all went out: {said}", hint=hint)
