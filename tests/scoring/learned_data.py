"""Made-up outcomes to learn from: the same at every run."""

import math
import random
from typing import Any

from mycrm_cli.services.scoring.learned.examples import Examples

CAPS = (25, 30, 20, 15, 10)
DAY = 86_400


def made(count: int = 3000, *, seed: int = 7, shuffled: bool = False, leak: bool = False) -> Examples:
    """Return leads whose outcome depends on a number, a word, a date and a flag of theirs."""
    chance = random.Random(seed)
    columns: dict[str, list[Any]] = {
        name: [] for name in ("employees", "source", "cf.seats", "cf.since", "cf.trial", "cf.note")
    }
    labels, rules = [], []
    for place in range(count):
        size, seats = chance.lognormvariate(4, 1), chance.choice([1, 2, 5, 10, 20, 50, None])
        source, trial = chance.choice(["referral", "event", "list"]), chance.random() < 0.3
        days = chance.randrange(1, 400)
        said = -1.6 + 0.5 * (math.log(size) - 4) + {"referral": 1.2, "event": 0, "list": -1}[source]
        said += 1.0 * trial + (0 if seats is None else 0.02 * seats) - 0.003 * days
        labels.append(int(chance.random() < 1 / (1 + math.exp(-said))))
        since = f"{2020 + (place % 2)}-01-{days % 28 + 1:02d}"
        for name, value in zip(
            columns, (size, source, None if seats is None else str(seats), since, trial, f"n{place}"), strict=True
        ):
            columns[name].append(value)
        good = source == "referral"
        rules.append((5, 10, 12 if good else 6, 4, 3))
    if leak:
        columns["cf.invoice"] = [1000 + label if label else None for label in labels]
    if shuffled:
        chance.shuffle(labels)
    decided = [1_700_000_000 + place * 3600 for place in range(count)]
    as_of = [moment - 5 * DAY for moment in decided]
    return Examples([f"{place:08x}" for place in range(count)], labels, decided, as_of, columns, rules, {})
