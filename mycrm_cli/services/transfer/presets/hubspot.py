"""HubSpot: contacts, companies, deals, notes, products and line items as its export writes them."""

from mycrm_cli.services.transfer.presets.base import Preset, left_out, lenient
from mycrm_cli.services.transfer.specs import Spec

SOURCES = {
    "Organic Search": "organic",
    "Organic Social": "social",
    "Paid Search": "paid_ads",
    "Paid Social": "paid_ads",
    "Email Marketing": "cold_email",
    "Referrals": "referral",
    "AI Referrals": "referral",
    "Direct Traffic": "website",
    "Other Campaigns": "other",
    "Offline Sources": "other",
}
STAGES = {
    "Marketing Qualified Lead": "marketing_qualified",
    "Sales Qualified Lead": "sales_qualified",
}
TYPES = {"Prospect": "prospect", "Partner": "partner", "Vendor": "vendor", "Reseller": "partner", "Other": "other"}

PLACE: dict[str, str | Spec] = {
    "Street Address": "address_line1",
    "City": "city",
    "State/Region": "state",
    "Postal Code": "postal_code",
    "Country/Region": lenient("country"),
    "Country": lenient("country"),
}
CONTACT: dict[str, str | Spec] = {
    "Record ID": "ext:hubspot",
    "Contact ID": "ext:hubspot",
    "First Name": "first_name",
    "Last Name": "last_name",
    "Email": "email",
    "Additional email addresses": "emails",
    "Phone Number": "phone",
    "Mobile Phone Number": "mobile",
    "Contact owner": lenient("owner"),
    "Job Title": "job_title",
    "Department": "department",
    "Website URL": lenient("website"),
    "LinkedIn URL": lenient("linkedin_url"),
    "Twitter Username": "twitter_handle",
    "Lifecycle Stage": lenient("lifecycle_stage", values=STAGES),
    "Original Source": lenient("source", values=SOURCES),
    "Original Traffic Source": lenient("source", values=SOURCES),
    "Associated Company": "company",
    "Company Name": Spec(target="company", fallback=True),
    "Associated Company IDs": lenient("company.ext:hubspot"),
    "Primary Associated Company ID": lenient("company.ext:hubspot", fallback=True),
    "Create Date": lenient("created_at"),
    "Last Activity Date": lenient("last_activity_at"),
    "Unsubscribed from all email": Spec(target="do_not_email"),
    "Do not call": Spec(target="do_not_call"),
    "Message": "note",
    **PLACE,
    **left_out("Lead Status", "Last Modified Date", "Marketing contact status", "HubSpot Score", "Time Zone"),
}
COMPANY: dict[str, str | Spec] = {
    "Record ID": "ext:hubspot",
    "Company ID": "ext:hubspot",
    "Company name": "name",
    "Name": "name",
    "Company Domain Name": lenient("domain"),
    "Company owner": lenient("owner"),
    "Industry": "industry",
    "Annual Revenue": lenient("annual_revenue"),
    "Number of Employees": lenient("employee_count"),
    "Year Founded": lenient("founded_year"),
    "Description": "description",
    "Website URL": lenient("website"),
    "LinkedIn Company Page": lenient("linkedin_url"),
    "Phone Number": "phone",
    "Type": lenient("type", values=TYPES),
    "Parent Company": lenient("parent.name"),
    "Create Date": lenient("created_at"),
    **PLACE,
    **left_out(
        "Last Modified Date",
        "Last Activity Date",
        "Lead Status",
        "Lifecycle Stage",
        "Time Zone",
        "Original Source Type",
    ),
    **left_out(
        "Associated Contact", "Associated Contact IDs", "Associated Deal", "Associated Deal IDs", "Street Address 2"
    ),
}

DEAL: dict[str, str | Spec] = {
    "Record ID": "ext:hubspot",
    "Deal ID": "ext:hubspot",
    "Deal Name": "name",
    "Pipeline": "pipeline.name",
    "Deal Stage": "stage.name",
    "Amount": "value",
    "Currency": lenient("currency"),
    "Deal owner": lenient("owner"),
    "Close Date": lenient("close_date"),
    "Create Date": lenient("created_at"),
    "Last Activity Date": lenient("last_activity_at"),
    "Deal Description": "description",
    "Next step": "next_step",
    "Closed Lost Reason": "loss_reason",
    "Associated Company IDs": lenient("company.ext:hubspot"),
    "Primary Associated Company ID": lenient("company.ext:hubspot", fallback=True),
    "Associated Contact IDs": lenient("contact.ext:hubspot"),
    **left_out("Associated Company", "Associated Contact", "Last Modified Date", "Deal Type", "Deal probability"),
    **left_out("Closed Won Reason", "Weighted amount", "Forecast amount", "Amount in company currency"),
    **left_out("Is Closed Won", "Is Deal Closed?", "Days to close", "Number of Associated Contacts", "HubSpot Team"),
}
NOTE: dict[str, str | Spec] = {
    "Record ID": "ext:hubspot",
    "Note body": "body",
    "Activity date": lenient("created_at"),
    "Create Date": lenient("created_at", fallback=True),
    "Activity assigned to": lenient("author"),
    "Associated Contact IDs": lenient("contact.ext:hubspot"),
    "Associated Company IDs": lenient("company.ext:hubspot"),
    "Associated Deal IDs": lenient("deal.ext:hubspot"),
    **left_out("Associated Contact", "Associated Company", "Associated Deal", "Last Modified Date"),
}
PRODUCT: dict[str, str | Spec] = {
    "Record ID": "ext:hubspot",
    "Product ID": "ext:hubspot",
    "Name": "name",
    "SKU": "sku",
    "Unit price": lenient("unit_price"),
    "Currency": lenient("currency"),
    "Create Date": lenient("created_at"),
    **left_out("Product description", "Unit cost", "Product Type", "Folder", "Last Modified Date"),
}
ITEM: dict[str, str | Spec] = {
    "Record ID": "ext:hubspot",
    "Line item ID": "ext:hubspot",
    "Associated Deal IDs": "deal.ext:hubspot",
    "Product ID": lenient("product.ext:hubspot"),
    "Name": "name",
    "Quantity": "quantity",
    "Unit price": "unit_price",
    "Discount Percentage": lenient("discount_percent"),
    "Create Date": lenient("created_at"),
    **left_out("Associated Deal", "Net price", "Unit discount", "SKU", "Term", "Last Modified Date"),
}

PRESET = Preset(
    "hubspot",
    [
        ["Record ID", "Contact owner"],
        ["Record ID", "Email"],
        ["Record ID", "Company owner"],
        ["Record ID", "Company name"],
        ["Record ID", "Deal Name"],
        ["Record ID", "Note body"],
        ["Record ID", "Unit price"],
    ],
    {"contact": CONTACT, "company": COMPANY, "deal": DEAL, "note": NOTE, "product": PRODUCT, "item": ITEM},
)
