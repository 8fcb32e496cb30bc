"""A short run of the harness that erases people, and erasures that are cut off."""

import os
from pathlib import Path

import pytest

from mycrm_cli.cli import person
from mycrm_cli.errors import Unavailable
from mycrm_cli.services.people import erasing
from tests.conftest import Templates
from tests.faults import erasing as harness
from tests.faults.worlds import Worlds
from tests.rowhash import rows_of

COUNT = int(os.environ.get("MYCRM_TEST_ERASE", "2"))
CUT = pytest.MonkeyPatch


def test_nothing_is_left_of_people(dialect: str, templates: Templates, tmp_path: Path) -> None:
    assert harness.run(Worlds(templates, dialect, tmp_path / "worlds"), COUNT) == {}


def test_a_cut_off_erasure_does_nothing_or_is_finished(
    dialect: str, templates: Templates, tmp_path: Path, monkeypatch: CUT
) -> None:
    """Before the transaction ends nothing has happened; after it, the same command again does the rest."""
    world = Worlds(templates, dialect, tmp_path / "worlds").copy()
    harness.fill(world, 1, 1)
    name = harness.addresses(0)[0]
    line = ("person", "erase", name, "--confirm", name)

    def cut(*_: object) -> None:
        raise Unavailable("the lights went out")

    before = rows_of(world.program, journal=True)
    world.program("person", "erase", name, "--dry-run")
    for place, exit in (("_remember", 75), ("_remove", 75)):
        with monkeypatch.context() as patched:
            patched.setattr(erasing, place, cut)
            world.program(*line, exit=exit)
    assert rows_of(world.program, journal=True) == before
    with monkeypatch.context() as patched:
        patched.setattr(person, "finish", cut)
        world.program(*line, exit=75)
    assert world.program.json(*line)["erased_before"]
    assert harness.left(world) == {}
    world.drop()
