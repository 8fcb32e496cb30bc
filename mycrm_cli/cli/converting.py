"""``mycrm lead convert``: what is wanted of each lead, and what is told of what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk, verbs
from mycrm_cli.cli import signatures as sig
from mycrm_cli.errors import CrmError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.converting.plan import Plan, Wish
    from mycrm_cli.services.work import Work

DOC = """Make a contact, a company and a deal of leads, with all that hangs on them.

    mycrm lead convert L-12
    mycrm lead convert L-12 --deal "A new roof" --value 12400 --close eom
    mycrm lead convert L-12 --no-deal --contact C-88
    mycrm lead convert - --yes < won.jsonl
    """
ABOUT_DEAL = ("deal", "pipeline", "stage", "value", "close", "role", "set")
FROM_PIPE = ("deal", "pipeline", "stage", "value", "close", "role", "no_deal", "contact", "on")
"""What a line of JSON may say; company and owner are left out, since they stand in every listed lead."""
SHOWN = 5

PARAMETERS = bulk.target_options(catalog.entity("lead")) | {
    "contact": sig.option("--contact", help="Its contact; else found by e-mail, or made.", metavar="CONTACT"),
    "company": sig.option("--company", help="Its company; else found by domain or name, or made.", metavar="COMPANY"),
    "deal": sig.option("--deal", help="Name of the deal; else the company's or the lead's.", metavar="NAME"),
    "no_deal": sig.flag("--no-deal", help="Make no deal."),
    "pipeline": sig.option("--pipeline", help="Pipeline of the deal.", metavar="PIPELINE"),
    "stage": sig.option("--stage", help="Stage of the deal.", metavar="STAGE"),
    "value": sig.option("--value", help="Value of the deal; else the lead's estimated value.", metavar="AMOUNT"),
    "close": sig.option("--close", help="When the deal should be won.", metavar="DATE"),
    "role": sig.option("--role", help="The contact's part in the deal."),
    "set": sig.options("--set", help="Set a field of the deal, such as cf.tier=gold.", metavar="FIELD=VALUE"),
    "owner": sig.option("--owner", help="Who is responsible; else the lead's owner.", metavar="USER"),
    "on": sig.option("--on", help="When it was converted, if not now.", metavar="DATE"),
}
OPTIONS = tuple(name for name in PARAMETERS if name in (*FROM_PIPE, "company", "owner", "set"))


def convert(state: State, **given: Any) -> None:
    """Convert the leads that a line names, in one change."""
    entity = catalog.entity("lead")
    chosen = {name: given[name] for name in OPTIONS if given[name] not in (None, False, [])}
    groups = bulk.grouped(state, entity, given, "convert", FROM_PIPE)
    wanted = [(id, chosen | more) for more, members in groups for id in members]
    with state.work() as work:
        plans = services.conversion.convert(work, wishes(state, work, wanted))
        names = named(work, plans)
        report = bulk.Report(state, work, entity, "converted", [id for id, _ in wanted])
        for record, plan in zip(report.records, plans, strict=False):
            record.update(told(plan, names))
    report.tell()
    for remark in remarks(plans, names):
        state.out.say(remark)


def wishes(state: State, work: Work, wanted: Sequence[tuple[UUID, dict[str, Any]]]) -> list[Wish]:
    """Read the options for each lead; references are looked up all at once."""
    found = {
        noun: references(work, noun, {str(options[noun]) for _, options in wanted if noun in options})
        for noun in ("contact", "company", "pipeline")
    }
    owners = references(work, "user", {str(options["owner"]) for _, options in wanted if "owner" in options})
    result = []
    for id, options in wanted:
        if options.get("no_deal") and (about := [name for name in ABOUT_DEAL if name in options]):
            raise UsageError(f"--{about[0]} says something about a deal, and --no-deal that there is none")
        ids: dict[str, Any] = {f"{noun}_id": found[noun].get(str(options.get(noun))) for noun in found}
        ids["owner_id"] = owners.get(str(options.get("owner")))
        result.append(services.conversion.Wish(id, **ids, **typed(verbs.Run(state, work, options))))
    return result


def references(work: Work, noun: str, texts: set[str]) -> dict[str, UUID]:
    """Return the ids that references name; raises the first error."""
    entity = catalog.entity(noun)
    if len(texts) == 1:
        return {text: work.reader.find(entity, text).id for text in texts}
    answers: dict[str, UUID] = {}
    for text, answer in work.reader.find_many(entity, sorted(texts)).items():
        if isinstance(answer, CrmError):
            raise answer
        answers[text] = answer.id
    return answers


def typed(run: verbs.Run) -> dict[str, Any]:
    """Return the options that are values, read by their kinds."""
    from mycrm_cli.kinds.times import parse
    from mycrm_cli.services.stages import StageName

    stage, on = run.options.get("stage"), run.read("on", "timestamp")
    return {
        "deal": run.read("deal", "text", max_length=255),
        "no_deal": bool(run.options.get("no_deal")),
        "stage": StageName(str(stage).strip()) if stage else None,
        "value": run.read("value", "money"),
        "close": run.read("close", "date"),
        # A day alone stays a day: of today it is now, of another one its beginning.
        "on": on and parse(str(run.options["on"]), run.work.scope.locale),
        "role": run.read("role", "text", max_length=100),
        "more": values_of_deal(run),
    }


def values_of_deal(run: verbs.Run) -> dict[str, Any]:
    """Return the further values that are said of the deal."""
    deal, reader = catalog.entity("deal"), run.work.reader
    pairs = services.values.assignments("--set", run.options.get("set") or [])
    custom = {name: text for name, text in pairs.items() if name.startswith("cf.")}
    rest = {name: text for name, text in pairs.items() if name not in custom}
    return services.values.typed(reader, deal, rest, run.say) | services.custom.typed(reader, deal, custom)


def named(work: Work, plans: Sequence[Plan]) -> dict[UUID, str]:
    """Return how the records are called that leads became."""
    from mycrm_cli.services.transfer import keys

    names: dict[UUID, str] = {}
    for noun in ("contact", "company", "deal"):
        ids = {row["id"] for plan in plans if (row := getattr(plan, noun))}
        names |= keys.named(work, catalog.entity(noun), ids)
    return names


def told(plan: Plan, names: dict[UUID, str]) -> dict[str, Any]:
    """Return what JSON says of a conversion beside the lead itself."""
    return {
        "converted_contact": names[plan.contact["id"]].split()[0] if plan.contact else None,
        "converted_company": names[plan.company["id"]].split()[0] if plan.company else None,
        "converted_deal": names[plan.deal["id"]].split()[0] if plan.deal else None,
        "created": [noun for noun in ("contact", "company") if getattr(plan, f"{noun}_is_new")]
        + (["deal"] if plan.deal else []),
        "kept_fields": sorted(f"cf.{key}" for key in plan.kept),
    }


def remarks(plans: Sequence[Plan], names: dict[UUID, str]) -> list[str]:
    """Return what became of each of a few leads, or of many together, and what stays with the leads."""
    lines = [_sentence(plan, names) for plan in plans]
    if len(plans) > SHOWN:
        new = {noun: sum(getattr(plan, f"{noun}_is_new") for plan in plans) for noun in ("contact", "company")}
        deals = sum(plan.deal is not None for plan in plans)
        lines = [f"{new['contact']:,} new contacts, {new['company']:,} new companies, {deals:,} deals"]
    if kept := sorted({key for plan in plans for key in plan.kept}):
        listed = ", ".join(f"cf.{key}" for key in kept)
        lines.append(f"{listed}: defined for neither contact nor deal, stays with the lead (mycrm field add)")
    return lines


def _sentence(plan: Plan, names: dict[UUID, str]) -> str:
    """Return what one lead became."""
    parts = []
    for noun, is_new in (("contact", plan.contact_is_new), ("company", plan.company_is_new), ("deal", False)):
        if row := getattr(plan, noun):
            made = "" if noun == "deal" else " (new)" if is_new else " (was there)"
            parts.append(f"{noun} {names[row['id']]}{made}")
    return f"L-{plan.lead['number']}: {', '.join(parts)}"
