"""The generic commands that write: add, edit, delete, restore, purge, import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import services
from mycrm_cli.cli import bulk, pipes
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.edited import edited_in_editor, kept
from mycrm_cli.cli.lines import json_records
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def common_values(entity: Entity) -> dict[str, Any]:
    """Return the options by which add and edit set what has no option of its own."""
    parameters: dict[str, Any] = {}
    if "tags" in entity.fields:
        parameters["tag"] = sig.options("--tag", help="Add a tag.", metavar="TAG")
    if "custom_fields" in entity.fields:
        parameters["set"] = sig.options("--set", help="Set a field, such as cf.tier=gold.", metavar="FIELD=VALUE")
    parameters["from_json"] = sig.option("--from-json", help="Take values from JSON.", metavar="FILE|-")
    parameters["confirm"] = bulk.confirm_option()
    if entity.distinct:
        parameters["allow_duplicate"] = sig.flag("--allow-duplicate", help="Although there is one like it.")
    return parameters


def given_values(state: State, work: Work, entity: Entity, given: dict[str, Any]) -> Row:
    """Return the values of the options of a line."""
    texts = sig.given_fields(entity, given)
    pairs = services.values.assignments("--set", given.get("set") or [])
    custom = {name: text for name, text in pairs.items() if name.startswith("cf.")}
    said = {name: text for name, text in pairs.items() if name not in custom}
    refuse_twice(texts, said)
    texts |= said
    values = services.values.typed(work.reader, entity, texts, state.out.warn)
    if custom:
        values |= services.custom.typed(work.reader, entity, custom)
    for option, key in (("tag", "+tags"), ("untag", "-tags")):
        if given.get(option):
            values[key] = entity.fields["tags"].kind.read(",".join(given[option]))
    for name in given.get("clear") or []:
        if name.strip().startswith("cf."):
            values |= services.custom.typed(work.reader, entity, {name: ""})
            continue
        field = services.values.field_named(entity, name)
        values |= services.values.typed(work.reader, entity, {field.name: ""}, state.out.warn)
    return values


def refuse_twice(one: dict[str, str], other: dict[str, str]) -> None:
    """Refuse a field that is given in two ways with different values; raises UsageError."""
    for name in one.keys() & other.keys():
        if one[name] != other[name]:
            raise UsageError(f"{name.replace('_', ' ')} is given twice: {other[name]!r} and {one[name]!r}")


def locale_of(state: State, work: Work) -> None:
    """Let values that were kept although they could not be read be told to the user."""
    work.scope.locale.warn = state.out.warn


def add_command(entity: Entity) -> Callable[..., None]:
    """Make the ``add`` command."""
    sample = {
        "contact": '"Ana Berg" --email ana@acme.com',
        "company": '"Acme Ltd" --domain acme.com',
        "user": "ben@acme.com --role sales_rep",
        "rule": "\"Web leads\" --where 'source=website' --team North",
    }
    doc = f"""
    mycrm {entity.noun} add {sample.get(entity.name, '"A name"')}
    mycrm {entity.noun} add --from-json {entity.plural.replace(" ", "-")}.json
    """
    parameters = {"name": sig.argument(f"The {entity.key.replace('_', ' ')}.", "[NAME]")}
    if entity.key in entity.fields and entity.fields[entity.key].kind_name == "email":
        parameters = {"name": sig.argument("The e-mail address.", "[EMAIL]")}
    parameters |= sig.field_options(entity) | common_values(entity)
    return sig.with_signature(lambda state, **given: add_given(state, entity, given), parameters, doc)


def add_given(
    state: State, entity: Entity, given: dict[str, Any], create: Callable[[Work, list[Row]], list[Row]] | None = None
) -> None:
    """Add what a line gives; ``create`` makes the records where more than themselves has to be made."""
    objects = pipes.new_records(state, entity, given)
    with state.work() as work:
        locale_of(state, work)
        values = given_values(state, work, entity, given)
        if given["name"] and given["name"] != "-":
            parts = services.values.name_parts(entity, given["name"])
            refuse_twice(sig.given_fields(entity, given), {name: text for name, text in parts.items() if text})
            values = services.values.typed(work.reader, entity, parts, state.out.warn) | values
        several = [values]
        if objects is not None:
            several = [record | values for record in pipes.read(work, entity, objects)]
        elif not values:
            raise UsageError(f"nothing to add: give the {entity.noun} a name", hint=f"mycrm {entity.noun} add --help")
        if create is not None:
            new = create(work, several)
        else:
            new = services.records.add(work, entity, several, allow_duplicate=given.get("allow_duplicate", False))
        ids = [row["id"] for row in new]
        report = bulk.Report(state, work, entity, "added", ids)
    report.tell()


def edit_command(entity: Entity) -> Callable[..., None]:
    """Make the ``edit`` command."""
    reference = f"{entity.prefix}-1" if entity.prefix else "REF"
    doc = f"""
    mycrm {entity.noun} edit {reference} --{_first_option(entity)} VALUE
    mycrm {entity.noun} list -o ids | mycrm {entity.noun} edit - --{_first_option(entity)} VALUE --yes
    mycrm {entity.noun} edit -w 'created_at<som' --clear {_first_option(entity)} --yes
    mycrm {entity.noun} edit - < changes.jsonl
    """
    parameters = bulk.target_options(entity) | sig.field_options(entity) | common_values(entity)
    if "tags" in entity.fields:
        parameters["untag"] = sig.options("--untag", help="Take a tag away.", metavar="TAG")
    parameters["clear"] = sig.options("--clear", help="Empty a field.", metavar="FIELD")
    if entity.versioned:
        parameters["version"] = sig.option(
            "--version-is", help="Only if the record still has this version.", metavar="N"
        )
    return sig.with_signature(lambda state, **given: edit_given(state, entity, given), parameters, doc)


def _first_option(entity: Entity) -> str:
    names = [field for field in sig.settable(entity) if not field.required]
    return sig.option_names(names[0])[0].lstrip("-") if names else "name"


def edit_given(state: State, entity: Entity, given: dict[str, Any], more: Row | None = None) -> None:
    """Change what a line names; ``more`` is said to the noun's own rules beside the values."""
    lines = bulk.piped(state, entity, given, "edit") if "-" in (given["references"] or []) else None
    targets = (
        bulk.targets(state, entity, given, "edit") if lines is None else list(dict.fromkeys(id for _, id in lines))
    )
    others = [value for name, value in given.items() if name not in ("references", "where", "all", "confirm")]
    # An empty text is something to say: it empties a field.
    changing = any(value not in (None, False, []) for value in others) or any(line.members for line, _ in lines or [])
    edited = None if changing else edited_in_editor(state, entity, targets)
    objects = json_records(given["from_json"]) if given["from_json"] else []
    version = edited.version if edited else version_of(given.get("version"))
    with kept(edited), state.work() as work:
        locale_of(state, work)
        values = given_values(state, work, entity, given)
        if edited:
            values = services.values.typed(work.reader, entity, edited.texts, state.out.warn)
        for record in objects:
            values |= services.custom.from_object(work.reader, entity, record)
        values |= more or {}
        edits = [(id, values) for id in targets] if lines is None else pipes.edits(work, entity, lines, values)
        allowed = given.get("allow_duplicate", False)
        changed = services.records.edit(work, entity, edits, version=version, allow_duplicate=allowed)
        report = bulk.Report(state, work, entity, "changed", targets, changed=changed)
    report.tell()


