"""What kind of message it is: a letter, an answer of a machine, mail to many, a wish to get no more, a report."""

from __future__ import annotations

import re

from mycrm_cli.services.mail import parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.services.mail.reading import Mail

LETTER, AUTO, MANY, UNSUBSCRIBE = "letter", "auto", "many", "unsubscribe"
AUTO_SUBJECTS = (
    "automatic reply", "auto reply", "auto-reply", "autoreply", "auto response", "auto-response", "autoresponse",
    "automated reply", "out of office", "out of the office", "out-of-office", "i am out of", "on vacation",
    "away from the office", "on leave:", "abwesenheitsnotiz", "abwesenheit", "automatische antwort",
    "abwesend", "nicht im büro", "réponse automatique", "reponse automatique", "absence du bureau",
    "respuesta automática", "respuesta automatica", "fuera de la oficina", "risposta automatica", "fuori ufficio",
    "resposta automática", "resposta automatica", "automatisch antwoord", "afwezigheid", "autosvar",
    "automatiskt svar", "automatisk svar", "automaattinen vastaus", "odpowiedź automatyczna", "automatická odpověď",
    "otomatik yanıt", "автоответ", "自动回复", "自動返信", "자동 회신",
)  # fmt: skip
"""How machines begin the subject of an answer."""
AUTO_HEADERS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Mail-Autoreply",
    "X-Vacation",
    "X-Auto-Reply-From",
)
AUTO_PRECEDENCE = ("auto_reply", "auto-reply")
TO_MANY = ("bulk", "list", "junk")
WISH = re.compile(
    r"(?:(?:re|aw|fwd?)\s*:\s*)?(?:please\s+)?"
    r"(?:unsubscribe|abmelden|abbestellen|d[ée]sinscription|remove me|opt[ -]?out)"
    r"(?:\s+me)?[\s:.!]*([A-Za-z0-9._+=-]{8,128})?[\s.!]*",
    re.IGNORECASE,
)


def kind(mail: Mail) -> str:
    """Return what kind of message it is, where it is no report."""
    if wish(mail) is not None:
        return UNSUBSCRIBE
    if is_automatic(mail):
        return AUTO
    return MANY if is_to_many(mail) else LETTER


def wish(mail: Mail) -> str | None:
    """Return what somebody names who wants no more mail: the token of a message, or nothing; None for other mail."""
    found = WISH.fullmatch(mail.subject.strip())
    return None if found is None else found[1] or ""


def is_automatic(mail: Mail) -> bool:
    """Return whether a machine answered (RFC 3834), by its headers or by the words that machines begin with."""
    said = mail.header("Auto-Submitted").partition(";")[0].strip().lower()
    if said not in ("", "no") or any(mail.header(name) for name in AUTO_HEADERS):
        return True
    if mail.header("Precedence").lower() in AUTO_PRECEDENCE or mail.header("Return-Path") == "<>":
        return True
    if mail.header("X-Auto-Response-Suppress") and not mail.header("List-Id"):
        return True
    if parts.kind_of(mail.headers) == "multipart/report":
        return True
    return mail.subject.lower().startswith(AUTO_SUBJECTS)


def is_to_many(mail: Mail) -> bool:
    """Return whether a message went to many, of whom we are one."""
    lists = ("List-Id", "List-Post", "List-Unsubscribe", "Feedback-ID")
    return mail.header("Precedence").lower() in TO_MANY or any(mail.header(name) for name in lists)
