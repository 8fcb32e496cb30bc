"""Which jobs this machine runs: those whose words somebody here has typed or accepted, profile by profile.

Jobs lie in the database, which others share. What they wrote there does not run here: only words whose hash stands
in a private file of this machine do.
"""

from __future__ import annotations

import os

from mycrm_cli.config import paths, storage

LOCK = "accepted.lock"
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any
    from uuid import UUID


def known(profile: str) -> dict[str, str]:
    """Return the hashes of the words that a profile runs, by the ids of their jobs; raises ConfigError."""
    import json

    content = storage.read(_file(profile))
    try:
        found = json.loads(content) if content else {}
    except ValueError:
        found = {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def keep(profile: str, jobs: Sequence[Mapping[str, Any]]) -> None:
    """Accept jobs as they are now; raises ConfigError."""
    change(profile, {job["id"]: digest(job["command"], job["on_failure"]) for job in jobs})


def renew(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Accept a job that was changed here for all profiles of this machine that ran it as it was."""
    for profile in profiles():
        if is_accepted(known(profile), before):
            keep(profile, [after])


def forget(ids: Sequence[UUID]) -> None:
    """Accept jobs no longer, for any profile of this machine."""
    for profile in profiles():
        if known(profile).keys() & {str(id) for id in ids}:
            change(profile, dict.fromkeys(ids))


def profiles() -> list[str]:
    """Return the profiles for which something was accepted."""
    folder = os.path.dirname(_file("any"))
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def change(profile: str, hashes: Mapping[UUID, str | None]) -> None:
    """Set the hashes of some jobs, None takes one away; one process at a time."""
    import json

    with storage.Lock(LOCK):
        now = known(profile) | {str(id): hash or "" for id, hash in hashes.items()}
        text = json.dumps({id: hash for id, hash in now.items() if hash}, indent=1)
        storage.write(_file(profile), f"{text}\n".encode())


def rename(profile: str, name: str) -> None:
    """Let what a profile runs go with it; raises ConfigError."""
    with storage.Lock(LOCK):
        if content := storage.read(_file(profile)):
            storage.remove(_file(profile))  # first: names that differ in case may be one file
            storage.write(_file(name), content)


def delete(profile: str) -> None:
    """Let a profile run nothing any more; raises ConfigError."""
    with storage.Lock(LOCK):
        storage.remove(_file(profile))


def digest(command: Sequence[Any], on_failure: Sequence[Any]) -> str:
    """Return the hash of a job's words, and of the command that is told of its failures."""
    import hashlib
    import json

    text = json.dumps([[str(word) for word in command], [str(word) for word in on_failure]])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_accepted(hashes: Mapping[str, str], job: Mapping[str, Any]) -> bool:
    """Return whether a job's words are the ones that were accepted."""
    return hashes.get(str(job["id"])) == digest(job["command"], job["on_failure"])


def _file(profile: str) -> str:
    return os.path.join(paths.state_dir(), "cron", f"{profile}.json")
