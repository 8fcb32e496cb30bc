"""Finds the target of a column by its heading alone: names of fields, and what people usually call them."""

from __future__ import annotations

from mycrm_cli.services.transfer.specs import Spec, header_key
from mycrm_cli.services.transfer.targets import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from mycrm_cli.catalog import Entity

# English, German, French, Spanish and Italian headings, as header_key writes them.
SYNONYMS = {
    "first_name": "firstname givenname forename vorname prenom nombre nome",
    "last_name": "lastname surname familyname nachname nomdefamille apellido apellidos cognome",
    "name": "name fullname nom contactname vollername nomcomplet nombrecompleto",
    "email": "email emailaddress mail emailadresse courriel adresseemail correo correoelectronico emails workemail",
    "phone": "phone phonenumber tel telephone telefon telefonnummer telefono workphone businessphone",
    "mobile": "mobile mobilephone mobilephonenumber cell cellphone handy portable movil",
    "company": "company companyname organization organisation organizationname account accountname firma unternehmen"
    " entreprise societe empresa azienda",
    "job_title": "jobtitle title position function poste fonction cargo",
    "department": "department abteilung departement departamento",
    "website": "website web webpage url homepage siteweb",
    "linkedin_url": "linkedin linkedinurl linkedinprofile",
    "twitter_handle": "twitter twitterhandle twitterusername x",
    "address_line1": "address addressline1 street streetaddress address1 strasse adresse rue direccion",
    "address_line2": "address2 addressline2 street2",
    "city": "city town stadt ort ville ciudad citta",
    "state": "state region province bundesland stateregion",
    "postal_code": "postalcode zip zipcode postcode plz codepostal",
    "country": "country land pays pais paese countryregion",
    "status": "status statut estado stato",
    "tags": "tags tag labels label keywords",
    "note": "note notes comment comments remarks notiz notizen bemerkung remarque remarques",
    "owner": "owner contactowner leadowner accountowner accountmanager salesrep",
    "domain": "domain websitedomain companydomain",
    "industry": "industry sector branche secteur",
    "employee_count": "employees employeecount numberofemployees headcount mitarbeiter",
    "annual_revenue": "revenue annualrevenue turnover umsatz",
    "founded_year": "founded foundedyear yearfounded yearestablished",
    "parent": "parent parentcompany parentaccount",
    "value": "value amount dealvalue betrag montant",
    "estimated_value": "estimatedvalue",
    "do_not_email": "donotemail unsubscribed optedout emailoptout optedoutofemail hasoptedoutofemail"
    " unsubscribedfromallemail",
    "do_not_call": "donotcall",
}
BY_KEY = {key: target for target, keys in SYNONYMS.items() for key in keys.split()}

DONE = {
    **dict.fromkeys(("yes", "y", "true", "1", "x", "done", "completed", "ja", "oui"), "completed"),
    **dict.fromkeys(("no", "n", "false", "0", "nein", "non"), "pending"),
}
"""What a column that tells only whether a task is done says of its status."""
NOUN_SYNONYMS: dict[str, dict[str, str]] = {
    "company": {"name": SYNONYMS["company"]},
    "contact": {
        "name": "contact",
        "emails": "email2 emailaddress2 secondemail secondaryemail",
        "mobile": "phone2 phonenumber2",
    },
    "deal": {
        "name": "deal dealname opportunity opportunityname title",
        "expected_close_date": "expectedclose closing closingdate",
    },
    "lead": {
        "name": "lead leadname",
        "phone": SYNONYMS["mobile"],
        "source": "leadsource",
        "status": "leadstatus",
        "estimated_value": SYNONYMS["value"],
    },
    "task": {
        "title": "task taskname name subject",
        "due_date": "deadline due",
        "assigned_to": "owner taskowner assignee",
        "reminder_at": "reminder",
        "status": "done completed",
    },
    "product": {"name": "product productname", "unit_price": "price"},
    "activity": {"activity_type": "type", "occurred_at": "date"},
    "note": {"body": "note notes text"},
    "user": {"name": "user username"},
}
"""Headings that mean something of their own in files of one kind of records, by the noun."""
BY_NOUN = {
    noun: {key: target for target, keys in table.items() for key in keys.split()}
    for noun, table in NOUN_SYNONYMS.items()
}
SECOND = {("lead", "phone"), ("contact", "mobile")}
"""Targets whose headings of this kind give way to the field's own column."""


def by_noun(entity: Entity, column: str) -> Spec | None:
    """Return what a heading means in files of this kind of records only, or None."""
    key = header_key(column)
    target = BY_NOUN.get(entity.noun, {}).get(key)
    if target is None or key in {header_key(name) for name in entity.fields} or parse(entity, target) is None:
        return None
    values = DONE if (entity.noun, target) == ("task", "status") else {}
    return Spec(column=column, target=target, values=dict(values), fallback=(entity.noun, target) in SECOND)


def meant(entity: Entity, target: str) -> str:
    """Return the name under which a target is filled, however it is written."""
    found = parse(entity, target, own=True)
    return found.name if found is not None else target


def guess(entity: Entity, column: str, *, own: bool = False, filled: Collection[str] = ()) -> Spec | None:
    """Return what a column is for by its heading, or None; ``filled`` are the targets that other columns fill."""
    special = None if own else by_noun(entity, column)
    if special is not None and (special.fallback or meant(entity, special.target) not in filled):
        return special
    if parse(entity, column, own=own) is not None and column.strip() != "-":
        return Spec(column=column, target=column.strip())
    key = header_key(column)
    for name in (*entity.fields, *entity.relations):
        if key and key == header_key(name) and parse(entity, name, own=own) is not None:
            return Spec(column=column, target=name)
    target = BY_KEY.get(key)
    if target is None or parse(entity, target) is None:
        return None
    return Spec(column=column, target=target)
