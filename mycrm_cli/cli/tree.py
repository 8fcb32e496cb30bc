"""The tree of commands: which nouns and verbs there are, and where each is written.

Typer stays behind this module, ``groups`` and ``options``: the modules of the nouns declare plain
functions, and a command is built only when it is called.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.main import get_command_from_info

from mycrm_cli import catalog
from mycrm_cli.cli import crud
from mycrm_cli.cli.groups import LazyGroup, Verb

PROGRAM_HELP = """The CRM that lives in your terminal.

mycrm demo
mycrm contact list -w 'company.name~acme +vip score>=70'
mycrm contact import contacts.csv --preset auto --dry-run
"""

# Nouns and commands written by hand: name -> (module in this package, one line of help).
SETUP = {
    "init": ("setup", "Make a database, an organization, a user and a profile."),
    "demo": ("demo", "The same in a place of its own, with sample data."),
    "auth": ("auth", "Sign in and out, and accept an invitation."),
    "profile": ("profile", "Profiles: a database, an organization and a user each."),
    "db": ("db", "The database: prepare, upgrade, look at."),
    "cron": ("cron", "Jobs that run by themselves."),
    "doctor": ("doctor", "Look for what is wrong; prove that organizations are kept apart."),
    "config": ("config", "Where each setting comes from."),
    "shell": ("shell", "A prompt for many commands, with history and completion."),
    "completion": ("completion", "Print the completion script for a shell."),
    "help": ("topics", "Explain a topic."),
}
EVERYWHERE = {
    "search": ("search", "Find records of every noun by words."),
    "sql": ("sql", "Ask the database in SQL; nothing is ever changed."),
    "log": ("log", "Write down a call, a meeting, an e-mail or a note."),
    "alert": ("alert", "Tell what is late: leads without an answer, deals that stand still, tasks."),
    "digest": ("digest", "Send each user what the day brings."),
    "import": ("manifest", "Import several files in one change."),
    "undo": ("undo", "Take back a change."),
    "redo": ("undo", "Take back an undo."),
    "report": ("report", "Pictures and numbers: pipeline, forecast, funnel, win and loss, activity and more."),
    "person": ("person", "What is held about a person: export it, erase it."),
}
# Nouns that have verbs of their own beside the generic ones, or only such.
NOUN_MODULES = frozenset(
    "change deal email field filter item lead org pipeline rate score sequence stage target task user".split()
)
# Nouns that belong to the organization's set-up rather than to its records.
KEPT = ("change", "filter", "field", "rule", "rate", "target")


def root() -> LazyGroup:
    """Return the root command."""
    nouns = {name: f"{entity.plural[0].upper()}{entity.plural[1:]}." for name, entity in catalog.nouns().items()}
    kept = {name: nouns.pop(name) for name in KEPT}
    sections = {
        "Records": {name: nouns[name] for name in ordered(nouns)},
        "Everywhere": {name: help for name, (_, help) in EVERYWHERE.items()} | kept,
        "Set-up": {name: help for name, (_, help) in SETUP.items()},
    }
    return LazyGroup("mycrm", PROGRAM_HELP, sections, top)


def ordered(nouns: dict[str, str]) -> list[str]:
    """Return the nouns in the order people meet them; new ones come last."""
    usual = (
        "contact company lead deal task note activity email sequence campaign product item score pipeline stage".split()
    )
    usual += ["user", "team", "org"]
    return sorted(nouns, key=lambda name: usual.index(name) if name in usual else len(usual))


def top(name: str) -> Any:
    """Build the group of a noun, or a command that stands alone."""
    if name in catalog.nouns():
        return noun(name)
    module_name, help = {**SETUP, **EVERYWHERE}[name]
    app = load(module_name)
    alone = [info for info in app.registered_commands if info.name == name]
    if alone:
        return build(alone[0])
    return LazyGroup(name, help, {"Commands": own_verbs(app)}, lambda verb: own(app, verb))


def noun(name: str) -> LazyGroup:
    """Build the group of an entity: the generic commands, and its own, which may replace some."""
    entity = catalog.nouns()[name]
    app = load(name) if name in NOUN_MODULES else typer.Typer()
    verbs = crud.verbs(entity)
    own_help = own_verbs(app)
    sections = {"Commands": {**verbs, **{verb: text for verb, text in own_help.items() if verb in verbs}}}
    if extra := {verb: text for verb, text in own_help.items() if verb not in verbs}:
        sections[f"Commands of {name} alone"] = extra

    def make(verb: str) -> Any:
        return own(app, verb) if verb in own_help else build(crud.command(entity, verb))

    return LazyGroup(name, f"{entity.description}", sections, make)


def load(module: str) -> typer.Typer:
    """Import a module of this package and return its commands."""
    app: typer.Typer = import_module(f"mycrm_cli.cli.{module}").app
    return app


def own_verbs(app: typer.Typer) -> dict[str, str]:
    """Return the names of an app's commands and groups with one line of help each."""
    verbs = {}
    for info in app.registered_commands:
        doc = (info.callback.__doc__ or "").strip() if info.callback else ""
        verbs[str(info.name)] = doc.splitlines()[0] if doc else ""
    for group in app.registered_groups:
        verbs[str(group.name)] = str(group.help)
    return verbs


def own(app: typer.Typer, verb: str) -> Any:
    """Build an app's command or group by its name; raises KeyError."""
    for info in app.registered_commands:
        if info.name == verb:
            return build(info)
    groups = {str(group.name): group for group in app.registered_groups}
    inner, help = groups[verb].typer_instance or typer.Typer(), str(groups[verb].help)
    return LazyGroup(verb, help, {"Commands": own_verbs(inner)}, lambda name: own(inner, name))


def build(info: Any) -> Any:
    """Build one command."""
    info.cls = info.cls if info.cls and issubclass(info.cls, Verb) else Verb
    info.context_settings = {"help_option_names": ["-h", "--help"]}
    return get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)
