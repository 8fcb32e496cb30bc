"""``mycrm db restore``: a backup in the place of what the database holds."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mycrm_cli.cli import backup
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.config import profiles
from mycrm_cli.errors import ConfigError, Denied, Invalid, UsageError
from mycrm_cli.roles import ADMINISTRATORS

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State
    from mycrm_cli.services.restoring import Restored

app = typer.Typer()
NAMED = 20
"""Records that are told one by one."""

File = Annotated[str | None, typer.Argument(help="The backup: a path, or a name of db list.", metavar="FILE")]
Confirm = Annotated[str | None, typer.Option(help="The profile's name.", metavar="PROFILE")]


@app.command("restore", cls=WriteVerb)
def restore(ctx: typer.Context, file: File = None, confirm: Confirm = None) -> None:
    """Put a backup in the place of what the database holds. What is there is backed up first.

    All sessions end. People who were erased since the backup was made are erased again.

    mycrm db list --verify
    mycrm db restore work-20261101T013000000000Z.db --dry-run
    mycrm db restore work-20261101T013000000000Z.db --confirm work
    """
    from mycrm_cli.services import restoring

    state: State = ctx.obj
    profile = state.profile
    if not file:
        raise UsageError("which backup?", hint="mycrm db list")
    path = place(state, file)
    url, password = backup.access(profile)
    told = restoring.check(url, path)
    allow(state)
    concerned(state, path, told)
    if state.dry_run:
        slugs = sorted((told.get("organizations") or {}).values())
        of = f", with {', '.join(slugs[:NAMED])}," if slugs else ""
        state.out.say(f"the backup of {told['made_at'][:19]} UTC{of} is whole; nothing was changed")
        return
    if confirm != profile.name:
        said = f"restore puts the backup of {told['made_at'][:19]} UTC in the place of all that {profile.name} holds"
        meant = f"; --confirm says {confirm}" if confirm else ""
        raise UsageError(f"{said}{meant}; nothing was changed", hint=f"--confirm {profile.name} does it")
    profiles.check_write(profile.choice, terminal=sys.stdin.isatty())
    state.close()
    tell(state, restoring.restore(url, password, path, told, backup.usual(profile)))


def place(state: State, file: str) -> str:
    """Return the path of a backup, which may be named as ``db list`` names it."""
    listed = os.path.join(backup.usual(state.profile), file)
    return listed if not os.path.exists(file) and os.path.exists(listed) else file


def allow(state: State) -> None:
    """Refuse whoever is no administrator; holding the admin database, or a file past reading, is enough."""
    profile = state.profile
    if profile.admin_database:
        return
    if profile.dialect != "sqlite":
        raise ConfigError(
            "a restore on PostgreSQL needs the admin database",
            hint=f"mycrm profile edit {profile.name} --admin-database URL, with a login that may do everything in it",
        )
    role = backup.role_of(state)
    if role is not None and role not in ADMINISTRATORS:
        raise Denied(f"the role {role} may not restore backups; it is for administrators")


def concerned(state: State, path: str, told: dict[str, Any]) -> None:
    """Raise Invalid for a backup that the profile's organization is not in: nobody could sign in to it afterwards."""
    known, own = told.get("organizations"), state.organization_id()
    if known is not None and own is not None and own.hex not in known:
        slugs = ", ".join(sorted(known.values())[:NAMED]) or "no organization"
        raise Invalid(
            f"{path} holds {slugs}, and not the organization of profile {state.profile.name}",
            hint="mycrm profile list shows which profile it belongs to",
        )


def tell(state: State, done: Restored) -> None:
    """Say what was done, and what is left to people."""
    for sentence in warnings(done):
        state.out.warn(sentence)
    if state.out.format in ("json", "jsonl"):
        state.out.object(document(done))
        return
    state.out.say(f"restored the backup of {done.made_at[:19]} UTC, schema {done.schema}")
    if done.before:
        state.out.say(f"what was there before is in {done.before}")
    if done.sessions:
        count = "one session" if done.sessions == 1 else f"{done.sessions:,} sessions"
        state.out.say(f"{count} ended: sign in again with mycrm auth login")
    state.out.say("users, roles, passwords and tokens are those of the backup: mycrm user list, user token list")
    if done.erased:
        more = f" and {len(done.erased) - NAMED:,} more" if len(done.erased) > NAMED else ""
        state.out.say(f"erased again: {' '.join(done.erased[:NAMED])}{more}")
    if done.is_older:
        state.out.say("the backup has an older schema: mycrm db upgrade")


def document(done: Restored) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "file": done.file,
        "made_at": done.made_at,
        "schema": done.schema,
        "before": done.before,
        "sessions_ended": done.sessions,
        "erased_again": done.erased,
        "to_erase": done.left,
        "erase_after_upgrade": done.again,
        "erasures_unknown": done.unknown,
        "logins_to_grant": done.logins,
        "upgrade_needed": done.is_older,
    }


def warnings(done: Restored) -> list[str]:
    """Return what nobody may overlook."""
    said = [f"{who} was erased and is in the backup: erase them by hand" for who in done.left]
    if done.again:
        said.append(
            "people in the backup were erased since: after mycrm db upgrade run"
            f" mycrm person erase --again {done.again} --confirm again"
        )
    if done.unknown:
        said.append(
            "what was there could not be read: whoever was erased after the backup was made is back;"
            " mycrm person erase --again FILE takes the list of mycrm person list"
        )
    if done.logins:
        said.append(f"the backup does not know these logins: {' '.join(done.logins)}; mycrm db grant USER makes them")
    return said
