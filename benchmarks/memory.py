"""How much memory a process and its helpers hold."""

import os
import resource
import sys
from glob import glob

UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in which the system counts the most memory that an ended process held."""


def of_children(usage: resource.struct_rusage) -> int:
    """Return the most bytes that an ended process held, or one of those that it started."""
    return usage.ru_maxrss * UNIT


def held(pid: int) -> int:
    """Return the bytes that a process and all it started have held at most so far; 0 where there is no ``/proc``."""
    return sum(_most(one) for one in _family(pid))


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        for place in glob(f"/proc/{one}/task/*/children"):
            found += map(int, _read(place).split())
    return found


def _most(pid: int) -> int:
    for line in _read(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(place: str) -> str:
    """Return a file's text; a process may be gone meanwhile."""
    try:
        with open(place) as file:
            return file.read()
    except OSError:
        return ""


def of_machine() -> int:
    """Return the machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
