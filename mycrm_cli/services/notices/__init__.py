"""Notices to users: reminders, alerts, digests, failures. One place from which all of them go out.

    channel = notices.opened("email", state.profile)      # stdout, email or command
    with channel:
        notices.send(notices.Notice("digest", user_id, "Your day", text, data, email="ana@acme.com"), channel)

Whoever must send something once claims it in a transaction of its own first; ``NotSent`` says that it may be
tried again, ``InDoubt`` that it may have arrived.
"""

from __future__ import annotations

from mycrm_cli.services.notices.channels import CHANNELS as CHANNELS
from mycrm_cli.services.notices.channels import opened as opened
from mycrm_cli.services.notices.notice import Channel as Channel
from mycrm_cli.services.notices.notice import InDoubt as InDoubt
from mycrm_cli.services.notices.notice import Notice as Notice
from mycrm_cli.services.notices.notice import NotSent as NotSent
from mycrm_cli.services.notices.notice import send as send
