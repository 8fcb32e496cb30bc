"""The reports that there are: what each is about, and which questions it takes."""

from __future__ import annotations

from typing import Any, NamedTuple

from mycrm_cli.cli import signatures as sig


class Spec(NamedTuple):
    """A report: ``entity`` is what ``-w`` filters, ``owner`` and ``pipeline`` the fields behind those options.

    ``period`` is the one that counts unless told, ``by`` what the answer can be broken down by (the first unless
    told; ``several`` of them at once), ``asof`` whether the past can be asked for. ``query.reports.<name>.report``
    answers it.
    """

    name: str
    entity: str
    doc: str
    period: str = ""
    by: tuple[str, ...] = ()
    owner: str = "owner"
    pipeline: str = ""
    asof: bool = True
    several: bool = False
    options: dict[str, Any] = {}  # noqa: RUF012 - a tuple's default, which nobody changes


PIPELINE = Spec(
    "pipeline",
    "deal",
    """Show what stands where: open deals by stage.

    Value and weighted value (times probability) are in the organization's currency, days are whole days in the stage
    on average, and stale counts the deals that have stood there longer than the stage allows.

    mycrm report pipeline
    mycrm report pipeline --owner me --as-of 2026-09-30
    mycrm report pipeline --pipeline Sales -w 'tag=enterprise' -o csv
    """,
    pipeline="pipeline",
)
FORECAST = Spec(
    "forecast",
    "deal",
    """Show what open deals may bring, what was won, and what was aimed at, month by month.

    Best case is the sum of the values of open deals, weighted that of value times probability, won what was won in
    these months, all in the organization's currency. Attainment is won by target; gap is what is missing from the
    target, and open gap what is missing if open deals bring their weighted value. A target is for all deals of a user,
    so a filter other than --owner and --team leaves targets out, and so do stages and pipelines.

    With --compare it shows what has changed since then, from the opening forecast to the closing one: deals that are
    new, pulled in (now expected in these months) or reopened, that are worth more (raised) or less (lowered), or got
    another probability; deals that slipped (expected later now, or never), were won, lost or removed; and joined or
    left for deals that fit the filter only now, or no longer. The forecast is that of open deals which are expected
    until the end of the last month, overdue ones included. Both sides count by the rates of their day; what the rates
    alone have changed is a line of its own. Opening and changes make closing, to the cent. -v lists the deals.

    mycrm report forecast
    mycrm report forecast --by owner --months 3 --team North
    mycrm report forecast --by month,owner -o csv
    mycrm report forecast --months 1 --compare -7d -v
    mycrm report forecast --by month --compare 2026-10-31
    """,
    by=("month", "owner", "stage", "pipeline"),
    pipeline="pipeline",
    several=True,
    options={
        "months": sig.option("--months", help="So many months, this one included; 6 unless told.", metavar="N"),
        "compare": sig.option("--compare", help="What has changed since: -7d, or a day's end.", metavar="DATE"),
    },
)
LEADERBOARD = Spec(
    "leaderboard",
    "deal",
    """Show who won how much: users, or teams, by the value that they won in the period.

    Won and lost count deals by the day they were closed; win rate is won by both. Open deals and their weighted value
    are those of now, whenever they are expected. Activities are what users did in the period. Targets are those of the
    months that lie wholly in the period; attainment is won by target, gap what is missing. Targets and activities are
    not of single deals, so a filter other than --owner and --team leaves them out.

    mycrm report leaderboard
    mycrm report leaderboard --by team --period last-quarter
    mycrm report leaderboard --period 2026 -o csv
    """,
    period="month",
    by=("user", "team"),
    pipeline="pipeline",
)
FUNNEL = Spec(
    "funnel",
    "deal",
    """Show how far deals came that were created in the period, or leads with --of leads.

    A deal that reached a later stage has passed the ones before. Days are those from the step before to this one
    on average; lost counts those that came no further. It is about one pipeline, the default one unless told.
    With --of leads, filters are those of leads.

    mycrm report funnel
    mycrm report funnel --pipeline Sales --period 2026
    mycrm report funnel --of leads -w source=website --period 90d
    """,
    period="12m",
    pipeline="pipeline",
    options={"of": sig.option("--of", help="deals or leads; deals unless told.", metavar="WHAT")},
)
VELOCITY = Spec(
    "velocity",
    "deal",
    """Show how fast sales are: deals won and lost in the period, their value and time, and what that makes a day.

    Velocity = open deals x win rate x average value of won deals / average days from creation to winning, in the
    organization's currency. Open deals are those of today, with --by month those at the end of each month.
    With --by stage: how long the deals closed in the period had stood in each stage.

    mycrm report velocity
    mycrm report velocity --by month --period 2026
    mycrm report velocity --by stage --pipeline Sales -o csv
    """,
    period="12m",
    by=("owner", "pipeline", "month", "stage"),
    pipeline="pipeline",
)
WINLOSS = Spec(
    "winloss",
    "deal",
    """Show what was won and lost in the period, by number and by value.

    By reason and by competitor only lost deals count. By stage means the stage from which deals were won or lost,
    by source the source of the lead that they came from, or of their contact.

    mycrm report winloss
    mycrm report winloss --by reason --period last-quarter
    mycrm report winloss --by month --team North -o csv
    """,
    period="12m",
    by=("owner", "reason", "competitor", "month", "stage", "source", "pipeline"),
    pipeline="pipeline",
)
SOURCES = Spec(
    "sources",
    "lead",
    """Show where leads came from that were created in the period, and what became of them.

    Deals won are those that came from these leads, whenever they were won. By campaign there are also its whole
    budget and cost, and the return: what was won less the cost, as a share of the cost.

    mycrm report sources
    mycrm report sources --by campaign --period 2026
    mycrm report sources --by utm_source -w 'score>=50' -o csv
    """,
    period="12m",
    by=("source", "campaign", "utm_source", "utm_medium"),
)
ACTIVITY = Spec(
    "activity",
    "activity",
    """Show what people did, and when: calls, e-mails, meetings, notes and tasks that were done.

    Visits and forms are those of customers. Moves of deals and new statuses of leads are not counted: see report
    velocity. Of e-mails those count that were logged; what was sent is in report email. Days and hours are yours.

    mycrm report activity
    mycrm report activity --by week --team Sales --period quarter
    mycrm report activity --by type --owner me -w direction=outbound
    """,
    period="30d",
    by=("user", "type", "day", "week", "month", "team"),
    owner="user",
)
EMAIL = Spec(
    "email",
    "email",
    """Show what became of the mail that was sent.

    Delivered is what did not come back. The delivered rate is of what was sent, the others are of what was delivered.
    Failed is what could not be sent at all. Mail counts by the time at which it was sent, and only ours does.

    mycrm report email
    mycrm report email --by template --period year
    mycrm report email --by sequence --owner me -o csv
    """,
    period="90d",
    by=("month", "user", "sequence", "template"),
    owner="user",
)
SCORES = Spec(
    "scores",
    "lead",
    """Show how promising the open leads are, and whether scores hold what they promise.

    Closed and converted are the leads that ended in the period, by the grade that they had: good grades should be
    converted more often.

    mycrm report scores
    mycrm report scores --by source --period 24m
    mycrm report scores --by owner --as-of 2026-09-30
    """,
    period="12m",
    by=("grade", "owner", "source"),
)
STALE = Spec(
    "stale",
    "deal",
    """Show what waits too long: deals that stand still, leads that nobody answered, overdue tasks.

    A deal may stand in a stage as long as the stage says, a lead may wait as long as the organization allows. Since is
    when it began to wait, of a task when it was due. The worst come first. A filter has to fit every kind of record
    that is asked for.

    mycrm report stale
    mycrm report stale --owner me --kind deal,task
    mycrm report stale --kind deal -w 'value>10000' -L 0 -o csv
    """,
    owner="",
    options={
        "kind": sig.option("--kind", help="Only deal, lead or task; several with commas.", metavar="KIND"),
        "responsible": sig.option("--owner", help="Only what this user has to see to.", metavar="USER"),
        "of_team": sig.option("--team", help="Only what this team has to see to.", metavar="TEAM"),
        "limit": sig.option("-L", "--limit", help="At most so many; 0 is all, and 50 for people.", metavar="N"),
    },
)
TASKS = Spec(
    "tasks",
    "task",
    """Show which tasks are open and due, and how many were done in time.

    Open, overdue, due today and due this week are as of now; done, on time and late are of the period. A month has the
    tasks that were done in it, and the open ones that are due in it.

    mycrm report tasks
    mycrm report tasks --by priority --owner me
    mycrm report tasks --by month --period year -o csv
    """,
    period="30d",
    by=("user", "type", "priority", "team", "month"),
    owner="assigned_to",
)
REPORTS = (PIPELINE, FORECAST, FUNNEL, VELOCITY, WINLOSS, ACTIVITY, SOURCES, LEADERBOARD, EMAIL, SCORES, STALE, TASKS)
"""All reports, in the order in which help lists them."""
