"""``mycrm demo``: an organization with sample data in a place of its own, and what to try with it."""

from __future__ import annotations

import os
import shlex
import stat
import sys
import tempfile
from typing import Annotated

import typer

from mycrm_cli.cli.state import State
from mycrm_cli.config import paths
from mycrm_cli.errors import ConfigError

app = typer.Typer()

INIT = (
    "init --profile demo --organization Acme --slug acme --email demo@acme.example --first-name Dana --last-name Demo"
    " --region US --currency USD --timezone UTC --no-input --quiet"
).split()
TOUR = (
    ("The companies of the sample, newest first", "company list -L 5"),
    ("Contacts in Germany or with the tag vip", "contact list -w 'country=DE or +vip' -s name"),
    ("One contact, found by its e-mail address", "contact view ana.petrova@petrova.example"),
    (
        "How many contacts work for companies with more than 1,000 people",
        "contact count -w 'company.employee_count>1000'",
    ),
    ("Everything that mentions Berlin", "search berlin"),
)
SAMPLES = (("company", "companies.csv"), ("contact", "contacts.csv"))


@app.command("demo")
def demo(
    ctx: typer.Context,
    folder: Annotated[
        str | None, typer.Option("--dir", help="Where; a temporary folder by default.", metavar="FOLDER")
    ] = None,
) -> None:
    """Make an organization with sample data, apart from your own, and show what can be done with it.

    mycrm demo
    mycrm demo --dir ~/crm-demo
    """
    state: State = ctx.obj
    home = os.path.abspath(folder or os.path.join(tempfile.gettempdir(), f"mycrm-demo-{os.getuid()}"))
    before = {name: os.environ[name] for name in list(os.environ) if name.startswith("MYCRM_")}
    for name in before:
        del os.environ[name]
    os.environ["MYCRM_HOME"] = home
    try:
        prepare(state, home)
        for title, line in TOUR:
            say(f"\n# {title}")
            show(state, line)
        say("\n# An export that a spreadsheet opens, and that imports again")
        show(state, f"contact export -O '{os.path.join(home, 'contacts.csv')}'")
        say_next(home)
    finally:
        del os.environ["MYCRM_HOME"]
        os.environ.update(before)


def prepare(state: State, home: str) -> None:
    """Make the demo's database and import the sample, unless a former run has done so."""
    refuse_foreign(home)
    if os.path.exists(os.path.join(home, "config.toml")):
        say(f"the demo lies in {home}")
        return
    paths.ensure(home)
    say(f"making a demo in {home}, which touches none of your own profiles")
    run(state, INIT)
    samples = os.path.join(os.path.dirname(os.path.dirname(__file__)), "samples")
    for noun, name in SAMPLES:
        run(state, [noun, "import", os.path.join(samples, name), "--quiet", "--profile", "demo"])


def refuse_foreign(home: str) -> None:
    """Refuse a folder that somebody else could have filled; raises ConfigError."""
    if not os.path.lexists(home):
        return
    status = os.lstat(home)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise ConfigError(f"{home} is not a folder of yours alone", hint="mycrm demo --dir FOLDER")


def show(state: State, line: str) -> None:
    """Show a line of the program, and what it does."""
    say(f"$ mycrm {line}")
    run(state, [*shlex.split(line), "--profile", "demo"])


def run(state: State, words: list[str]) -> None:
    """Run a line of the program as a user would; a failure ends the demo."""
    status = state.run(words)
    if status:
        raise typer.Exit(status)


def say(text: str) -> None:
    """Write a line between the commands' own output."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say_next(home: str) -> None:
    """Tell what to try next."""
    say(
        f"""
# Try it yourself
  export MYCRM_HOME={home}
  mycrm contact add "Jan Novak" --email jan@novak.example --company "Petrova Labs" --tag vip
  mycrm contact list -w 'company~petrova' -s -created_at
  mycrm contact edit jan@novak.example --job-title CTO
  mycrm contact import FILE.csv --preset auto --dry-run
  mycrm contact --help        mycrm help filters

# Your own
  unset MYCRM_HOME; mycrm init"""
    )
