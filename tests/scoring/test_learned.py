"""What is learned from outcomes: exact points, honest probabilities, the same bytes, and gates that hold."""

import itertools
import json
import os
import random

import pytest

from mycrm_cli.errors import ConfigError, Invalid
from mycrm_cli.services.scoring import metrics
from mycrm_cli.services.scoring.learned.examples import Examples
from tests.scoring.learned_data import CAPS, made

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
np = pytest.importorskip("numpy")

from mycrm_cli.services.scoring.learned import binning, calibration, gates, leaks, learning, logistic, pulls, training  # noqa: E402
from mycrm_cli.services.scoring.learned import body as bodies  # noqa: E402
from mycrm_cli.services.scoring.learned.form import Form, scores  # noqa: E402

RULES = {"version": "rules-1"}


def test_figures_are_what_they_are_called() -> None:
    """AUC counts pairs, ties half; lift and calibration add up, however equals are ordered."""
    chance = random.Random(1)
    told, labels = [chance.randrange(20) for _ in range(300)], [chance.randrange(2) for _ in range(300)]
    both = list(zip(told, labels, strict=True))
    pairs = list(itertools.product([t for t, y in both if y], [t for t, y in both if not y]))
    assert metrics.auc(told, labels) == pytest.approx(sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs))
    assert metrics.auc([1, 2], [1, 1]) is None
    parts = metrics.deciles(told, labels)
    assert sum(part["rate"] * 30 for part in parts) == pytest.approx(sum(labels))
    mixed = sorted(both, key=lambda pair: chance.random())
    again = metrics.deciles(*map(list, zip(*mixed, strict=True)))
    assert [part["rate"] for part in again] == pytest.approx([part["rate"] for part in parts])
    assert metrics.top_lift([1] * 10, [1, 0] * 5) == pytest.approx(1.0)
    assert metrics.calibration_error([0.5] * 10, [1, 0] * 5) == pytest.approx(0.0)
    assert metrics.brier([1, 0], [1, 0]) == 0 and metrics.deciles([], []) == []


@pytest.mark.parametrize(
    "values,kind,size",
    [
        ([1, 2, 3] * 40, "number", 4),
        ([999] * 110 + list(range(10)), "number", 3),
        (["1.5", "2.5"] * 60, "number", 3),
        ([True, False] * 60, "word", 4),
        (["a"] * 60 + ["b"] * 50 + [f"c{n}" for n in range(10)], "word", 4),
        ([["x", "y"], ["y", "x"], None] * 40, "word", 3),
        (["2024-01-01", "2024-05-01"] * 60, "date", 3),
    ],
)  # fmt: skip
def test_values_of_any_kind_fall_into_bins(values: list[object], kind: str, size: int) -> None:
    """Numbers, texts that are numbers, flags, words, lists and dates need no tuning; what is unknown is bin 0."""
    as_of = [1_720_000_000.0] * len(values)
    bins = binning.divided("cf.x", values, as_of)
    assert bins is not None and (bins.kind, bins.size) == (kind, size)
    codes = binning.encoded(bins, values, as_of)
    assert set(codes[[value is None for value in values]]) <= {0} and codes.max() < size
    odd = binning.encoded(bins, [None, "", "never seen", 1e308, float("nan"), {"a": 1}], 1_720_000_000.0)
    assert odd[0] == odd[1] == 0 and odd.max() < size


def test_what_tells_nothing_is_no_input() -> None:
    """A constant, and texts that all differ, fall into one bin."""
    assert binning.divided("cf.x", [5] * 100, [0.0] * 100) is None
    assert binning.divided("cf.x", [f"n{place}x" for place in range(100)], [0.0] * 100) is None
    assert binning.divided("cf.x", [None] * 100, [0.0] * 100) is None


