"""Messages as mail servers and people write them, made after the formats: RFC 3464, Postfix, Exchange, Gmail, Exim."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

MOMENT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
"""When they were sent: mailboxes have clocks of their own."""
DATE = format_datetime(MOMENT)
US = "crm@acme.com"


def letter(
    sender: str = "Jan Novak <jan@nova.example>",
    subject: str = "Re: Your quote",
    body: str = "Thank you, we take it.",
    *,
    id: str | None = "<a1@nova.example>",
    answers: str | None = None,
    date: str | None = DATE,
    to: str = US,
    more: Mapping[str, str] = {},
) -> bytes:
    """Return a message from somebody."""
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}"]
    lines += [f"Date: {date}"] if date else []
    lines += [f"Message-ID: {id}"] if id else []
    lines += [f"In-Reply-To: {answers}", f"References: {answers}"] if answers else []
    lines += [f"{name}: {value}" for name, value in more.items()]
    return crlf("\n".join([*lines, "Content-Type: text/plain; charset=utf-8", "", body, ""]))


def crlf(text: str) -> bytes:
    """Return a message with the line ends of mail."""
    return text.replace("\n", "\r\n").encode("utf-8", "surrogateescape")


POSTFIX = """\
Return-Path: <>
Date: {date}
From: MAILER-DAEMON@mail.acme.com (Mail Delivery System)
Subject: {subject}
To: crm@acme.com
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4CqXk01Z2Nz9s.1605000600/mail.acme.com"
Message-Id: <{own}@mail.acme.com>

This is a MIME-encapsulated message.

--4CqXk01Z2Nz9s.1605000600/mail.acme.com
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.acme.com.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{to}>: host mx.nova.example[192.0.2.7] said: {said} (in reply to RCPT TO command)

--4CqXk01Z2Nz9s.1605000600/mail.acme.com
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.acme.com
X-Postfix-Queue-ID: 4CqXk01Z2Nz9s
X-Postfix-Sender: rfc822; crm@acme.com
Arrival-Date: {date}

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.nova.example
Diagnostic-Code: smtp; {said}

--4CqXk01Z2Nz9s.1605000600/mail.acme.com
Content-Description: Undelivered Message
Content-Type: {copy}

Return-Path: <crm@acme.com>
Received: by mail.acme.com (Postfix, from userid 1000)
Message-ID: {about}
From: Acme CRM <crm@acme.com>
To: {to}
Subject: Your quote

Dear Jan, here it is.

--4CqXk01Z2Nz9s.1605000600/mail.acme.com--
"""
EXCHANGE = """\
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@nova.example>
To: crm@acme.com
Date: {date}
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="c2a7b0f5-1d2e-4c3a-9e1b-77f1a9f0e001"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID: <{own}@AM0PR05MB.eurprd05.prod.outlook.com>
In-Reply-To: {about}
References: {about}
Thread-Topic: Your quote
Subject: Undeliverable: Your quote
Auto-Submitted: auto-replied
MIME-Version: 1.0

--c2a7b0f5-1d2e-4c3a-9e1b-77f1a9f0e001
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="9b0c5f0e-alt"

--9b0c5f0e-alt
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to {to} couldn't be delivered.
{local} wasn't found at nova.example.

--9b0c5f0e-alt
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html><body><p>Your message to {to} couldn't be delivered.</p></body></html>
--9b0c5f0e-alt--

--c2a7b0f5-1d2e-4c3a-9e1b-77f1a9f0e001
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR05MB.eurprd05.prod.outlook.com
Received-From-MTA: dns;mail.acme.com
Arrival-Date: {date}

Final-Recipient: rfc822;{to}
Action: failed
Status: {status}
Diagnostic-Code: smtp;{said}
X-Display-Name: Jan Novak

--c2a7b0f5-1d2e-4c3a-9e1b-77f1a9f0e001
Content-Type: message/rfc822

Received: from mail.acme.com by AM0PR05MB.eurprd05.prod.outlook.com
From: Acme CRM <crm@acme.com>
To: {to}
Subject: Your quote
Message-ID: {about}
Content-Type: text/plain

Dear Jan, here it is.

