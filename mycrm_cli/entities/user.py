"""Users: the people who work for an organization."""

from datetime import date, datetime
from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import READ, Dated, Entity, Named, Owned, Versioned, index, unique


class User(Dated, Named, Versioned, Owned, table=True):
    """A person, or a job, that may sign in. What it may do follows from its role alone."""

    __tablename__ = "users"
    __table_args__ = (
        unique("email"),
        index("organization_id", "role"),
        index("team_id"),
        index("manager_id"),
    )

    email: str = fields.email("E-mail address; the same one cannot be used twice in a database.", required=True)
    password: str | None = fields.secret(128, "Hash of the password.")
    first_name: str | None = fields.text(150, "Given name.")
    last_name: str | None = fields.text(150, "Family name.")
    phone: str | None = fields.phone("Phone number.")
    avatar_url: str | None = fields.url("Picture.")
    role: str = fields.choice(
        "super_admin admin manager sales_rep marketing readonly", "What the user may do.", required=True
    )
    job_title: str | None = fields.text(100, "Position.")
    department: str | None = fields.text(100, "Department.")
    timezone: str | None = fields.text(50, "IANA time zone; the organization's where it is empty.")
    locale: str | None = fields.text(10, "Language and country, such as de-CH.")
    team_id: UUID | None = fields.reference("teams", "The team the user works in.")
    manager_id: UUID | None = fields.reference("users", "Whom the user reports to.")
    away_until: date | None = fields.day("Takes no new leads before this day.")
    quiet_hours: str | None = fields.text(11, "When no notices come, local time, such as 21:00-07:00.")
    is_active: bool = fields.boolean("Whether the user may sign in.", default=True)
    is_staff: bool = fields.boolean("Kept for the schema; grants nothing.", writable=False)
    is_superuser: bool = fields.boolean("Kept for the schema; grants nothing.", writable=False)
    mfa_enabled: bool = fields.boolean("Whether signing in takes a second factor.", writable=False)
    mfa_secret: str | None = fields.secret(255, "The second factor's secret, encrypted.")
    mfa_step: int | None = fields.integer("The last step of the second factor that was taken.", low=0, writable=False)
    is_service: bool = fields.boolean("Whether it is a job, which works with tokens alone.", writable=False)
    last_login: datetime | None = fields.moment("When the user last signed in.", writable=False)


ENTITY = Entity(
    name="user",
    table=User,
    plural="users",
    key="email",
    title=("first_name last_name", "email"),
    columns=("name", "email", "role", "team", "manager", "is_active", "last_login"),
    wide=("job_title", "department", "phone", "timezone", "locale", "created_at"),
    search=("first_name", "last_name", "email"),
    sort="name",
    match=("email",),
    commands=(*READ, "add", "edit", "import", "history"),
)
