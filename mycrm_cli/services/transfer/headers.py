"""Finds the target of a column by its heading alone: names of fields, and what people usually call them."""

from __future__ import annotations

from mycrm_cli.services.transfer.specs import Spec, header_key
from mycrm_cli.services.transfer.targets import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
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
    "do_not_email": "donotemail unsubscribed optedout emailoptout",
    "do_not_call": "donotcall",
}
BY_KEY = {key: target for target, keys in SYNONYMS.items() for key in keys.split()}


def guess(entity: Entity, column: str, *, own: bool = False) -> Spec | None:
    """Return what a column is for by its heading, or None."""
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