--c2a7b0f5-1d2e-4c3a-9e1b-77f1a9f0e001--
"""
OUTLOOK = """\
From: System Administrator <postmaster@nova.example>
To: crm@acme.com
Date: {date}
Subject: Undeliverable: Your quote
Message-ID: <{own}@exch01.nova.example>
In-Reply-To: {about}
MIME-Version: 1.0
Content-Type: text/plain; charset="iso-8859-1"

Your message did not reach some or all of the intended recipients.

      Subject:\tYour quote
      Sent:\t10/11/2026 9:30 AM

The following recipient(s) cannot be reached:

      {to} on 10/11/2026 9:30 AM
            {said}
"""
GMAIL = """\
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: crm@acme.com
Auto-Submitted: auto-replied
Subject: Delivery Status Notification ({what})
References: {about}
In-Reply-To: {about}
X-Failed-Recipients: {to}
Message-ID: <{own}@mx.google.com>
Date: {date}
Content-Type: multipart/report; boundary="00000000000056ab4705b4"; report-type=delivery-status

--00000000000056ab4705b4
Content-Type: multipart/related; boundary="00000000000056b18a05b4"

--00000000000056b18a05b4
Content-Type: multipart/alternative; boundary="00000000000056b19905b4"

--00000000000056b19905b4
Content-Type: text/plain; charset="UTF-8"

** {heading} **

Your message wasn't delivered to {to} because the address couldn't be found.

The response from the remote server was:
{said}

--00000000000056b19905b4--
--00000000000056b18a05b4--
--00000000000056ab4705b4
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; crm@acme.com
Arrival-Date: {date}
X-Original-Message-ID: {about}

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.nova.example. (192.0.2.7, the server for the domain nova.example.)
Diagnostic-Code: smtp; {said}
Last-Attempt-Date: {date}

--00000000000056ab4705b4
Content-Type: message/rfc822

MIME-Version: 1.0
From: Acme CRM <crm@acme.com>
Message-ID: {about}
Subject: Your quote
To: {to}

Dear Jan, here it is.
--00000000000056ab4705b4--
"""
GMAIL_TEXT = """\
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: crm@acme.com
Subject: Delivery Status Notification (Failure)
Message-ID: <{own}@google.com>
X-Failed-Recipients: {to}
Date: {date}
Content-Type: text/plain; charset=ISO-8859-1

Delivery to the following recipient failed permanently:

     {to}

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the recipient domain.
The error that the other server returned was: {said}

----- Original message -----

MIME-Version: 1.0
Message-ID: {about}
From: Acme CRM <crm@acme.com>
To: {to}
"""
EXIM = """\
Return-path: <>
X-Failed-Recipients: {to}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@exim.acme.com>
To: crm@acme.com
Subject: Mail delivery failed: returning message to sender
Message-Id: <{own}@exim.acme.com>
Date: {date}

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {to}
    SMTP error from remote mail server after RCPT TO:<{to}>:
    host mx.nova.example [192.0.2.7]: {said}

------ This is a copy of the message, including all the headers. ------

Return-path: <crm@acme.com>
Received: from ana by exim.acme.com with local (Exim 4.94)
Message-ID: {about}
From: Acme CRM <crm@acme.com>
To: {to}
Subject: Your quote

Dear Jan, here it is.
"""
EXIM_LATE = """\
Return-path: <>
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@exim.acme.com>
To: crm@acme.com
Subject: Warning: message 1kcPk2-0001Ab-9z delayed 24 hours
Message-Id: <{own}@exim.acme.com>
Date: {date}

This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on exim.acme.com.

The message identifier is:     1kcPk2-0001Ab-9z
The subject of the message is: Your quote

The address to which the message has not yet been delivered is:

  {to}
    host mx.nova.example [192.0.2.7]: {said}

No action is required on your part. Delivery attempts will continue.
"""
QMAIL = """\
Return-Path: <>
Date: {date}
From: MAILER-DAEMON@acme.com
To: crm@acme.com
Message-ID: <{own}@qmail.acme.com>
Subject: failure notice

Hi. This is the qmail-send program at acme.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{to}>:
192.0.2.7 does not like recipient.
Remote host said: {said}
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

