"""The engine of the rules, whatever rules and facts it is given: sums, caps, rounding, decay, and what is refused."""

import json
import os
import random
import time
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mycrm_cli.errors import Invalid
from mycrm_cli.services.scoring import factors, grades, population, rating, rules
from mycrm_cli.services.scoring.confidence import Confidence
from mycrm_cli.services.scoring.inputs import DAY
from mycrm_cli.services.scoring.rating import HUNDRED, LONGEST, NEAR, SOON
from mycrm_cli.services.scoring.rules import COMPONENTS
from tests.scoring import drawn
from tests.scoring.drawn import NOW

COUNT = int(os.environ.get("MYCRM_TEST_ENGINE", "60"))
LEADS = 25
often = settings(
    max_examples=COUNT,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
DEFAULT = rules.read(rules.default_text())


def made(seed: int) -> tuple[Any, list[Any]]:
    """Return an engine with rules of its own and leads."""
    choose = random.Random(seed)
    leads = [drawn.facts(choose, number) for number in range(LEADS)]
    read = DEFAULT if choose.random() < 0.2 else rules.read(drawn.rules(choose))
    return drawn.engine(read, leads), leads


@often
@given(drawn.seeds)
def test_sums_caps_and_what_is_told(seed: int) -> None:
    """Components sum to the score and keep to their caps; what is stored is JSON and says what the rating says."""
    engine, leads = made(seed)
    ratings = engine.rate(leads, NOW)
    describer = factors.Describer(engine, NOW)
    sure = Confidence([factor.code for factor in engine.factors], engine.population)
    for fact, found in zip(leads, ratings, strict=True):
        assert found.score == sum(found.breakdown)
        assert 0 <= found.score <= 100
        assert all(0 <= part <= cap for part, cap in zip(found.breakdown, engine.rules.caps, strict=True))
        assert 0 <= sure.of(found.unknown) <= 1
        told, advice = describer.of(fact, found, grades.grade(found.score, engine.cutoffs))
        assert told == describer.of(fact, found, grades.grade(found.score, engine.cutoffs))[0]
        assert advice and "\x00" not in told
        points = {part["code"]: part["points"] for part in json.loads(told, parse_constant=pytest.fail)}
        for own, average, factor in zip(found.points, engine.averages, engine.factors, strict=True):
            difference = own - average
            expected = float(f"{difference / 100:.1f}") if abs(difference) >= factors.NEUTRAL else None
            assert points.get(factor.code) == expected
        for place, name in enumerate(COMPONENTS):
            raw = sum(own for own, factor in zip(found.points, engine.factors, strict=True) if factor.component == name)
            most = engine.rules.caps[place] * HUNDRED
            quiet = name == "engagement" and fact.is_unreachable
            assert found.exact[place] == (0 if quiet else min(max(raw, 0), most))
    alone = [engine.rate([fact], NOW)[0] for fact in leads]
    assert alone == ratings  # whoever comes with it
    assert engine.rate(leads[::-1], NOW) == ratings[::-1]


@often
@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=5))
def test_largest_remainder(parts: list[int]) -> None:
    """Nobody gains a whole point, no other way of rounding is nearer, and ties go to the earlier component."""
    score, whole = rating.rounded(tuple(parts))
    assert score == sum(whole) == int(Fraction(sum(parts), HUNDRED) + Fraction(1, 2))
    assert all(abs(Fraction(part, HUNDRED) - own) < 1 for part, own in zip(parts, whole, strict=True))
    gained = [own * HUNDRED - part for part, own in zip(parts, whole, strict=True)]
    up = [part % HUNDRED for part, gain in zip(parts, gained, strict=True) if gain > 0]
    down = [part % HUNDRED for part, gain in zip(parts, gained, strict=True) if gain <= 0]
    assert not up or not down or min(up) >= max(down)
    places = [(-(part % HUNDRED), place) for place, part in enumerate(parts)]
    raised = [key for key, gain in zip(places, gained, strict=True) if gain > 0]
    assert raised == sorted(raised, key=lambda key: key[1])
    assert not raised or max(raised) <= min((key for key in places if key not in raised), default=max(raised))


