"""``mycrm doctor``: whether all is as it should be, and organizations are kept apart."""

from __future__ import annotations

from typing import Annotated

import typer

from mycrm_cli import services
from mycrm_cli.cli.state import State
from mycrm_cli.db import directory
from mycrm_cli.db.connect import connect
from mycrm_cli.errors import CheckFailed, ConfigError, CrmError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uuid import UUID

    from mycrm_cli.services.health.finding import Finding

app = typer.Typer()
MOST_OTHERS = 20

Tenancy = Annotated[
    bool, typer.Option("--tenancy", help="Prove that organizations are kept apart.", show_default=False)
]


@app.command("doctor")
def doctor(ctx: typer.Context, tenancy: Tenancy = False) -> None:
    """Look for what is wrong: files, versions, the database, the login. Nothing is changed.

    mycrm doctor
    mycrm doctor --tenancy
    """
    state: State = ctx.obj
    profile = state.known()
    if not tenancy:
        findings = list(services.doctor.quick(profile, state.open))
    else:
        organization = state.organization_id() if profile else None
        if profile is None or organization is None:
            raise ConfigError("no profile with an organization is in force", hint="mycrm init, or -P NAME")
        findings = list(services.doctor.tenancy(profile, state.open, organization, others(state, organization)))
    tell(state, findings)


def others(state: State, own: UUID) -> list[UUID]:
    """Return ids of other organizations, as far as the admin database tells."""
    profile = state.profile
    if not profile.admin_database or profile.dialect == "sqlite":
        return []
    try:
        secret = profile.admin_password()
        connection = connect(profile.admin_database, password=secret.reveal() if secret else None)
    except CrmError as error:
        state.out.warn(f"the admin database is not asked for other organizations: {error.message}")
        return []
    try:
        found = directory.organization_ids(connection)
    finally:
        connection.close()
    return [id for id in found if id != own][:MOST_OTHERS]


def tell(state: State, findings: list[Finding]) -> None:
    """Print a line for each check; exit 8 where something is wrong."""
    levels = [finding.level for finding in findings]
    tried = sum(finding.tried for finding in findings)
    state.exit = CheckFailed.exit if "fail" in levels else 0
    if state.out.format in ("json", "jsonl"):
        summary = {"ok": not state.exit, "tried": tried, "failed": levels.count("fail"), "warned": levels.count("warn")}
        state.out.object(summary | {"findings": [finding.as_json() for finding in findings]})
        return
    for finding in findings:
        if state.out.format != "table":
            state.out.line("\t".join([finding.level, finding.check, finding.said, *filter(None, [finding.hint])]))
            continue
        state.out.line(f"{finding.level:<5} {finding.check}: {finding.said}")
        if finding.hint:
            state.out.line(f"      do: {finding.hint}")
    wrong, doubtful = levels.count("fail"), levels.count("warn")
    state.out.say(f"{tried:,} checks: {wrong} wrong, {doubtful} to look at")
