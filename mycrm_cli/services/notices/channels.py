"""The ways to users: standard output, e-mail, and a command of the user's own."""

from __future__ import annotations

import json
import os
import sys

from mycrm_cli.errors import ConfigError, UsageError
from mycrm_cli.services.notices.notice import InDoubt, Notice, NotSent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self, TextIO

    from mycrm_cli.config.profile import Profile
    from mycrm_cli.services.mail.transport import Mailer
    from mycrm_cli.services.notices.notice import Channel

CHANNELS = ("stdout", "email", "command")


def opened(name: str, profile: Profile) -> Channel:
    """Return a channel by its name; raises UsageError for an unknown one, ConfigError for one that is not set up."""
    if name == "stdout":
        return Stdout()
    if name == "email":
        from mycrm_cli.services.mail import transport

        return Email(transport.Mailer(transport.server_of(profile)))
    if name == "command":
        from mycrm_cli.config import notify

        found = notify.command()
        if found is None:
            raise ConfigError(
                "no command is set up for notices", hint='in config.toml: [notify] command = ["/path/to/program"]'
            )
        return Command(*found)
    raise UsageError(f"no channel {name!r}", hint=", ".join(CHANNELS), candidates=list(CHANNELS))


class _Open:
    """A channel that needs neither opening nor closing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        return None


class Stdout(_Open):
    """Writes the text of notices; what a terminal would act on is made visible by ``clean``."""

    name = "stdout"

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream

    def send(self, notice: Notice) -> None:
        """Write a notice and flush it, so that what was written was seen."""
        stream = self.stream or sys.stdout
        stream.write(f"{clean(notice.text.rstrip())}\n")
        stream.flush()


def clean(text: str) -> str:
    """Return text without characters that a terminal would act on; line ends stay."""
    kept = "".join(char if char in "\n\t" or char.isprintable() else "�" for char in text)
    return kept.encode("utf-8", "replace").decode("utf-8")


class Email:
    """Sends each notice as one message to one address."""

    name = "email"

    def __init__(self, mailer: Mailer) -> None:
        self.mailer = mailer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.mailer.close()

    def send(self, notice: Notice) -> None:
        """Send a notice by mail; raises NotSent or InDoubt."""
        if not notice.email:
            raise NotSent("there is nobody with an e-mail address to tell", is_final=True)
        message = self.mailer.message(
            notice.email, notice.name, notice.subject, notice.text, notice.id, files=notice.files
        )
        # Holiday notes and mailing lists leave such messages alone (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        self.mailer.send(message)


class Command(_Open):
    """Runs a program for each notice, with the notice as JSON on its standard input."""

    name = "command"

    def __init__(self, argv: list[str], seconds: float) -> None:
        self.argv = argv
        self.seconds = seconds

    def send(self, notice: Notice) -> None:
        """Run the program; raises NotSent where it failed, InDoubt where it took too long."""
        from mycrm_cli.config import paths
        from mycrm_cli.services import programs

        data = notice._asdict() | {"user_id": str(notice.user_id) if notice.user_id else None}
        del data["files"]
        text = json.dumps(data, ensure_ascii=False, default=str) + "\n"
        ended = programs.run(self.argv, text.encode("utf-8", "backslashreplace"), self.seconds, {}, paths.config_dir())
        if ended.problem is None:
            return
        last = ended.said.splitlines()[-1:]
        message = ": ".join([f"{os.path.basename(self.argv[0])} {ended.problem}", *(line[:200] for line in last)])
        if ended.is_cut:
            raise InDoubt(message, is_channel=ended.is_late)
        raise NotSent(message, is_channel=not ended.is_started)
