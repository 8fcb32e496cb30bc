"""The body of a learned model, written in one way only: its name is a hash of it."""

from __future__ import annotations

from mycrm_cli.services.scoring import metrics
from mycrm_cli.services.scoring.learned import spread
from mycrm_cli.services.scoring.learned.arrays import numpy
from mycrm_cli.services.scoring.learned.form import Form, scores

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from mycrm_cli.services.scoring.learned.calibration import Line
    from mycrm_cli.services.scoring.learned.examples import Examples
    from mycrm_cli.services.scoring.learned.learning import Learned

DIGITS = 6
"""Decimals of weights: far more than points need, far fewer than sums in another order would change."""
STRETCHES = (10, 9, 8, 7, 6, 5, 4, 3)
"""Points for one unit of log-odds, the most first."""
LOSS = 0.003
"""The AUC that rounding and caps may cost."""


def body(learned: Learned, examples: Examples, caps: Sequence[int], rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's body; ``rules`` are those whose score is one input: version, text and population."""
    inputs = [
        {
            "name": bins.name,
            "kind": bins.kind,
            **({"words": list(bins.words)} if bins.kind == "word" else {"edges": list(bins.edges)}),
            "weights": [_rounded(weight) for weight in weights],
        }
        for bins, weights in zip(learned.bins, learned.weights, strict=True)
    ]
    found: dict[str, Any] = {
        "format": 1,
        "caps": list(caps),
        "inputs": inputs,
        "rules": {
            **rules,
            "weight": _rounded(learned.rules_weight),
            "means": [_rounded(mean) for mean in learned.rules_means],
        },
        **learned.strength._asdict(),
        "calibration": _line(learned.by),
    }
    found |= {"k": stretched(found, examples)}
    return found | {"spread": spread.measured(Form(found), examples)}


def stretched(told: Mapping[str, Any], examples: Examples) -> int:
    """Return the largest k that loses at most ``LOSS`` of AUC; if all lose more, the one that loses least."""
    np = numpy()
    rules = np.array(examples.rules, dtype=float).reshape(-1, 5) if examples.rules else np.zeros((len(examples.ids), 5))
    first = Form({**told, "k": STRETCHES[0]})
    codes = first.codes(examples.columns, np.array(examples.as_of))
    whole = metrics.auc(first.said(codes, rules).tolist(), examples.labels) or 0.5
    losses = {}
    for k in STRETCHES:
        form = Form({**told, "k": k})
        found = scores(form.components(form.points(codes, rules)))
        losses[k] = whole - (metrics.auc(found.tolist(), examples.labels) or 0.5)
        if losses[k] <= LOSS:
            return k
    return min(STRETCHES, key=lambda k: losses[k])


def canonical(body: Any) -> str:
    """Return a body as JSON in canonical form: sorted keys, numbers of twelve digits at most, no spaces."""
    import json

    if isinstance(body, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{canonical(body[key])}" for key in sorted(body)) + "}"
    if isinstance(body, (list, tuple)):
        return "[" + ",".join(map(canonical, body)) + "]"
    if isinstance(body, (int, float)) and not isinstance(body, bool):
        return f"{body + 0.0:.12g}"
    return json.dumps(body)


def version(body: Mapping[str, Any]) -> str:
    """Return the name of a model: ``learned-`` and twelve digits of the hash of its canonical form."""
    from hashlib import sha256

    return "learned-" + sha256(canonical(body).encode("utf-8")).hexdigest()[:12]


def _line(by: Line) -> dict[str, Any]:
    knots, slopes = ([_rounded(value) for value in told] for told in (by.knots, by.slopes))
    return {"knots": knots, "slopes": slopes, "offset": _rounded(by.offset)}


def _rounded(value: float) -> float:
    # Adding zero makes -0.0 plain 0.0.
    return round(value, DIGITS) + 0.0
