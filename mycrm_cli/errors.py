"""Every failure the program raises on purpose, with its code and its exit status."""


class CrmError(Exception):
    """A failure with a message for people, a code for programs and a hint of what to do next."""

    code = "error"
    exit = 1

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        candidates: tuple[str, ...] | list[str] = (),
        details: list[dict[str, object]] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.candidates = list(candidates)
        self.details = details or []


class UsageError(CrmError):
    """The command line itself is wrong."""

    code = "usage"
    exit = 2


class NotFound(CrmError):
    """No record matches, or it belongs to another organization: the two are never told apart."""

    code = "not_found"
    exit = 3


class Denied(CrmError):
    """The user may not do this, or is not signed in."""

    code = "denied"
    exit = 4


class Ambiguous(CrmError):
    """Several records match where one was needed."""

    code = "ambiguous"
    exit = 5


class Invalid(CrmError):
    """A value or a row breaks a rule."""

    code = "invalid"
    exit = 6


class Duplicate(Invalid):
    """A record with this key exists already."""

    code = "duplicate"


class Conflict(Invalid):
    """Somebody else changed the record in between, or a later change stands in the way."""

    code = "conflict"


class Partial(CrmError):
    """Some of the work was done and some was not."""

    code = "partial"
    exit = 7


class CheckFailed(CrmError):
    """A check that was asked for found something."""

    code = "check_failed"
    exit = 8


class Cancelled(CrmError):
    """The user said no."""

    code = "cancelled"
    exit = 10


class Unavailable(CrmError):
    """The database is locked, unreachable or in maintenance: trying again later may help."""

    code = "unavailable"
    exit = 75


class ConfigError(CrmError):
    """The configuration, the profile or the schema version is wrong."""

    code = "config"
    exit = 78


class Terminated(BaseException):
    """The program was asked to end (SIGTERM); it is no error, and nothing but the program's end takes it."""