@often
@given(st.lists(st.integers(0, 100), max_size=700), st.booleans())
def test_grades_are_monotone(scores: list[int], narrow: bool) -> None:
    """A better score never has a worse grade, and the letters share out the leads as far as equal scores let them."""
    scores = [score // 20 + 40 for score in scores * 2] if narrow else scores
    letters = grades.letters(grades.cutoffs(scores))
    assert all(better <= worse for worse, better in pairwise(letters))
    if len(scores) >= grades.ENOUGH:
        for letter, share in zip(grades.LETTERS, grades.SHARES, strict=False):
            inside = sum(letters[score] <= letter for score in scores) / len(scores)
            tied = max(scores.count(score) for score in set(scores)) / len(scores)
            assert abs(inside - share) <= tied / 2 + 1e-9, letter


@often
@given(drawn.seeds)
def test_a_score_stays_until_it_expires(seed: int) -> None:
    """Just before, it is what it was; where nothing is cut off at a cap or at 0, it is another within hours."""
    engine, leads = made(seed)
    ratings = engine.rate(leads, NOW)
    for fact, found, end in zip(leads, ratings, engine.expiries(leads, ratings, NOW), strict=True):
        assert NOW < end <= NOW + LONGEST
        for share in (0.3, 0.9, 1.0):
            moment = NOW + (end - NOW) * share - SOON
            assert moment < NOW or engine.rate([fact], moment)[0].score == found.score, (fact, end - NOW)
        [after] = engine.rate([fact], end + NEAR + 1)
        falls = after.points != found.points
        cut = any(
            part in (0, cap * HUNDRED)
            for rated in (found, after)
            for part, cap in zip(rated.exact, engine.rules.caps, strict=True)
        )
        aged = any(way.input == "age" for factor in engine.factors for way in factor.ways)
        if falls and not cut and not aged and end < NOW + LONGEST and fact.created_at <= NOW:
            assert after.score != found.score, (fact, end - NOW)


def test_a_score_at_the_edge_expires_at_once() -> None:
    """A score whose next hundredth is one too many does not last thirty days."""
    text = "[caps]\nengagement=0\nfit=0\nintent=0\ntiming=100\nbudget=0\n[[factor]]\ncode='r'\ncomponent='timing'\n"
    text += "input='recency'\npoints=50\nhalf_life=30\nwithout=0\nwithout_half_life=1"
    engine = drawn.engine(rules.read(text), [])
    late = 0
    for second in range(0, 40 * 86_400, 4_003):
        fact = drawn.facts(random.Random(1), 1)._replace(last_inbound_at=NOW - second, created_at=NOW - 9e6)
        [found] = engine.rate([fact], NOW)
        [end] = engine.expiries([fact], [found], NOW)
        late += engine.rate([fact], end)[0].score == found.score
    assert late == 0


@dataclass
class Fuzzed:
    """What became of rules that were broken."""

    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    sentences: set[str] = field(default_factory=set)


def tried(text: str, account: Fuzzed) -> None:
    """Read rules: they work or are refused in a sentence."""
    started = time.monotonic()
    try:
        read = rules.read(text)
    except Invalid as error:
        assert error.message.isprintable(), error.message
        assert 5 < len(error.message) < 300
        assert error.details[0]["field"] == "rules"
        account.refused += 1
        account.sentences.add(str(error.details[0]["code"]))
    else:
        leads = [drawn.facts(random.Random(n), n) for n in range(3)]
        engine = drawn.engine(read, leads)
        for fact, found in zip(leads, engine.rate(leads, NOW), strict=True):
            assert sum(found.breakdown) == found.score
            json.loads(factors.Describer(engine, NOW).of(fact, found, "F")[0], parse_constant=pytest.fail)
        engine.expiries(leads, engine.rate(leads, NOW), NOW)
        account.read += 1
    account.slowest = max(account.slowest, time.monotonic() - started)


def test_broken_rules_are_refused_in_a_sentence() -> None:
    """Wrong types, huge numbers, what is no number, control characters, missing and doubled parts, noise."""
    account = Fuzzed()

    @often
    @given(drawn.seeds, st.data())
    def check(seed: int, data: st.DataObject) -> None:
        choose = random.Random(seed)
        lines = (rules.default_text() if seed % 3 else drawn.rules(choose)).splitlines()
        for _ in range(choose.randint(1, 3)):
            place = choose.randrange(len(lines))
            key = lines[place].split("=")[0].strip() if "=" in lines[place] else ""
            lines[place : place + 1] = choose.choice(
                (
                    [],
                    [lines[place]] * 2,
                    [f"{key or 'label'} = {_toml(data.draw(drawn.ANY))}"],
                    [lines[place].replace("=", " = -", 1)],
                    [f"{lines[place]} {data.draw(st.text(max_size=5))}"],
                    [f"{lines[place]}", f"{choose.choice(sorted(rules.KNOWN))} = {_toml(data.draw(drawn.ANY))}"],
                )
            )
        tried("\n".join(lines), account)

    check()
    print(f"tried {account.read + account.refused} rules: {account.read} work, {account.refused} refused in sentences")
    assert account.refused > account.read / 10
    assert account.slowest < 2, account.slowest


def _toml(value: Any) -> str:
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(part)}" for key, part in value.items()) + "}"
    return json.dumps(value)


