"""A terminal for commands that are to believe that somebody looks at them."""

import fcntl
import os
import pty
import struct
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LINES, COLUMNS = 200, 120
"""High enough for a list of 50, so that no pager waits for somebody."""


@contextmanager
def pseudo_terminal() -> Iterator[int]:
    """Open a terminal whose output is read and thrown away."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    reader = threading.Thread(target=_drain, args=(master,), daemon=True)
    reader.start()
    try:
        yield slave
    finally:
        os.close(slave)
        reader.join()
        os.close(master)


def _drain(master: int) -> None:
    try:
        while os.read(master, 65536):
            pass
    except OSError:
        return  # the terminal's last user has gone