Return-Path: <crm@acme.com>
Message-ID: {about}
From: Acme CRM <crm@acme.com>
To: {to}
Subject: Your quote
"""
NOBODY = "550 5.1.1 <{to}>: Recipient address rejected: User unknown"
FULL = "552 5.2.2 <{to}>: Mailbox full, quota exceeded"
LATER = "451 4.7.1 Greylisted, try again later"
NO_ONE = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {to} not found by SMTP address lookup"
BOUNCES: dict[str, tuple[str, dict[str, Any], str]] = {
    "postfix hard": (POSTFIX, {"said": NOBODY, "status": "5.1.1", "action": "failed"}, "hard"),
    "postfix full": (POSTFIX, {"said": FULL, "status": "5.2.2", "action": "failed", "copy": "text/rfc822-headers"},
                     "soft"),
    "postfix expired": (POSTFIX, {"said": "connect to mx.nova.example[192.0.2.7]:25: Connection timed out",
                                  "status": "4.4.1", "action": "failed"}, "soft"),
    "postfix late": (POSTFIX, {"said": LATER, "status": "4.7.1", "action": "delayed",
                               "subject": "Delayed Mail (still being retried)"}, "deferred"),
    "postfix delivered": (POSTFIX, {"said": "250 2.1.5 Ok", "status": "2.1.5", "action": "delivered",
                                    "subject": "Successful Mail Delivery Report"}, "delivered"),
    "exchange hard": (EXCHANGE, {"said": NO_ONE, "status": "5.1.10"}, "hard"),
    "exchange full": (EXCHANGE, {"said": "554 5.2.2 STOREDRV.Deliver.Exception:QuotaExceededException.MapiException",
                                 "status": "5.2.2"}, "soft"),
    "exchange policy": (EXCHANGE, {"said": "550 5.7.1 Message rejected as spam by Content Filtering.",
                                   "status": "5.7.1"}, "soft"),
    "outlook hard": (OUTLOOK, {"said": "The e-mail account does not exist at the organization this message was sent"
                                       " to.\n            <nova.example #5.1.1>"}, "hard"),
    "outlook full": (OUTLOOK, {"said": "The recipient's mailbox is full and can't accept messages now."
                                       " <nova.example #5.2.2>"}, "soft"),
    "gmail hard": (GMAIL, {"said": "550 5.1.1 The email account that you tried to reach does not exist.",
                           "status": "5.1.1", "action": "failed"}, "hard"),
    "gmail full": (GMAIL, {"said": "452 4.2.2 The email account that you tried to reach is over quota.",
                           "status": "4.2.2", "action": "failed"}, "soft"),
    "gmail late": (GMAIL, {"said": LATER, "status": "4.7.1", "action": "delayed", "what": "Delay",
                           "heading": "Delivery incomplete"}, "deferred"),
    "gmail text": (GMAIL_TEXT, {"said": "550 550 5.1.1 <{to}>: User unknown (state 14)."}, "hard"),
    "exim hard": (EXIM, {"said": "550 5.1.1 No such user here"}, "hard"),
    "exim bare": (EXIM, {"said": "550 Unrouteable address"}, "hard"),
    "exim full": (EXIM, {"said": "552 Mailbox quota exceeded / Mailbox full"}, "soft"),
    "exim late": (EXIM_LATE, {"said": LATER}, "deferred"),
    "qmail hard": (QMAIL, {"said": "550 5.1.1 <{to}> user unknown"}, "hard"),
    "qmail full": (QMAIL, {"said": "452 4.2.2 Over quota"}, "soft"),
}  # fmt: skip
"""Name -> form, what it says, what is to be recognised."""


def bounce(name: str, to: str, about: str, own: str | None = None) -> bytes:
    """Return a report about a message to somebody, in one of the forms."""
    form, said, _ = BOUNCES[name]
    words = {"subject": "Undelivered Mail Returned to Sender", "copy": "message/rfc822", "what": "Failure",
             "heading": "Address not found", "date": DATE, **said}  # fmt: skip
    words["said"] = words["said"].format(to=to)
    own = own or name.replace(" ", ".") + "." + to.replace("@", ".")
    return crlf(form.format(to=to, local=to.partition("@")[0], about=about, own=own, **words))


COMPLAINT = """\
From: <abuse@isp.example>
Date: {date}
Subject: FW: Your quote
To: <abuse@acme.com>
Message-ID: <{own}@isp.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part1_13d.2e68ed54"

