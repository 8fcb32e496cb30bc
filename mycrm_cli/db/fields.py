"""How entities declare their columns: one function per kind of value.

Each returns a SQLModel field whose column carries, in ``Column.info``, all that the catalogue, the
constraints and the documentation are generated from. ``required`` fields must be given a value;
``writable=False`` ones are set by the program; ``internal`` ones are shown to nobody.
"""

from collections.abc import Callable
from typing import Any

from sqlmodel import Field

from mycrm_cli import clock
from mycrm_cli.db.types import Stored

FACTORIES: dict[object, dict[str, str]] = {clock.now: {"default": "now"}, list: {"filled": "list"}}
"""How the catalogue tells what a new row holds where a function makes it."""


def column(
    kind: str,
    description: str,
    *,
    default: Any = None,
    factory: Callable[[], Any] | None = None,
    nullable: bool | None = None,
    primary_key: bool = False,
    required: bool = False,
    writable: bool = True,
    internal: bool = False,
    short: str | None = None,
    **options: Any,
) -> Any:
    """Declare a column of a kind; ``options`` are the kind's own.

    A column may be empty unless it has a default, is required, or ``nullable`` says otherwise.
    """
    info = {"kind": kind, "options": options, "description": description, "default": default, "short": short}
    info |= {"required": required, "writable": writable, "internal": internal, "factory": FACTORIES.get(factory)}
    extra: dict[str, Any] = {"default_factory": factory} if factory else {"default": default}
    if primary_key:
        extra["primary_key"] = True
    if nullable is None:
        nullable = default is None and factory is None and not required
    stored = Stored(kind, tuple((k, tuple(v) if isinstance(v, list) else v) for k, v in options.items()))
    return Field(sa_type=stored, nullable=nullable, description=description, sa_column_kwargs={"info": info}, **extra)


def text(max_length: int, description: str, **rules: Any) -> Any:
    """Declare a text of one line."""
    return column("text", description, max_length=max_length, **rules)


def lines(description: str, **rules: Any) -> Any:
    """Declare a text of any length."""
    return column("text", description, lines=True, **rules)


def email(description: str, **rules: Any) -> Any:
    """Declare an e-mail address."""
    return column("email", description, **rules)


def phone(description: str, **rules: Any) -> Any:
    """Declare a phone number."""
    return column("phone", description, **rules)


def url(description: str, **rules: Any) -> Any:
    """Declare a web address."""
    return column("url", description, **rules)


def country(description: str, **rules: Any) -> Any:
    """Declare an ISO 3166-1 alpha-2 code."""
    return column("country", description, **rules)


def currency(description: str, **rules: Any) -> Any:
    """Declare an ISO 4217 code."""
    return column("currency", description, **rules)


def money(description: str, **rules: Any) -> Any:
    """Declare an amount of money."""
    return column("money", description, **rules)


def number(digits: int, scale: int, description: str, **rules: Any) -> Any:
    """Declare an exact decimal number; ``low`` and ``high`` are written as text."""
    return column("number", description, digits=digits, scale=scale, **rules)


def percent(description: str, **rules: Any) -> Any:
    """Declare a share between 0 and 1, typed in percent."""
    return column("percent", description, **rules)


def integer(description: str, **rules: Any) -> Any:
    """Declare a whole number, between ``low`` and ``high``."""
    return column("integer", description, **rules)


def boolean(description: str, **rules: Any) -> Any:
    """Declare a yes or no, no by default."""
    return column("boolean", description, **{"default": False, **rules})


def day(description: str, **rules: Any) -> Any:
    """Declare a calendar day."""
    return column("date", description, **rules)


def moment(description: str, **rules: Any) -> Any:
    """Declare a moment in UTC."""
    return column("timestamp", description, **rules)


def choice(choices: str, description: str, **rules: Any) -> Any:
    """Declare one of several words, given with spaces between them."""
    return column("choice", description, choices=tuple(choices.split()), **rules)


def tags(description: str, **rules: Any) -> Any:
    """Declare a list of keywords, empty by default."""
    return column("tags", description, factory=list, **rules)


def record(description: str, **rules: Any) -> Any:
    """Declare a JSON object, empty by default."""
    return column("json", description, factory=dict, **rules)


def secret(max_length: int, description: str, **rules: Any) -> Any:
    """Declare a text that is never shown."""
    return column("secret", description, max_length=max_length, **{"writable": False, **rules})


def reference(table: str, description: str, **rules: Any) -> Any:
    """Declare a pointer to a record of ``table`` in the same organization."""
    return column("reference", description, table=table, **rules)
