"""numpy, or an error that says how to get it."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def numpy() -> Any:
    """Return the module numpy; raises ConfigError where it is not installed."""
    # Systems of a hundred equations are solved sooner by one thread than by many, and always in the same way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        import numpy as np
    except ImportError:
        from mycrm_cli.errors import ConfigError

        raise ConfigError(
            "learning from outcomes needs a library that is not installed", hint="pip install 'mycrm[scoring]'"
        ) from None
    return np
