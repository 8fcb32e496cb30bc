"""Reports over the Maven sales data equal figures that are computed from the file itself, to the cent."""

import csv
from pathlib import Path

import pytest

from tests.program import Program
from tests.reports import maven_deals, maven_forecast, maven_pipeline
from tests.transfer.test_maven import STEPS, words

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
CHECKS = (maven_pipeline.check, maven_deals.check, maven_forecast.check)


def test_reports_over_maven(crm: Program) -> None:
    folder = SHARED / "maven_crm"
    if not folder.is_dir():
        pytest.skip("the shared sample files are not here")
    for step in STEPS[:6]:
        crm(*words(step, folder))
    with (folder / "sales_pipeline.csv").open() as file:
        rows = list(csv.DictReader(file))
    for check in CHECKS:
        check(crm, rows)
