"""Files of messages: the columns that they are read into, and that a file of rejected ones has."""

from mycrm_cli.services.transfer.presets.base import Preset, lenient
from mycrm_cli.services.transfer.specs import Spec

EMAIL: dict[str, str | Spec] = {
    "Message-ID": "message_id",
    "Thread": "thread_id",
    "Subject": "subject",
    "From": lenient("from_email"),
    "To": lenient("to_email"),
    "Date": "sent_at",
    "Preview": "body_preview",
}
HEADER = tuple(EMAIL)

PRESET = Preset("mail", [["Message-ID", "Thread", "Preview"]], {"email": EMAIL})
