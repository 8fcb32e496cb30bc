"""``mycrm email template``: messages with places for fields, written once and tried before they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, query
from mycrm_cli.cli import bulk, emailsend, narrowing, reading, templatetext, templatetried
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.edited import Edited, kept
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import NotFound, UsageError

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State
    from mycrm_cli.services.rows import Row

app = typer.Typer()
TABLE = catalog.entity("email_templates")
HELP = "Messages with places for fields: write them, try them."

ADD_DOC = """Add a template.

Places are {{ contact.first_name }}, also of lead, company, deal, user and organization.name; {{ unsubscribe_url }} is
where mail is ended. Filters: default upper lower title trim truncate date money. {% if deal.value > 1000 %} …
{% endif %} leaves text out. Without --subject and --body your editor opens.

mycrm email template add intro --subject "Your plan" --body intro.txt
mycrm email template add hi --subject Hi --body "Dear {{ lead.first_name }}!"
"""
EDIT_DOC = """Change a template; who has got it keeps what it said.

mycrm email template edit intro
mycrm email template edit intro --subject "Hi {{ contact.first_name }}"
mycrm email template edit intro --active no
"""
LIST_DOC = """List templates.

mycrm email template list
mycrm email template list -w 'is_active=yes' -o csv
"""
VIEW_DOC = """Show a template, or what a version of it said.

mycrm email template view intro
mycrm email template view intro --version 2 --json
"""
DELETE_DOC = """Delete templates; one that a sequence sends is refused.

mycrm email template delete intro
"""
HISTORY_DOC = """Show the versions of a template, the newest first.

