"""Entries for cron and systemd that start ``cron run``: absolute paths, the profile, nothing from a shell."""

from __future__ import annotations

import os
import shlex
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.config.profiles import Profile

PLACES = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")


def program() -> list[str]:
    """Return the words that start this program by its absolute path, whatever folder they are run in."""
    return [sys.executable, "-P", "-m", "mycrm_cli"]


def installed() -> list[str]:
    """Return the words that people know it by: the script beside this Python, where there is one."""
    script = os.path.join(os.path.dirname(sys.executable), "mycrm")
    return [script] if os.access(script, os.X_OK) else program()


def variables() -> dict[str, str]:
    """Return the variables that say where the program's files are; HOME where nothing else does."""
    home = os.environ.get("MYCRM_HOME")
    if home:
        return {"MYCRM_HOME": os.path.abspath(os.path.expanduser(home))}
    named = {name: os.environ[name] for name in PLACES if os.path.isabs(os.environ.get(name, ""))}
    return {"HOME": os.path.expanduser("~"), **named}


def line(profile: str) -> list[str]:
    """Return the words of the command."""
    return [*installed(), "-P", profile, "cron", "run"]


def crontab(profile: str, every: int) -> str:
    """Return a line for ``crontab -e``; cron reads a percent sign as a new line unless it is escaped."""
    times = "*" if every == 1 else f"*/{every}"
    words = [f"{name}={shlex.quote(value)}" for name, value in variables().items()]
    command = " ".join([*words, shlex.join(line(profile))])
    return f"{times} * * * * {command}".replace("%", "\\%")


def systemd(profile: str, every: int) -> str:
    """Return a service and a timer for systemd, of the user or of the system."""
    unit = f"mycrm-cron-{profile}"
    settings = "\n".join(f"Environment={_quoted(f'{name}={value}')}" for name, value in variables().items())
    return f"""# ~/.config/systemd/user/{unit}.service
[Unit]
Description=Jobs of mycrm, profile {profile}
After=network-online.target

[Service]
Type=oneshot
{settings}
ExecStart={" ".join(map(_quoted, line(profile)))}
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
    """Return a word as systemd reads it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if " " in escaped or '"' in escaped else escaped


def doubts(profile: Profile) -> Iterator[str]:
    """Yield what will not work without a terminal: secrets in the keyring, sessions, variables of this shell."""
    sources = (profile.password_source, profile.token_source)
    if any((source or "").startswith("keyring") for source in sources):
        yield f"cron has no keyring: mycrm profile edit {profile.name} --database-password file:PATH"
    if any((source or "").startswith("env") for source in sources) or "MYCRM_TOKEN" in os.environ:
        yield "cron does not know the variables of this shell: keep secrets in a file of mode 0600, file:PATH"
    if profile.origins.get("database") == "environment":
        yield f"cron does not know MYCRM_DATABASE_URL: mycrm profile edit {profile.name} --database URL"
    if profile.token_source is None and profile.dialect == "postgresql":
        yield "a session ends after 12 hours: make a token, mycrm user token create, and profile edit --token file:PATH"