def version_of(text: str | None) -> int | None:
    """Return the version that an edit insists on; raises UsageError for what is no number."""
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise UsageError(f"--version-is takes a number, not {text!r}")
    return int(text)


def delete_command(entity: Entity) -> Callable[..., None]:
    """Make the ``delete`` command."""
    return _bulk_command(entity, "delete", "deleted", lambda work, ids: services.records.delete(work, entity, ids))


def restore_command(entity: Entity) -> Callable[..., None]:
    """Make the ``restore`` command."""
    return _bulk_command(entity, "restore", "restored", lambda work, ids: services.records.restore(work, entity, ids))


def _bulk_command(entity: Entity, verb: str, done: str, act: Callable[[Work, list[Any]], None]) -> Callable[..., None]:
    """Make a command that does one thing to records."""
    reference = f"{entity.prefix}-1" if entity.prefix else "REF"
    doc = f"""
    mycrm {entity.noun} {verb} {reference}
    mycrm {entity.noun} {verb} -w 'created_at<som' --yes
    """

    def command(state: State, **given: Any) -> None:
        targets = bulk.targets(state, entity, given, verb, deleted=verb == "restore")
        with state.work() as work:
            titles = bulk.short_names(work.reader, entity, targets, deleted=verb == "restore")
            act(work, targets)
            report = bulk.Report(state, work, entity, done, targets, titles=titles)
        report.tell()

    return sig.with_signature(command, bulk.target_options(entity), doc)


def purge_command(entity: Entity) -> Callable[..., None]:
    """Make the ``purge`` command."""
    doc = f"""
    mycrm {entity.noun} purge {entity.prefix}-1 --confirm acme
    mycrm {entity.noun} purge --all --confirm acme
    """
    parameters = bulk.target_options(entity)
    parameters["confirm"] = sig.option("--confirm", help="The organization's short name, or a protected profile's.")

    def purge(state: State, **given: Any) -> None:
        wanted = state.profile.name if state.profile.protected else state.scope.slug
        if given["confirm"] != wanted:
            raise UsageError(
                "purging cannot be taken back by restore", hint=f"--confirm {wanted} says that you mean it"
            )
        targets = bulk.targets(state, entity, given, "purge", deleted=True)
        with state.work() as work:
            titles = bulk.short_names(work.reader, entity, targets, deleted=True)
            services.records.remove(work, entity, targets)
            report = bulk.Report(state, work, entity, "purged", targets, titles=titles)
        report.tell()

    return sig.with_signature(purge, parameters, doc)


def import_command(entity: Entity) -> Callable[..., None]:
    """Make the ``import`` command."""
    from mycrm_cli.cli import importing

    return importing.import_command(entity)


def tag_command(entity: Entity) -> Callable[..., None]:
    """Make the ``tag`` command."""
    from mycrm_cli.cli import tagging

    return tagging.tag_command(entity)


def untag_command(entity: Entity) -> Callable[..., None]:
    """Make the ``untag`` command."""
    from mycrm_cli.cli import tagging

    return tagging.untag_command(entity)


def merge_command(entity: Entity) -> Callable[..., None]:
    """Make the ``merge`` command."""
    from mycrm_cli.cli import merging

    return merging.merge_command(entity)