def test_regression_is_that_of_scikit_learn() -> None:
    """The weights are those of scikit-learn under the same penalty, also where the outcome is rare."""
    linear = pytest.importorskip("sklearn.linear_model")
    chance = np.random.default_rng(3)
    codes, line = chance.integers(0, 4, (3, 4000)), chance.normal(size=4000)
    labels = (chance.random(4000) < 1 / (1 + np.exp(5 - codes[0] - line))).astype(float)
    design = logistic.Design(np.vstack([codes, np.zeros((1, 4000), dtype=int)]), (4, 4, 4, 1), line)
    ours = logistic.told(design, logistic.fitted(design, labels, pulls.Strength(2.0, 1.0)))
    wide = np.column_stack([line, *(np.eye(4)[own] for own in codes)])
    theirs = linear.LogisticRegression(C=0.5, tol=1e-10, max_iter=5000).fit(wide, labels).decision_function(wide)
    assert np.abs(ours - theirs).max() < 0.02


def test_the_same_outcomes_give_the_same_bytes() -> None:
    """Neither the order of rows nor that of columns matters; the version is a hash of the canonical body."""
    data = made(1500)
    places = list(range(1500))
    random.Random(5).shuffle(places)
    mixed = data.picked(places)._replace(columns=dict(reversed(list(data.picked(places).columns.items()))))
    one, two = training.trained(data, CAPS, RULES), training.trained(mixed, CAPS, RULES)
    assert bodies.canonical(one.body) == bodies.canonical(two.body)
    assert one.version == two.version and one.metrics == two.metrics
    again = json.loads(bodies.canonical(one.body))
    assert bodies.version(again) == one.version and len(one.version) == len("learned-") + 12
    assert training.trained(made(1500, seed=8), CAPS, RULES).version != one.version


def test_points_are_exact_and_probabilities_hold() -> None:
    """A score is the sum of its components, these are clipped sums of factors' points; probabilities come true."""
    data = made(6000).ordered()
    found = training.trained(data, CAPS, RULES)
    assert found.verdict.may_switch and not found.verdict.is_provisional and not found.leaking
    assert found.metrics["auc"] > 0.72 and found.metrics["calibration_error"] <= 0.04
    assert found.metrics["auc"] > found.metrics["rules_auc"] + 0.05
    assert "cf.note" not in [part["name"] for part in found.body["inputs"]] and 3 <= found.body["k"] <= 10
    form = Form(found.body)
    codes, rules = form.codes(data.columns, np.array(data.as_of)), np.array(data.rules, dtype=float)
    points = form.points(codes, rules)
    exact = form.components(points)
    for place in range(5):
        own = points[:, place] + sum(points[:, 5 + at] for at, of in enumerate(form.places) if of == place)
        assert (exact[:, place] == np.clip(CAPS[place] * 50 + own, 0, CAPS[place] * 100)).all()
    assert abs(points.mean(axis=0)).max() < 1, "points are against the average"
    said = form.said(codes, rules)
    lost = metrics.auc(said.tolist(), data.labels) - metrics.auc(scores(exact).tolist(), data.labels)  # type: ignore[operator]
    assert lost <= 0.0031
    chances = calibration.probabilities(said, form.by)
    assert chances.min() >= 0.001 and chances.max() <= 0.999
    assert metrics.calibration_error(chances.tolist(), data.labels) <= 0.03


def test_gates_hold() -> None:
    """Too few outcomes are not learned from or not used; shuffled ones are refused whatever the chance."""
    data = made(3000).ordered()
    good = [place for place, label in enumerate(data.labels) if label]
    bad = [place for place, label in enumerate(data.labels) if not label]
    with pytest.raises(Invalid, match="19 converted"):
        training.trained(data.picked(good[:19] + bad[:200]), CAPS, RULES)
    few = training.trained(data.picked(good[:30] + bad[:100]), CAPS, RULES)
    assert not few.verdict.may_switch and "too few to use" in few.verdict.reasons[0]
    some = training.trained(data.picked(good[:100] + bad[:300]), CAPS, RULES)
    assert some.verdict.is_provisional
    for seed, count in [(seed, count) for count, most in ((100, 10), (400, 10), (1500, 4)) for seed in range(most)]:
        found = training.trained(made(count, seed=seed, shuffled=True), CAPS, RULES)
        assert not found.verdict.may_switch, (seed, count, found.metrics)


