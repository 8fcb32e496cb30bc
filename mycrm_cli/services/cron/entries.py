"""Entries for cron and systemd that start ``cron run``: absolute paths, the profile, nothing from a shell."""

from __future__ import annotations

import os
import re
import shlex
import sys

from mycrm_cli.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.config.profiles import Profile

PLAIN = re.compile(r"[\w@%+=:,./-]+")
"""Words that systemd needs no quotes for."""
PLACES = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")


def program() -> list[str]:
    """Return the words that start this program by its absolute path, whatever folder they are run in."""
    return [sys.executable, "-P", "-m", "mycrm_cli"]


def installed() -> list[str]:
    """Return the words that people know it by: the script beside this Python, where there is one."""
    script = os.path.join(os.path.dirname(sys.executable), "mycrm")
    return [script] if os.access(script, os.X_OK) else program()


def variables() -> dict[str, str]:
    """Return the variables that say where the program's files are; raises ConfigError for what no crontab can name."""
    found = _places()
    for name, value in found.items():
        if not value.isprintable():
            raise ConfigError(f"{name} has a line end or another control character in it, which no entry can name")
    return found


def _places() -> dict[str, str]:
    """Return the variables, HOME where nothing else says it."""
    home = os.environ.get("MYCRM_HOME")
    if home:
        return {"MYCRM_HOME": os.path.abspath(os.path.expanduser(home))}
    named = {name: os.environ[name] for name in PLACES if os.path.isabs(os.environ.get(name, ""))}
    return {"HOME": os.path.expanduser("~"), **named}


def line(profile: str) -> list[str]:
    """Return the words of the command."""
    return [*installed(), "-P", profile, "cron", "run"]


def crontab(profile: str, every: int) -> str:
    """Return a line for ``crontab -e``."""
    times = "*" if every == 1 else f"*/{every}"
    words = [f"{name}={_word(value)}" for name, value in variables().items()]
    return " ".join([times, "* * * *", *words, *map(_word, line(profile))])


def _word(text: str) -> str:
    """Return a word of a crontab: some crons read a percent sign as a line end unless it is escaped.

    They take the backslash away, others leave it to the shell: it stands outside of quotes, where both are right.
    """
    return "\\%".join(shlex.quote(part) if part else "" for part in text.split("%"))


def systemd(profile: str, every: int) -> str:
    """Return a service and a timer for systemd, of the user or of the system."""
    unit = f"mycrm-cron-{profile}"
    settings = "\n".join(f"Environment={_quoted(f'{name}={value}')}" for name, value in variables().items())
    command = " ".join(_quoted(word).replace("$", "$$") for word in line(profile))
    return f"""# ~/.config/systemd/user/{unit}.service
[Unit]
Description=Jobs of mycrm, profile {profile}
After=network-online.target

[Service]
Type=oneshot
{settings}
ExecStart={command}
SuccessExitStatus=75

# ~/.config/systemd/user/{unit}.timer
[Unit]
Description=Every {f"{every} minutes" if every > 1 else "minute"}: jobs of mycrm, profile {profile}

[Timer]
OnCalendar=*:0/{every}
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target

# systemctl --user daemon-reload && systemctl --user enable --now {unit}.timer && loginctl enable-linger"""


def _quoted(text: str) -> str:
    """Return a word as systemd reads it; a dollar sign means something in commands only."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return escaped if PLAIN.fullmatch(escaped) else f'"{escaped}"'


def doubts(profile: Profile) -> Iterator[str]:
    """Yield what will not work without a terminal: secrets in the keyring, sessions, variables of this shell."""
    named = {
        "database-password": profile.password_source,
        "smtp-password": profile.smtp_password_source,
        "imap-password": profile.imap_password_source,
        "token": profile.token_source,
    }
    sources = named.values()
    for option in (option for option, source in named.items() if source == "keyring"):
        yield f"cron has no keyring: mycrm profile edit {profile.name} --{option} file:PATH"
    if any((source or "").startswith("env") for source in sources) or "MYCRM_TOKEN" in os.environ:
        yield "cron does not know the variables of this shell: keep secrets in a file of mode 0600, file:PATH"
    if profile.origins.get("database") == "environment":
        yield f"cron does not know MYCRM_DATABASE_URL: mycrm profile edit {profile.name} --database URL"
    if profile.token_source is None and profile.dialect == "postgresql":
        yield "a session ends after 12 hours: make a token, mycrm user token create, and profile edit --token file:PATH"
