"""What answers are broken down by: users, teams and other records by their names, or words of a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycrm_cli import catalog
from mycrm_cli.query.sql import Sql, compose
from mycrm_cli.query.titles import title

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame

NAMED = {"user": "user", "owner": "user", "team": "team", "sequence": "sequence", "template": "email_templates"}
"""What it is broken down by -> the entity whose names are shown."""


def names(frame: Frame, by: str, key: str) -> tuple[str, str, Sql]:
    """Return (id, name, joins) for a column that holds ids, those of users where it is broken down by teams."""
    if by not in NAMED:
        return key, key, Sql("")
    alias = frame.alias()
    if by == "team":
        user, team = catalog.entity("user"), catalog.entity("team")
        member = frame.alias()
        joins = compose(
            f"LEFT JOIN users AS {member} ON {{}} AND {member}.id = {key}"
            f" LEFT JOIN teams AS {alias} ON {{}} AND {alias}.id = {member}.team_id",
            frame.within(user, member),
            frame.within(team, alias),
        )
        return f"{alias}.id", f"{alias}.name", joins
    entity = catalog.entity(NAMED[by])
    joins = compose(f"LEFT JOIN {entity.table} AS {alias} ON {{}} AND {alias}.id = {key}", frame.within(entity, alias))
    return f"{alias}.id", title(entity, alias).text, joins


def nobody(by: str) -> str:
    """Return what pictures say where there is no user, team or other record."""
    return {"user": "nobody", "owner": "nobody"}.get(by, f"no {by}")