--part1_13d.2e68ed54
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--part1_13d.2e68ed54
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <{to}>

--part1_13d.2e68ed54
Content-Type: message/rfc822

From: <crm@acme.com>
Message-ID: {about}
To: <{to}>

Dear Jan
--part1_13d.2e68ed54--
"""


def complaint(to: str, about: str) -> bytes:
    """Return a report of abuse (RFC 5965)."""
    return crlf(COMPLAINT.format(to=to, about=about, date=DATE, own="c." + to))


AWAY: dict[str, Any] = {
    "exchange": {"subject": "Automatic reply: Your quote",
                 "more": {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}},
    "gmail": {"subject": "Out of office Re: Your quote", "more": {"Auto-Submitted": "auto-replied",
                                                                "Precedence": "bulk", "X-Autoreply": "yes"}},
    "vacation": {"subject": "Re: Your quote", "more": {"Auto-Submitted": "auto-replied (vacation)"}},
    "german": {"subject": "=?utf-8?q?Abwesenheitsnotiz:_Ihr_Angebot?=", "more": {}},
    "french": {"subject": "=?iso-8859-1?Q?R=E9ponse_automatique_:_Devis?=", "more": {}},
    "old": {"subject": "Re: Your quote", "more": {"Precedence": "auto_reply"}},
}  # fmt: skip
"""Answers of machines."""


def hostile() -> dict[str, bytes]:
    """Return messages that nobody writes in good faith, by what is wrong with them."""
    deep = "".join(f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(2000))
    base = "From: jan@nova.example\nTo: crm@acme.com\nSubject: x\n"
    many = f"{base}Content-Type: multipart/mixed; boundary=b\n\n" + "--b\nContent-Type: text/plain\n\nx\n" * 50_000
    nul = "From: jan@nova.example\0\nTo: crm@acme.com\nSubject: a\0b \ud800 =?utf-8?b?AAA=?=\n"
    return {
        "empty": b"",
        "no headers": b"\r\n\r\njust text",
        "deep": crlf(f"{base}Content-Type: multipart/mixed; boundary=b0\n\n{deep}end"),
        "many parts": crlf(many),
        "10 MB of headers": crlf(base + "".join(f"X-{n}: {'x' * 1000}\n" for n in range(10_000)) + "\nbody"),
        "a long header": crlf(f"{base}References: {'<a@b> ' * 200_000}\n\nbody"),
        "charsets": crlf(f"{base}Subject: =?idna?q?x?= =?nonsense?b?!!!?=\nContent-Type: text/plain; charset=punycode"
                         "\nContent-Transfer-Encoding: base64\n\n====not base64===="),
        "charset of bytes": crlf(f'{base}Content-Type: text/plain; charset="zlib_codec"\n\nx'),
        "nul": nul.replace("\n", "\r\n").encode("utf-8", "surrogatepass") + b"\r\n\0\xff\xfe\0",
        "dates": crlf(f"{base}Date: Thu, 1 Jan 1970 00:00:00 +0000\n\nx"),
        "future": crlf(f"{base}Date: Fri, 31 Dec 9999 23:59:59 -2359\n\nx"),
        "no date": crlf(f"{base}Date: yesterday\n\nx"),
        "addresses": crlf('From: "@@" <<<>>> , ,;:@x <a@b@c>\nTo: ' + "a@b.example, " * 100_000 + "\n\nx"),
        "html": crlf(f"{base}Content-Type: text/html\n\n" + "<style><style <" * 100_000),
        "status": crlf(f"{base}Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status"
                       "\n\n" + "Final-Recipient: x\nAction: failed\n\n" * 10_000 + "--b--"),
        "words": crlf("From: mailer-daemon@x.example\nSubject: failure notice\nReturn-Path: <>\n\n" + "<" * 100_000
                      + "a@" * 50_000 + "\n" + "5." * 50_000),
    }  # fmt: skip
