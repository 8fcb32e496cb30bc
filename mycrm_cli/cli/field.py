"""The organization's own fields."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk, narrowed, reading, writing
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.cli.state import State

app = typer.Typer()
TABLE = catalog.entity("custom_fields")
NOUN = sig.argument("Whose field it is: contact, company, lead or deal.", "[NOUN]")
REFERENCES = sig.arguments("contact.tier, or contact tier; - reads them from stdin.", "[REF]...")

app.command("list", cls=Verb)(narrowed.list_command(TABLE))


def _named(references: list[str] | None) -> list[str] | None:
    """Return references, ``contact tier`` as ``contact.tier``."""
    if references and len(references) == 2 and references[0] in services.fields.owners() and "." not in references[1]:
        return [f"{references[0]}.{references[1].removeprefix('cf.')}"]
    return references


def _as_json(choices: str | None) -> str | None:
    """Return ``gold,silver`` as the list that the field holds."""
    from mycrm_cli.kinds.structures import write_json

    if choices is None or choices.strip().startswith("["):
        return choices
    return write_json([choice.strip() for choice in choices.split(",") if choice.strip()])


def _with_references(generic: Callable[..., None], doc: str) -> Callable[..., None]:
    """Return a generic command that also takes ``contact tier``, and choices with commas between them."""

    def command(ctx: typer.Context, **given: Any) -> None:
        given["references"] = _named(given["references"])
        if "set_choices" in given:
            given["set_choices"] = _as_json(given["set_choices"])
        generic(ctx, **given)

    command.__signature__ = inspect.signature(generic)  # type: ignore[attr-defined]
    command.__annotations__ = dict(generic.__annotations__)
    command.__doc__ = doc
    return command


def _add(state: State, **given: Any) -> None:
    noun, key = given.pop("noun"), given["name"]
    if noun is not None and key is None and noun != "-":
        # One word is the key, as with every noun; --entity says whose.
        noun, given["name"] = None, noun
    elif noun == "-":
        noun, given["name"] = None, "-"
    elif noun is not None and noun not in services.fields.owners():
        raise UsageError(f"{noun!r} has no custom fields", hint=f"these can: {', '.join(services.fields.owners())}")
    given["set_entity"] = noun or given["set_entity"]
    given["set_choices"] = _as_json(given["set_choices"])
    if given["set_choices"] and given["set_type"] is None:
        given["set_type"] = "choice"
    given["set_required"] = "yes" if given.pop("required") else None
    writing.add_given(state, TABLE, given)
    _remark(state, given["set_entity"], given["name"])


def _remark(state: State, noun: str | None, key: str | None) -> None:
    """Tell that a field of the entity's own has the same name."""
    entity = catalog.entities().get(noun or "")
    if entity and key in entity.fields:
        state.out.say(f"a {entity.noun} has a field {key} of its own; this one is cf.{key}")


app.command("add", cls=WriteVerb)(
    sig.with_signature(
        _add,
        {"noun": NOUN, "name": sig.argument("Its key: cf.KEY in filters and options.", "[KEY]")}
        | {name: option for name, option in sig.field_options(TABLE).items() if name != "set_required"}
        | {"required": sig.flag("--required", help="Every record must have a value.")}
        | writing.common_values(TABLE),
        """Add a field of the organization's own.

    mycrm field add contact tier --type choice --choices gold,silver
    mycrm field add deal renewal --type date --label "Renewal date" --required
    mycrm contact edit C-1 --set cf.tier=gold
    mycrm contact list -w cf.tier=gold -F name,cf.tier
    """,
    )
)
app.command("view", cls=Verb)(
    _with_references(
        reading.view_command(TABLE),
        """Show a custom field.

    mycrm field view contact tier
    mycrm field view contact.tier --json
    """,
    )
)
app.command("edit", cls=WriteVerb)(
    _with_references(
        writing.edit_command(TABLE),
        """Change custom fields; a type changes where every value fits it.

    mycrm field edit contact tier --choices gold,silver,bronze
    mycrm field edit contact.tier --label "Customer tier" --required yes
    """,
    )
)


def _delete(state: State, **given: Any) -> None:
    given["references"] = _named(given["references"])
    targets = bulk.targets(state, TABLE, given, "delete")
    with state.work() as work:
        titles = bulk.short_names(work.reader, TABLE, targets)
        services.fields.delete(work, targets, values=given["values"])
        report = bulk.Report(state, work, TABLE, "deleted", targets, titles=titles)
    report.tell()


app.command("delete", cls=WriteVerb)(
    sig.with_signature(
        _delete,
        bulk.target_options(TABLE)
        | {"references": REFERENCES, "values": sig.flag("--values", help="With the values that records have in it.")},
        """Delete custom fields; undo brings them and their values back.

    mycrm field delete contact tier
    mycrm field delete contact.tier --values
    """,
    )
)
