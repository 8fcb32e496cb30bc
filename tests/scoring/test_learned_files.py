"""Learning from real files, which come in by the importer: as good as plain logistic regression, and honest."""

import csv
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mycrm_cli.services.scoring import metrics
from mycrm_cli.services.scoring.learned import gates, leaks, training
from mycrm_cli.services.scoring.learned.examples import Examples
from tests.program import Program
from tests.scoring.learned_data import CAPS

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
pytest.importorskip("numpy")
NEWEST = 8239
NOW = "2026-09-03T00:00:00Z"
SHARED = Path(__file__).parents[3] / "shared" / "data"
TEXTS = ("cons_price_idx", "euribor3m")
"""Columns with more decimals than a number field takes; they come as texts."""
WORDS = ("job", "marital", "education", "default", "housing", "loan", "contact", "month", "day_of_week", "poutcome")


@pytest.fixture
def shared() -> Path:
    """The folder of the shared sample files; a test that needs it is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("the shared sample files are not here")
    return SHARED


def bank(folder: Path) -> list[dict[str, str]]:
    """Return the calls of the bank, in order of time."""
    with (folder / "bank_marketing.csv").open(newline="") as file:
        return [{name.replace(".", "_"): value for name, value in row.items()} for row in csv.DictReader(file)]


def stamp(moment: datetime) -> str:
    """Return a moment as files have it."""
    return moment.isoformat().replace("+00:00", "Z")


def bring(crm: Program, path: Path, leads: list[dict[str, Any]], fields: dict[str, str]) -> None:
    """Import leads with fields of their own; each has ``won``, ``begun`` and ``ended``."""
    for name, kind in fields.items():
        crm("field", "add", "lead", name, "--type", kind)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["name", "status", "created_at", "converted_at", "disqualified_at", *(f"cf.{f}" for f in fields)])
        for place, lead in enumerate(leads):
            ended = stamp(lead["ended"])
            status, *when = ("converted", ended, "") if lead["won"] else ("disqualified", "", ended)
            out.writerow([f"Lead {place}", status, stamp(lead["begun"]), *when, *(lead[name] for name in fields)])
    crm("lead", "import", str(path), "--yes")


def plain(rows: list[dict[str, str]]) -> float:
    """Return the AUC of scikit-learn's logistic regression on the newest, with its defaults.

    It is told which columns are words.
    """
    linear = pytest.importorskip("sklearn.linear_model")
    shaping = pytest.importorskip("sklearn.preprocessing")
    import numpy as np

    cut, parts = len(rows) - NEWEST, []
    for name in [name for name in rows[0] if name not in ("y", "duration")]:
        column = np.array([[float(row[name])] for row in rows])
        shape = shaping.OneHotEncoder(handle_unknown="ignore") if name in WORDS else shaping.StandardScaler()
        told = shape.fit(column[:cut]).transform(column)
        parts.append(told.toarray() if name in WORDS else told)
    wide, labels = np.hstack(parts), np.array([int(row["y"]) for row in rows])
    said = linear.LogisticRegression(max_iter=2000).fit(wide[:cut], labels[:cut]).decision_function(wide[cut:])
    return metrics.auc(said.tolist(), labels[cut:].tolist()) or 0.0


def test_bank_forward(shared: Path) -> None:
    """On the newest of all calls it is at least as good as scikit-learn that is told which columns are words."""
    rows = bank(shared)
    data = numbered(rows, [row["y"] == "1" for row in rows], {"y", "duration"})
    learned, found = gates.tried(data, leaks.screened(data).names)
    assert found["tried_on"] == NEWEST - 1 and found["calibration_error"] <= 0.02
    assert found["auc"] >= 0.73
    assert found["auc"] >= plain(rows)
    assert found["brier_gain"] > 2 * found["brier_error"]
    assert max(max(map(abs, weights)) for weights in learned.weights) < 5


def test_bank(sqlite_crm: Program, shared: Path, tmp_path: Path) -> None:
    """Calls that come in by the importer give a model, with a warning of the call's duration, and none if shuffled."""
    rows = bank(shared)[::5]
    start, step = datetime(2025, 1, 1, tzinfo=UTC), timedelta(days=600) / len(rows)
    leads = [
        {**row, "won": row["y"] == "1", "begun": start + place * step, "ended": start + place * step + timedelta(3)}
        for place, row in enumerate(rows)
    ]
    fields = {name: "text" if name in TEXTS else "number" for name in rows[0] if name != "y"}
    bring(sqlite_crm, tmp_path / "bank.csv", leads, fields)
    now = {"MYCRM_NOW": NOW}
    with_duration = sqlite_crm("score", "train", "--no-use", "--json", env=now)
    assert with_duration.json["metrics"]["leaking"].keys() == {"cf.duration"}
    assert "cf.duration alone tells the outcome" in with_duration.stderr
    sqlite_crm("field", "delete", "lead.duration", "--values", "--yes")
    told = sqlite_crm("score", "train", "--json", env=now).json
    found = told["metrics"]
    assert (found["outcomes"], found["leaking"]) == (len(rows), {})
    assert found["auc"] >= 0.69 and found["calibration_error"] <= 0.04
    assert told["may_switch"] and told["used"] and not told["is_provisional"]
    labels = [row["y"] == "1" for row in rows]
    random.Random(1).shuffle(labels)
    wrong = training.trained(numbered(rows, labels, {"y"}), CAPS, {"version": "rules-1"})
    assert not wrong.verdict.may_switch


def numbered(rows: list[dict[str, str]], labels: list[bool], without: set[str]) -> Examples:
    """Return calls with outcomes as examples, all columns as the numbers that they look like."""
    columns = {f"cf.{name}": [float(row[name]) for row in rows] for name in rows[0] if name not in without}
    decided = [1_700_000_000.0 + place * 60 for place in range(len(rows))]
    ids = [f"{place:08}" for place in range(len(rows))]
    return Examples(ids, list(map(int, labels)), decided, decided, columns, [], {})


def test_maven(sqlite_crm: Program, shared: Path, tmp_path: Path) -> None:
    """Deals whose outcome has nothing to do with what is known of them give no model."""
    with (shared / "maven_crm" / "accounts.csv").open(newline="") as file:
        accounts = {row["account"]: row for row in csv.DictReader(file)}
    with (shared / "maven_crm" / "sales_pipeline.csv").open(newline="") as file:
        deals = [row for row in csv.DictReader(file) if row["deal_stage"] in ("Won", "Lost")]

    def dated(text: str) -> datetime:
        return datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=UTC) + timedelta(days=365 * 8)

    leads = [
        {
            "agent": deal["sales_agent"],
            "product": deal["product"],
            "sector": accounts.get(deal["account"], {}).get("sector", ""),
            "revenue": accounts.get(deal["account"], {}).get("revenue", ""),
            "won": deal["deal_stage"] == "Won",
            "begun": dated(deal["engage_date"]),
            "ended": dated(deal["close_date"]),
        }
        for deal in deals
    ]
    fields = {"agent": "text", "product": "text", "sector": "text", "revenue": "number"}
    bring(sqlite_crm, tmp_path / "maven.csv", leads, fields)
    told = sqlite_crm("score", "train", env={"MYCRM_NOW": "2026-03-01T00:00:00Z"}, exit=None)
    assert "not used: " in told.stderr, told
    assert [row["type"] for row in sqlite_crm.json("score", "model", "list")] == ["rules"]
