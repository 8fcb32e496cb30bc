"""Whether rules fit the organization's own fields: one that could never give points is a mistake."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query.reader import Reader
from mycrm_cli.services.scoring import rules
from mycrm_cli.services.scoring.inputs import CUSTOM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.query.custom import Custom
    from mycrm_cli.services.scoring.rules import Rules, Way
    from mycrm_cli.services.work import Work

IN_BINS = frozenset("number integer money percent boolean".split())
"""Kinds of fields whose values are numbers, or count as 0 and 1."""
AS_WORDS = frozenset("text choice email url phone country currency date integer boolean".split())
"""Kinds of fields whose values are told by a word."""
YES_NO = ("yes", "no")


def check(source: Reader | Work, read: Rules) -> None:
    """Refuse rules about fields that leads do not have, or that are of another kind; raises Invalid."""
    known = Reader(source.connection, source.scope).custom_fields(catalog.entity("lead"))
    for factor in read.factors:
        for way in factor.ways:
            if way.input.startswith(CUSTOM):
                _check_way(way, factor.code, known.get(way.input.removeprefix(CUSTOM)))


def _check_way(way: Way, code: str, field: Custom | None) -> None:
    if field is None:
        raise rules.wrong(f"leads have no field {way.input}", "unknown_field")
    kind = field.kind.name
    if kind not in (IN_BINS if way.kind == "bins" else AS_WORDS):
        other = "bins" if kind in IN_BINS else "values" if kind in AS_WORDS else ""
        instead = f"takes {other}, not {way.kind}" if other else "is of a kind that rules cannot look at"
        raise rules.wrong(f"factor {code}: {way.input} ({kind}) {instead}", "kind")
    words = [word for word, _ in way.values]
    if kind == "boolean" and (strange := [word for word in words if word.lower() not in YES_NO]):
        raise rules.wrong(f"factor {code}: {way.input} is yes or no, never {strange[0][:50]}", "kind")
