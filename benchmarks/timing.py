"""Runs commands in turn and compares their medians."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

PYTHON = sys.executable
BIN = os.path.dirname(PYTHON)
PASS = (PYTHON, "-c", "pass")


def environment(home: str) -> dict[str, str]:
    """Return an environment with a home of its own; bytecode is written, as it is after an installation."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MYCRM_") and k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"MYCRM_HOME": home}


def once(command: Sequence[str], env: dict[str, str]) -> float:
    """Return the seconds that one run takes."""
    begun = time.perf_counter()
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def compare(ours: Sequence[str], peer: Sequence[str], env: dict[str, str], rounds: int = 11) -> tuple[float, float]:
    """Return the median seconds of two commands that are run in turn."""
    once(ours, env)
    once(peer, env)
    times = [(once(ours, env), once(peer, env)) for _ in range(rounds)]
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times)
