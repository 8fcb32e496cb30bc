"""Filters find what an independent evaluator finds over the same rows, on both databases."""

from hypothesis import HealthCheck, given, settings

from mycrm_cli import catalog
from mycrm_cli.query import Select
from mycrm_cli.query.language import parse
from tests.query import filters
from tests.query.oracle import holds
from tests.query.world import World

CONTACT = catalog.entity("contact")


def test_filters_against_the_oracle(world: World) -> None:
    reader = world.reader()
    live = [row for row in world.of("contacts") if not row["is_deleted"]]

    @settings(
        max_examples=400, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
    )
    @given(filters.filters)
    def check(drawn: filters.Filter) -> None:
        text, condition = drawn
        wanted = sorted(row["id"] for row in live if holds(world, row, condition))
        node = parse(text)
        found = [row[0] for row in reader.rows(Select(CONTACT, ["id"], where=node, sort="id"))]
        assert found == wanted, text
        assert reader.count(CONTACT, node) == len(wanted), text
        newest = [row[0] for row in reader.rows(Select(CONTACT, ["id"], where=node, limit=5))]
        assert newest == wanted[::-1][:5], text

    check()
    reader.connection.close()


def test_due_dates(world: World) -> None:
    """A day means all of it; +OVERDUE is what is open and due before now."""
    from mycrm_cli.clock import now
    from tests.query.oracle import fits, today

    reader, tasks = world.reader(), world.of("tasks")
    task = catalog.entity("task")
    for text, wanted in (
        ("due=today", [t for t in tasks if fits("due_date", t["due_date"], "=", today())]),
        ("+TODAY", [t for t in tasks if fits("due_date", t["due_date"], "=", today())]),
        ("due.before=today", [t for t in tasks if fits("due_date", t["due_date"], "<", today())]),
        ("due=none", [t for t in tasks if t["due_date"] is None]),
        ("+OVERDUE", [t for t in tasks if t["due_date"] and t["due_date"] < now() and t["status"] != "completed"]),
    ):
        found = {row[0] for row in reader.rows(Select(task, ["id"], where=parse(text)))}
        assert found == {t["id"] for t in wanted}, text
        assert found
    reader.connection.close()