def test_leaks_are_told_and_late_fields_refused() -> None:
    """An input that is known for one outcome only is warned of; one that came afterwards is left out."""
    data = made(1200, leak=True)
    found = training.trained(data, CAPS, RULES)
    assert found.leaking.keys() == {"cf.invoice"} and found.leaking["cf.invoice"] > 0.99
    late = training.trained(data._replace(late={"cf.invoice": 0.9, "employees": 0.1}), CAPS, RULES)
    assert late.late == ["cf.invoice"] and not late.leaking
    assert "cf.invoice" not in [part["name"] for part in late.body["inputs"]]
    assert leaks.screened(data).names == sorted(set(data.columns) - {"cf.note"})


def test_calibration_rises_and_follows_the_newest() -> None:
    """The line never falls, few outcomes move it little, and a base rate that moved is followed."""
    chance = np.random.default_rng(4)
    said = chance.normal(size=5000)
    rates = np.where(np.arange(5000) < 4000, -3.0, -0.5)
    labels = (chance.random(5000) < logistic.chances(said + rates)).astype(float)
    by = calibration.recalibrated(said, labels)
    assert min(by.slopes) >= calibration.LEAST
    newest = calibration.probabilities(said[4000:], by)
    assert abs(newest.mean() - labels[4000:].mean()) < 0.01
    grid = calibration.probabilities(np.linspace(-5, 5, 200), by)
    assert (np.diff(grid) >= 0).all()
    few = calibration.line(said[:10], np.ones(10), calibration.Line((), (1.0,), 0.0))
    assert calibration.probabilities(np.array([0.0]), few)[0] < 0.9
    assert calibration.line(-said, labels, calibration.Line((), (1.0,), 0.0), 1).slopes == (calibration.LEAST,)


def test_without_numpy_there_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    from mycrm_cli.services.scoring.learned.arrays import numpy

    monkeypatch.setitem(__import__("sys").modules, "numpy", None)
    with pytest.raises(ConfigError) as caught:
        numpy()
    assert caught.value.hint == "pip install 'mycrm[scoring]'"


def test_held_out_figures_are_of_unseen_outcomes() -> None:
    """Where there is no signal, what models say of leads that they have not seen is no better than chance."""
    data = made(2000, shuffled=True).ordered()
    learned = learning.learn(data, sorted(data.columns), pulls.Strength(10.0, 30.0))
    told = gates.held_out(learned, data)
    assert abs(told["crossed_auc"] - 0.5) < 3 * told["crossed_error"]


def test_fields_of_every_kind_need_no_tuning() -> None:
    """Ids, constants, empty and mixed fields neither break nor spoil a model; a copy of the outcome is warned of."""
    chance, count = np.random.default_rng(5), 1200
    told = chance.normal(size=count)
    labels = (chance.random(count) < logistic.chances(told)).astype(int).tolist()
    columns: dict[str, list[object]] = {
        "cf.text": [f"v{one}" for one in chance.integers(0, 5000, count)],
        "cf.number": [f"{one:.1f}" for one in told],
        "cf.list": [["p", "q"][: int(one)] for one in chance.integers(0, 3, count)],
        "cf.constant": [7] * count,
        "cf.empty": [None] * count,
        "cf.id": [f"id-{place:06}" for place in range(count)],
        "cf.mixed": ["x" if place % 3 else place for place in range(count)],
        "cf.object": [{"a": place % 3} for place in range(count)],
        "cf.copy": ["won" if label else "lost" for label in labels],
    }
    columns |= {f"cf.z{place}": chance.normal(size=count).round(2).tolist() for place in range(10)}
    moments = [1_700_000_000.0 + place for place in range(count)]
    data = Examples([f"{place:08}" for place in range(count)], labels, moments, moments, columns, [], {})
    found = training.trained(data, CAPS, RULES)
    assert found.leaking.keys() == {"cf.copy"}
    del columns["cf.copy"]
    honest = training.trained(data._replace(columns=columns), CAPS, RULES)
    names = [part["name"] for part in honest.body["inputs"]]
    assert not honest.leaking and "cf.number" in names
    assert not {"cf.constant", "cf.empty", "cf.id", "cf.text"} & set(names)
    assert 0.6 < honest.metrics["crossed_auc"] < 0.8