BASE = "[caps]\nengagement = 25\nfit = 30\nintent = 20\ntiming = 15\nbudget = 10\n"
NEXT = "[[factor]]\ncode = 'f{0}'\ncomponent = 'fit'\ninput = 'source'\nvalues = {{ a = 1 }}\n"
CURVE = "[[factor]]\ncode='c'\ncomponent='fit'\ninput='open'\n"
SIZE = "[[factor]]\ncode='b'\ncomponent='fit'\ninput='employees'\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "caps"),
        ("a = " + "[" * 100_000, "not_toml"),
        ("a = 1" + "0" * 5_000, "not_toml"),
        ("# \udc80", "not_toml"),
        ("#" * 1_100_000, "too_long"),
        ("x" + "\x07 = 1", "not_toml"),
        (BASE, "factors"),
        (BASE.replace("25", "25.0") + NEXT.format(0), "caps"),
        (BASE.replace("25", "true") + NEXT.format(0), "caps"),
        (BASE.replace("25", "26") + NEXT.format(0), "caps"),
        (BASE + NEXT.format(0) * 2, "duplicate"),
        (BASE + "".join(map(NEXT.format, range(10_000))), "too_many"),
        (BASE + "".join(map(NEXT.format, range(101))), "too_many"),
        (BASE + NEXT.format(0) + 'label = "\\u0000"', "label"),
        (BASE + NEXT.format(0) + 'label = "\\u001b[31m"', "label"),
        (BASE + NEXT.format(0) + '"\\u001b" = 1', "unknown"),
        (BASE + NEXT.format(0) + "instead = [" + "{ input = 'source', values = {} }," * 20 + "]", "too_many"),
        (BASE + NEXT.format(0).replace("{ a = 1 }", "{ a = nan }"), "number"),
        (BASE + NEXT.format(0).replace("{ a = 1 }", "{ a = 101 }"), "range"),
        (BASE + NEXT.format(0).replace("{ a = 1 }", "{ a = 1, A = 2 }"), "duplicate"),
        (BASE + NEXT.format(0).replace("values", "bins").replace("{ a = 1 }", "[[1, 2]]"), "bins"),
        (BASE + SIZE + "bins = [[nan, 1]]", "bins"),
        (BASE + SIZE + "bins = [[inf, 1]]", "bins"),
        (BASE + SIZE + "bins = [[1" + "0" * 400 + ", 1]]", "bins"),
        (BASE + SIZE + "bins = [[1, 1], [1, 2]]", "bins"),
        (BASE + SIZE + "bins = [[true, 1]]", "bins"),
        (BASE + SIZE + f"bins = [{','.join(f'[{n}, 1]' for n in range(6_000))}]", "too_many"),
        (BASE + SIZE + "values = { '5' = 1 }", "missing"),
        (BASE + SIZE + "bins = [[0, 1]]\ninstead = [{ input='open', points=1, half_life=1, saturation=1 }]", "instead"),
        (BASE + CURVE + "points = -1\nhalf_life = 1\nsaturation = 1", "range"),
        (BASE + CURVE + "points = 1\nhalf_life = 1e-320\nsaturation = 1", "range"),
        (BASE + CURVE + "points = 1\nhalf_life = 1\nsaturation = 0", "range"),
        (BASE + CURVE + "points = 1\nhalf_life = 1" + "0" * 400 + "\nsaturation = 1", "number"),
        (BASE + CURVE + "points = 1\nhalf_life = 1", "missing"),
    ],
    ids=lambda value: value if len(value) < 12 else "",
)
def test_each_fault_has_its_sentence(text: str, code: str) -> None:
    account = Fuzzed()
    tried(text, account)
    assert account.sentences == {code}
    assert account.slowest < 2


def test_the_covariance_does_not_depend_on_the_order() -> None:
    """Nor do the averages: leads may have been entered in any order."""
    choose = random.Random(3)
    leads = [drawn.facts(choose, number) for number in range(400)]
    first = drawn.engine(DEFAULT, leads).population
    for _ in range(5):
        choose.shuffle(leads)
        assert drawn.engine(DEFAULT, leads).population == first
    assert population.of_record(json.loads(json.dumps(first.record()))) == first


def test_days_are_days() -> None:
    """An age in bins moves the score on its day."""
    text = BASE.replace("30", "30") + "[[factor]]\ncode='a'\ncomponent='fit'\ninput='age'\nbins=[[0, 20], [3, 5]]"
    engine = drawn.engine(rules.read(text), [])
    fact = drawn.facts(random.Random(1), 1)._replace(created_at=NOW - DAY)
    ratings = engine.rate([fact], NOW)
    [end] = engine.expiries([fact], ratings, NOW)
    assert end == pytest.approx(NOW + 2 * DAY, abs=2)
    assert [engine.rate([fact], moment)[0].score for moment in (NOW, end - 2, end)] == [20, 20, 5]
