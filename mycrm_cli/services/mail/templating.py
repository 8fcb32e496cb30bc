"""Messages from templates: every one is made before the first is queued, and a field without a value is an error."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.errors import Invalid, NotFound
from mycrm_cli.services import rows
from mycrm_cli.services.mail import composing, outbox, templatefields, unsubscribing
from mycrm_cli.services.mail.templatefields import Subject
from mycrm_cli.services.mail.templatelanguage import filled, names_of
from mycrm_cli.services.mail.templatevalues import NotThere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.mail.composing import Letter, Recipient
    from mycrm_cli.services.mail.outbox import Message
    from mycrm_cli.services.work import Work

NAME = "email_templates"
PARTS = ("subject", "body_text", "body_html")
SHOWN = 20
"""Problems that an error lists."""
HINT = "fill the field in, or let the template say {{ … | default('there') }}"


class Template(NamedTuple):
    """A template as it is stored, or as a version of it was."""

    id: UUID
    name: str
    version: int
    subject: str
    body_text: str
    body_html: str | None
    is_active: bool = True


class Rendered(NamedTuple):
    """What a template says to one person."""

    subject: str
    text: str
    html: str | None


class Lack(NamedTuple):
    """A field that a template names and one person does not have."""

    field: str
    record: str


class Addressee(NamedTuple):
    """One who is written to: whom the message is about, how that is called, where mail is ended."""

    subject: Subject
    label: str
    unsubscribe_url: str | None = None


def named(reader: Reader, name: str) -> Template:
    """Return the template that a reference names; raises NotFound."""
    try:
        id = reader.find(catalog.entity(NAME), name).id
    except NotFound as error:
        raise NotFound(
            f"there is no template {name[:60]!r}", candidates=error.candidates, hint="mycrm email template list"
        ) from None
    return by_ids(reader, [id])[id]


def by_ids(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, Template]:
    """Return templates by their ids."""
    columns = list(Template._fields)
    found = rows.fetch(reader.connection, reader.scope, catalog.entity(NAME), "id", sorted(set(ids)), columns)
    return {row[0]: Template(*row) for row in found}


def texts(template: Template) -> dict[str, str]:
    """Return the parts of a template that say something."""
    return {part: text for part in PARTS if (text := getattr(template, part))}


def names(reader: Reader, parts: Mapping[str, str]) -> list[str]:
    """Return the fields that the parts of a template name; raises Invalid for what is none, or names no field."""
    found: list[str] = []
    for part, text in parts.items():
        named_here = names_of(part, text)
        templatefields.check(reader, part, named_here)
        found += named_here
    return list(dict.fromkeys(found))


def rendered(reader: Reader, template: Template, people: Sequence[Addressee]) -> list[Rendered | Lack]:
    """Return what a template says to each, or which field that one lacks."""
    fields = templatefields.Fields(reader, names(reader, texts(template)), [one.subject for one in people])
    found: list[Rendered | Lack] = []
    for one in people:
        values = fields.of(one.subject, one.unsubscribe_url)
        try:
            found.append(_rendered(template, values))
        except NotThere as error:
            found.append(Lack(error.name, one.label))
    return found


def _rendered(template: Template, values: Mapping[str, Any]) -> Rendered:
    subject = outbox.printable(filled("subject", template.subject, False, values))
    if not subject:
        raise NotThere("subject")
    html = template.body_html
    return Rendered(
        subject,
        filled("body_text", template.body_text, False, values),
        filled("body_html", html, True, values) if html else None,
    )


def lacking(template: Template, lacks: Sequence[Lack]) -> Invalid:
    """Return the error that names the fields and the records that lack them."""
    first, more = lacks[0], f", and {len(lacks) - 1:,} more lack one" if len(lacks) > 1 else ""
    details: list[dict[str, object]] = [
        {"field": one.field, "code": "missing", "record": one.record, "message": f"{one.record} has no {one.field}"}
        for one in lacks[:SHOWN]
    ]
    said = f"template {template.name}: {first.record} has no {first.field}{more}; nothing was sent"
    return Invalid(said, details=details, hint=HINT)


def check_active(template: Template) -> None:
    """Refuse a template that is switched off."""
    if not template.is_active:
        raise Invalid(
            f"template {template.name} is switched off",
            details=[{"field": "is_active", "code": "not_active"}],
            hint=f"mycrm email template edit {template.name!r} --active yes",
        )


def subjects(reader: Reader, recipients: Sequence[Recipient], user: UUID | None) -> list[Subject]:
    """Return whom messages to recipients are about, their companies among them."""
    contacts = [one.contact_id for one in recipients if one.contact_id]
    deals = [one.opportunity_id for one in recipients if one.opportunity_id]
    known = templatefields.companies(reader, contacts, deals)
    found = []
    for one in recipients:
        company = next((known[id] for id in (one.opportunity_id, one.contact_id) if id in known), None)
        found.append(Subject(one.contact_id, one.lead_id, company, one.opportunity_id, user))
    return found


def labels(reader: Reader, recipients: Sequence[Recipient]) -> list[str]:
    """Return how the records of recipients are called: ``C-12 Jan Berg``."""
    numbers: dict[UUID, str] = {}
    for noun, column in (("contact", "contact_id"), ("lead", "lead_id")):
        entity = catalog.entity(noun)
        ids = sorted({id for one in recipients if (id := getattr(one, column))})
        for id, number in rows.fetch(reader.connection, reader.scope, entity, "id", ids, ["id", "number"]):
            numbers[id] = f"{entity.prefix}-{number}"
    found = []
    for one in recipients:
        number = numbers.get(one.contact_id or one.lead_id, "")  # type: ignore[arg-type]
        found.append(f"{number} {one.to_name or one.to_email}".strip())
    return found


def messages(work: Work, name: str, recipients: Sequence[Recipient], letter: Letter, sender: str) -> list[Message]:
    """Return a message from a template for each; raises Invalid where a field is missing, before any is sent."""
    template = named(work.reader, name)
    check_active(template)
    about = subjects(work.reader, recipients, work.scope.user_id)
    people, ids = addressed(work, about, labels(work.reader, recipients), sender)
    made = rendered(work.reader, template, people)
    if lacks := [one for one in made if isinstance(one, Lack)]:
        raise lacking(template, lacks)
    return [
        composing.posted(message(one, said, id, template), letter)
        for one, said, id in zip(recipients, made, ids, strict=True)
        if isinstance(said, Rendered)
    ]


def addressed(
    work: Work, about: Sequence[Subject], called: Sequence[str], sender: str
) -> tuple[list[Addressee], list[str]]:
    """Return those who are written to, and the Message-IDs by which they end mail."""
    by, page = outbox.sender_of(sender), unsubscribing.page(work.connection, work.scope)
    ids = [outbox.new_id(by.email) for _ in about]
    people = [
        Addressee(one, label, unsubscribing.address(page, by.email, id))
        for one, label, id in zip(about, called, ids, strict=True)
    ]
    return people, ids


def message(one: Recipient, said: Rendered, id: str, template: Template) -> Message:
    """Return a message to somebody, made from a template."""
    made = composing.to(one, said.subject, said.text, said.html)
    return made._replace(template_id=template.id, template_version=template.version, message_id=id)
