"""The mail with the dashboard: whom it goes to, and what it says besides the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.cli.reports import REPORTS
from mycrm_cli.errors import Partial

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State
    from mycrm_cli.output.dashboard.page import Page
    from mycrm_cli.services.dashboards import Letter

LIMITS = ("period", "by_owner", "by_team", "by_pipeline", "as_of")


def send(state: State, page: Page, given: dict[str, Any]) -> None:
    """Mail the page to those who are to have it and have not had it today."""
    from mycrm_cli.services import dashboards, notices

    channel = notices.opened("email", state.profile)
    users = catalog.entity("user")
    named = [state.reader.find(users, reference).id for reference in given["to"] or ()]
    shown = {part.id for part in page.parts}
    people = dashboards.recipients(state.reader, named, [spec.entity for spec in REPORTS if spec.name in shown])
    done = dashboards.run(state.work, channel, people, letter(state, page, given), again=given["again"])
    if done.lost:
        state.out.warn(f"{done.lost:,} of earlier runs may or may not have gone out; --again sends them once more")
    for line in done.problems:
        state.out.warn(line)
    if done.problems:
        raise Partial(f"{len(done.sent):,} went out, {len(done.problems):,} did not", hint="--again sends what failed")
    if done.sent and state.out.terminal:
        state.out.say(f"sent to {', '.join(done.sent)}")
    if done.had and state.out.terminal:
        state.out.say(f"had it today already: {', '.join(done.had)}")


def letter(state: State, page: Page, given: dict[str, Any]) -> Letter:
    """Return the mail: the figures as text, and the page as a file."""
    from mycrm_cli.output.dashboard.page import html
    from mycrm_cli.services.dashboards import Letter
    from mycrm_cli.services.mail.attaching import Attached

    lines = [f"{page.organization}: {', '.join([page.period, *page.about])}", ""]
    for figure in page.figures:
        text = f"{figure.text} {figure.unit}".rstrip()
        lines.append(f"{figure.label + ':':<16} {text}{f' ({figure.note})' if figure.note else ''}")
    lines += ["", "The attached page opens in any browser and needs no network.", "", page.made]
    content = html(page).encode("utf-8", "backslashreplace")
    about = [str(state.scope.user_id), *(f"{name}={given[name]}" for name in LIMITS if given[name])]
    return Letter(page.title, "\n".join(lines), Attached("dashboard.html", "text/html", content), about)
