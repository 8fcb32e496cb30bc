"""The hooks of the user's configuration: whether their commands are there, and nobody else can put words into them."""

from __future__ import annotations

from mycrm_cli.config import hooks, paths
from mycrm_cli.services.health.finding import FAIL, OK, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.config.profile import Profile


def looked_at(profile: Profile) -> Iterator[Finding]:
    """Yield a line for each hook; none where there are none."""
    commands = {event: words for event, words in profile.hooks.items() if event in hooks.EVENTS}
    if commands and (problem := hooks.unsafe(paths.config_file())):
        yield Finding("hooks", FAIL, f"none is run: {problem}", "only you may be able to write it")
        return
    for event, words in commands.items():
        problem = hooks.problem(words)
        if problem:
            yield Finding(f"hook on_{event}", FAIL, f"it is not run: {problem}", "see the guide of hooks")
        else:
            yield Finding(f"hook on_{event}", OK, words[0])
