"""Salesforce: leads, contacts and accounts as the API and the weekly export write them, and as reports do."""

from mycrm_cli.services.transfer.presets.base import Preset, left_out, lenient
from mycrm_cli.services.transfer.specs import Spec

SOURCES = {
    "Web": "website",
    "Phone Inquiry": "cold_call",
    "Partner Referral": "partner",
    "Purchased List": "other",
    "Employee Referral": "referral",
    "External Referral": "referral",
    "Advertisement": "paid_ads",
    "Trade Show": "event",
    "Word of mouth": "referral",
    "Public Relations": "other",
}
STATUSES = {
    "Open - Not Contacted": "new",
    "Open": "new",
    "Working - Contacted": "contacted",
    "Working": "contacted",
    "Nurture": "nurturing",
    "Closed - Converted": "converted",
    "Closed - Not Converted": "disqualified",
    "Unqualified": "disqualified",
}
TYPES = {
    "Prospect": "prospect",
    "Customer - Direct": "customer",
    "Customer - Channel": "customer",
    "Customer": "customer",
    "Channel Partner / Reseller": "partner",
    "Partner": "partner",
    "Competitor": "competitor",
    "Installation Partner": "partner",
    "Technology Partner": "partner",
    "Other": "other",
}

SYSTEM: dict[str, str | Spec] = {
    "Id": "ext:salesforce",
    "IsDeleted": Spec(target="-", skip_if=("true", "1")),
    "CreatedDate": lenient("created_at"),
    "Created Date": lenient("created_at"),
    "Owner Name": lenient("owner"),
    "Owner": lenient("owner"),
    **left_out("MasterRecordId", "OwnerId", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"),
    **left_out("LastViewedDate", "LastReferencedDate", "PhotoUrl", "Jigsaw", "JigsawContactId", "JigsawCompanyId"),
    **left_out("CleanStatus", "RecordTypeId", "IndividualId", "GeocodeAccuracy", "Latitude", "Longitude"),
}
PERSON: dict[str, str | Spec] = {
    "FirstName": "first_name",
    "LastName": "last_name",
    "Title": "job_title",
    "Phone": "phone",
    "Email": "email",
    "HasOptedOutOfEmail": "do_not_email",
    "Email Opt Out": "do_not_email",
    "DoNotCall": "do_not_call",
    "LastActivityDate": lenient("last_activity_at"),
    "Last Activity": lenient("last_activity_at"),
    **left_out("Salutation", "Fax", "HasOptedOutOfFax", "EmailBouncedReason", "EmailBouncedDate", "LastCURequestDate"),
    **left_out("LastCUUpdateDate", "IsEmailBounced"),
}
LEAD: dict[str, str | Spec] = {
    **SYSTEM,
    **PERSON,
    "Lead ID": "ext:salesforce",
    "Lead Owner": lenient("owner"),
    "Name": "name",
    "Company": "company",
    "Company / Account": "company",
    "MobilePhone": Spec(target="phone", fallback=True),
    "Website": lenient("website"),
    "Description": "notes",
    "LeadSource": lenient("source", values=SOURCES),
    "Status": lenient("status", values=STATUSES),
    "Lead Status": lenient("status", values=STATUSES),
    "ConvertedDate": lenient("converted_at"),
    **left_out("Street", "City", "State", "PostalCode", "Country", "Industry", "Rating", "AnnualRevenue"),
    **left_out(
        "NumberOfEmployees", "IsConverted", "ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId"
    ),
    **left_out("IsUnreadByOwner", "DandbCompanyId"),
}
CONTACT: dict[str, str | Spec] = {
    **SYSTEM,
    **PERSON,
    "Contact ID": "ext:salesforce",
    "Contact Owner": lenient("owner"),
    "AccountId": lenient("company.ext:salesforce"),
    "Account Name": "company",
    "MobilePhone": "mobile",
    "Mobile": "mobile",
    "HomePhone": Spec(target="phone", fallback=True),
    "OtherPhone": Spec(target="phone", fallback=True),
    "Department": "department",
    "MailingStreet": Spec(split=("address_line1", "address_line2"), split_at="\n"),
    "MailingCity": "city",
    "MailingState": "state",
    "MailingPostalCode": "postal_code",
    "MailingCountry": lenient("country"),
    "LeadSource": lenient("source", values=SOURCES),
    "Description": "note",
    **left_out(
        "Name", "ReportsToId", "AssistantName", "AssistantPhone", "Birthdate", "MailingLatitude", "MailingLongitude"
    ),
    **left_out("OtherStreet", "OtherCity", "OtherState", "OtherPostalCode", "OtherCountry", "MailingGeocodeAccuracy"),
}
COMPANY: dict[str, str | Spec] = {
    **SYSTEM,
    "Account ID": "ext:salesforce",
    "Account Owner": lenient("owner"),
    "Name": "name",
    "Account Name": "name",
    "Type": lenient("type", values=TYPES),
    "ParentId": lenient("parent.ext:salesforce"),
    "Website": lenient("website"),
    "Phone": "phone",
    "Industry": "industry",
    "AnnualRevenue": lenient("annual_revenue"),
    "NumberOfEmployees": lenient("employee_count"),
    "Description": "description",
    "YearStarted": lenient("founded_year"),
    "BillingStreet": "address_line1",
    "BillingCity": "city",
    "BillingState": "state",
    "BillingPostalCode": "postal_code",
    "BillingCountry": lenient("country"),
    **left_out(
        "Fax", "AccountNumber", "Sic", "SicDesc", "Ownership", "TickerSymbol", "Rating", "Site", "AccountSource"
    ),
    **left_out("ShippingStreet", "ShippingCity", "ShippingState", "ShippingPostalCode", "ShippingCountry"),
    **left_out("LastActivityDate", "Tradestyle", "NaicsCode", "NaicsDesc", "DunsNumber", "DandbCompanyId"),
}

PRESET = Preset(
    "salesforce",
    [
        ["Id", "IsDeleted", "SystemModstamp"],
        ["Id", "CreatedById"],
        ["Lead ID"],
        ["Contact ID", "Account Name"],
        ["Account ID"],
    ],
    {"lead": LEAD, "contact": CONTACT, "company": COMPANY},
)