mycrm email template history intro
"""
VALUES = {
    "subject": sig.option("--subject", help="Its subject."),
    "body": sig.option("--body", help="Its text: words, a file, or - for stdin.", metavar="TEXT|FILE|-"),
    "html": sig.option("--html", help="The same as HTML, beside the text.", metavar="FILE"),
    "description": sig.option("--description", help="What it is for."),
    "active": sig.option("--active", help="Whether it may be sent.", metavar="yes|no"),
}
NAME = sig.argument("The template's name.", "NAME")


def values_of(given: dict[str, Any]) -> Row:
    """Return what the options of a line say; raises UsageError for what is neither yes nor no."""
    values: Row = {}
    for option, column in (("subject", "subject"), ("description", "description")):
        if given[option] is not None:
            values[column] = given[option].strip() or None
    for option, column in (("body", "body_text"), ("html", "body_html")):
        if given[option] is not None:
            values[column] = emailsend.content(f"--{option}", given[option]).rstrip("\n") or None
    if given["active"] is not None:
        values["is_active"] = switch(given["active"])
    return values


def switch(text: str) -> bool:
    """Return whether a text says yes; raises UsageError for what says neither."""
    from mycrm_cli import kinds

    try:
        return bool(kinds.make("boolean").read(text))
    except kinds.BadValue:
        raise UsageError(f"--active is yes or no, not {text!r}") from None


def add(state: State, **given: Any) -> None:
    """Add a template."""
    from mycrm_cli.services.mail import templates

    if not given["name"]:
        raise UsageError("what is it called?", hint="mycrm email template add NAME --subject S --body TEXT")
    values, edited = values_of(given), None
    if "subject" not in values and "body_text" not in values:
        edited = templatetext.ask(state, templatetext.EMPTY | {"name": given["name"]} | values)
        with kept(edited):
            values = templatetext.parse(edited.raw)
    with kept(edited), state.work() as work:
        id = templates.add(work, {"name": given["name"].strip()} | values)
        report = bulk.Report(state, work, TABLE, "added", [id])
    report.tell()


def edit(state: State, **given: Any) -> None:
    """Change a template."""
    from mycrm_cli.services.mail import templates, templating

    if not given["name"]:
        raise UsageError("which template?", hint="mycrm email template list")
    id = templating.named(state.reader, given["name"]).id
    values = values_of(given) | ({"name": given["rename"].strip()} if given["rename"] else {})
    edited: Edited | None = None
    if not values:
        edited = templatetext.ask(state, state.reader.record(TABLE, id))
        with kept(edited):
            values = templatetext.parse(edited.raw)
    with kept(edited), state.work() as work:
        is_changed = templates.edit(work, id, values, edited.version if edited else None)
        report = bulk.Report(state, work, TABLE, "changed", [id], changed=[id] if is_changed else [])
    report.tell()


def show(state: State, **given: Any) -> None:
    """List templates."""
    narrowing.listed(state, TABLE, given, "no templates yet: mycrm email template add")


def view(state: State, **given: Any) -> None:
    """Show a template."""
    from mycrm_cli.services.mail import templates, templating

    if not given["name"]:
        raise UsageError("which template?", hint="mycrm email template list")
    found = templating.named(state.reader, given["name"])
    if given["version"] is not None:
        if not given["version"].isdigit():
            raise UsageError(f"--version is a number, not {given['version']!r}")
        found = templates.version_of(state.reader, found, int(given["version"]))
    if state.out.format in ("json", "jsonl"):
        stored = {} if given["version"] else told_whole(state, found.id)
        state.out.object(stored | found._asdict())
        return
    off = "" if found.is_active else ", switched off"
    state.out.line(f"# {found.name}, version {found.version}{off}")
    state.out.line(f"Subject: {found.subject}\n")
    state.out.line(found.body_text)
    if found.body_html:
        state.out.line(f"\n{templatetext.HTML}\n{found.body_html}")


def told_whole(state: State, id: Any) -> dict[str, Any]:
    """Return all fields of a template, as JSON carries them."""
    from mycrm_cli.output.formats import as_object

    columns, row = reading.one(state.reader, TABLE, id, query.full(TABLE))
    return as_object(columns, None)(row)


def delete(state: State, **given: Any) -> None:
    """Delete templates."""
    from mycrm_cli.services.mail import templates, templating

    if not given["names"]:
        raise UsageError("which templates?", hint="mycrm email template list")
    ids = list(dict.fromkeys(templating.named(state.reader, name).id for name in given["names"]))
    with state.work() as work:
        titles = bulk.short_names(work.reader, TABLE, ids)
        templates.remove(work, ids)
        report = bulk.Report(state, work, TABLE, "deleted", ids, titles=titles)
    report.tell()


def history(state: State, **given: Any) -> None:
    """Show the versions of a template."""
    from mycrm_cli.cli.timeline import Key
    from mycrm_cli.services.mail import templates, templating

    if not given["name"]:
        raise UsageError("which template?", hint="mycrm email template list")
    id = templating.named(state.reader, given["name"]).id
    found = list(templates.versions(state.reader, id))
    if not found:
        raise NotFound("the journal says nothing of this template")
    kinds = {"version": "integer", "at": "timestamp", "who": "text", "change": "text", "subject": "text"}
    columns: Any = [Key(name, kind) for name, kind in kinds.items()]
    rows = [(one.version, one.at, one.who, one.change, text(one.values["subject"])) for one in found]
    state.out.rows(columns, rows, state.scope.locale)


def text(value: Any) -> str:
    """Return a value of an old version; one that was erased says so."""
    return "(erased)" if value is ... else str(value)


def add_all() -> None:
    """Declare the commands."""
    rename = {"rename": sig.option("--name", help="Another name for it.", metavar="NAME")}
    version = {"version": sig.option("--version", help="What this version said.", metavar="N")}
    lists = reading.list_options(TABLE)
    for verb, run, parameters, doc, cls in (
        ("add", add, {"name": NAME} | VALUES, ADD_DOC, WriteVerb),
        ("edit", edit, {"name": NAME} | VALUES | rename, EDIT_DOC, WriteVerb),
        ("list", show, lists, LIST_DOC, Verb),
        ("view", view, {"name": NAME} | version, VIEW_DOC, Verb),
        ("delete", delete, {"names": sig.arguments("Templates.", "NAME...")}, DELETE_DOC, WriteVerb),
        ("history", history, {"name": NAME}, HISTORY_DOC, Verb),
    ):
        app.command(verb, cls=cls)(sig.with_signature(run, parameters, doc))
    templatetried.add(app, NAME)


add_all()
