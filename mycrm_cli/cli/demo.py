"""``mycrm demo``: an organization with sample data in a place of its own, and what to try with it."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
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
    ("What is to be done: overdue, today, this week", "task agenda --all"),
    ("One contact with everything that hangs on it", "contact view ana.petrova@petrova.example"),
    ("New leads that nobody has yet", "lead list -w 'status=new +UNASSIGNED'"),
    ("The pipeline", "deal board"),
    ("What the next months may bring", "deal forecast --by month"),
    ("A deal moves on", "deal move 'Petrova Labs - 120 seats' next --label tour"),
    ("And back again: every change can be taken back", "undo --label tour --yes"),
    ("Everything that mentions Berlin", "search berlin"),
)
SAMPLES = (
    ("team", "teams.csv"),
    ("user", "users.csv"),
    ("company", "companies.csv"),
    ("contact", "contacts.csv"),
    ("product", "products.csv"),
    ("rate", "rates.csv"),
    ("campaign", "campaigns.csv"),
    ("lead", "leads.csv"),
    ("deal", "deals.csv"),
    ("item", "items.csv"),
    ("task", "tasks.csv"),
    ("activity", "activities.csv"),
    ("note", "notes.csv"),
)
MADE_BY = "made-by"
"""The file that tells which program made a demo: one of another schema is made anew."""


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
        if read(os.path.join(home, MADE_BY)) == schema():
            say(f"the demo lies in {home}")
            return
        say("the demo there was made by another version of mycrm: it is made anew")
        forget(home)
    paths.ensure(home)
    say(f"making a demo in {home}, which touches none of your own profiles")
    run(state, INIT)
    samples = os.path.join(os.path.dirname(os.path.dirname(__file__)), "samples")
    for noun, name in SAMPLES:
        run(state, [noun, "import", os.path.join(samples, name), "--quiet", "--profile", "demo"])
    with open(os.path.join(home, MADE_BY), "w", encoding="ascii") as file:
        file.write(schema())


def schema() -> str:
    """Return what tells one schema from another: a hash of the catalogue."""
    with open(os.path.join(os.path.dirname(os.path.dirname(__file__)), "catalog.json"), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def read(path: str) -> str:
    """Return the text of a file, or nothing where there is none."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="ascii") as file:
        return file.read()


def forget(home: str) -> None:
    """Remove what a demo consists of, and nothing else that lies in its folder."""
    for name in ("data", "state", "cache"):
        shutil.rmtree(os.path.join(home, name), ignore_errors=True)
    os.unlink(os.path.join(home, "config.toml"))


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
  mycrm log call jan@novak.example "Wants a quote" --next "Send the quote" --due fri
  mycrm lead convert nina.rossi@harbor.example --deal "Harbor Foods - pilot"
  mycrm deal win "Harbor Foods - pilot"
  mycrm undo
  mycrm contact import FILE.csv --preset auto --dry-run
  mycrm deal --help        mycrm help filters

# Your own
  unset MYCRM_HOME; mycrm init"""
    )
