"""What is set and where it came from, for ``mycrm config list``; secrets are elided."""

from __future__ import annotations

import os

from mycrm_cli.config import paths
from mycrm_cli.config.settings import PREFERENCES, SECRET_VARIABLES, Value, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mycrm_cli.config.profile import Profile


def values(
    profile: Profile | None,
    flags: Mapping[str, str | bool | None] | None = None,
    stored: Mapping[str, str | bool] | None = None,
) -> list[Value]:
    """Return every setting with its value and origin: preferences, the profile's settings, the folders.

    ``stored`` is the ``[settings]`` table where no profile can be chosen.
    """
    found = [resolve(name, (flags or {}).get(name), profile, stored) for name in PREFERENCES]
    if profile is not None:
        found += _of_profile(profile) + _hooks(profile)
    return found + _secret_variables() + _folders()


def _of_profile(profile: Profile) -> list[Value]:
    found = [Value("profile", profile.name, profile.origin, profile.choice.where)]
    for name, value in profile.values().items():
        if name not in PREFERENCES:
            origin = profile.origins.get(name) or ("profile" if value else "default")
            where = {"profile": profile.name, "environment": "MYCRM_DATABASE_URL"}.get(origin, "")
            found.append(Value(name, value, origin, where))
    return found


def _hooks(profile: Profile) -> list[Value]:
    """Return the hooks that are set, each as the words of its command."""
    import shlex

    found = []
    for name, value in profile.hooks.items():
        text, shown = (f"on_{name}", shlex.join(value)) if isinstance(value, list) else (name, str(value))
        found.append(Value(f"hooks.{text}", shown, "file", "config.toml"))
    return found


def _secret_variables() -> list[Value]:
    given = [name for name in SECRET_VARIABLES if os.environ.get(name)]
    return [Value(name, "[secret]", "environment", name) for name in given]


def _folders() -> list[Value]:
    origin = ("environment", paths.HOME_VARIABLE) if os.environ.get(paths.HOME_VARIABLE) else ("default", "")
    places = {
        "config_file": paths.config_file(),
        "data_dir": paths.data_dir(),
        "state_dir": paths.state_dir(),
        "cache_dir": paths.cache_dir(),
    }
    return [Value(name, place, *origin) for name, place in places.items()]
