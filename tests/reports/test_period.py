"""Periods of reports: what nobody can mean is refused, whatever the time zone."""

from datetime import date

import pytest

from mycrm_cli.errors import UsageError
from mycrm_cli.query.reports import period
from mycrm_cli.scope import Locale

TODAY, TOKYO = date(2026, 11, 24), Locale("Asia/Tokyo")


@pytest.mark.parametrize("text", ["0001", "0001-01", "9999-12", "2026-13", "2026y", "9999y", "..", "-1", ""])
def test_years_without_moments_are_refused(text: str) -> None:
    """The first days of the calendar have no moment in UTC east of it."""
    with pytest.raises(UsageError):
        period.read(text, TODAY, TOKYO)


@pytest.mark.parametrize(
    "text", ["all", "2999", "1000-01", "9999d", "9999w", "2026-q4", "..2026-01-01", "2026-01-01.."]
)
def test_others_have_moments(text: str) -> None:
    """Whatever is understood can be told and asked of a database."""
    found = period.read(text, TODAY, TOKYO)
    assert found.told() and len(found.moments("Asia/Tokyo")) == 2
