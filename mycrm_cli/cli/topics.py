"""``mycrm help TOPIC``: pages on what concerns all commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mycrm_cli.cli.options import global_options, write_options
from mycrm_cli.cli.shelltext import HELP as SHELL
from mycrm_cli.cli.topicpages import IMPORT, SCRIPTING
from mycrm_cli.config.settings import ENVIRONMENT, OF_OTHERS
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer()

FILTERS = """Filters are one language: on list and count, in -w, in bulk edits and exports.

  field op value     status=active   score>=70   company.name~acme   owner=me
  operators          = != ~ (contains) !~ ^= (starts) > >= < <= in(a,b)
  without quotes     score.gte=70  created_at.before=som  status.in=new,lost
  values             word, "text", number, none, any, a..b, me
  dates              2026-11-05, today, yesterday, fri, som, eom, -30d, +2w, 3mo
  tags               +vip -old          words    acme "open door" (full text)
  own fields         cf.tier=gold       related  owner.manager.email  stage.name
  conditions         +OVERDUE +TODAY +TODO +MINE +UNASSIGNED +STALE +UNANSWERED
  saved              @hot               together and, or, not, ( )

Several -w must all hold. A date means the whole day in your time zone. Text
compares without case and accents. days_in_stage of a deal counts whole days.

mycrm filter save hot lead -w 'score>=70 owner=none' -s -score -F name,score
saves a filter for lead list @hot; its order and columns come along where the
line gives none. It may stand inside others: -w '@hot or +vip'.
mycrm contact list -w '?' lists the fields."""

REFERENCES = """A reference names one record, exactly:

  C-88               its number (C contact, CO company, L lead, D deal,
                     T task, X change …)
  D-12.2             the second line item of deal 12
  Sales/Proposal     a stage by its pipeline and its name
  contact.tier       a custom field; lead.hot a saved filter
  ana@acme.com       any e-mail address of a contact
  +1 312 555 0100    a phone number in any format
  acme.com           the domain of a company
  ext:hubspot:7431   the key another system gave it
  "Ana Berg"         its name, if only one record has it
  0192f0c1-…         its id
  me                 you, where a user is meant
  -                  reads references from stdin, one a line, or objects of
                     JSON: {"ref": "C-88", "city": "Oslo"} for edit

Nothing found is exit 3 with near names, several are exit 5."""

EXIT_CODES = """0    done, also an empty list
1    a bug in mycrm
2    the command line is wrong
3    not found
4    denied, or not signed in
5    ambiguous reference
6    invalid, duplicate or in conflict; nothing was written
7    partly done
8    a check that was asked for found something
10   cancelled by you
75   locked or unreachable: try again later
78   configuration, profile or schema version
130  interrupted    143  terminated"""

OUTPUT = """-o table   for people, on a terminal: fits the width, relative dates, your zone
-o plain   default in a pipe: one record a line, TAB between cells, no header
-o json    an array or an object; keys stay, new ones may come
-o jsonl   an object a line      -o csv, -o tsv   with a header
-o ids     an id a line
exports also: -o xlsx, vcf (contacts, leads), ics (tasks), or by the ending of
-O FILE, packed where it goes on with .gz, .zst or .zip

Data goes to stdout, everything else to stderr. table and plain show 50 records
unless -L says otherwise; the others are never cut. Money is a decimal string
with its currency, a probability is between 0 and 1, times are UTC. NO_COLOR is
honoured."""


def options_page() -> str:
    """Return the page on the options that every command takes."""
    lines = [f"  {', '.join(option.opts):<16} {option.help}" for option in global_options()]
    writes = [f"  {', '.join(option.opts):<16} {option.help}" for option in write_options()]
    return "\n".join(["Before or after the noun and the verb:", *lines, "", "On commands that write:", *writes])


def environment_page() -> str:
    """Return the page on environment variables."""
    return "\n".join(wrapped(name, text, 20) for name, text in (ENVIRONMENT | OF_OTHERS).items())


def wrapped(name: str, text: str, width: int) -> str:
    """Return a name and its text as two columns that fit a terminal."""
    import textwrap

    return textwrap.fill(text, 78, initial_indent=f"{name:<{width}} ", subsequent_indent=" " * (width + 1))


TOPICS: dict[str, tuple[str, Callable[[], str]]] = {
    "filters": ("one language to choose records", lambda: FILTERS),
    "references": ("how a record is named", lambda: REFERENCES),
    "output": ("formats, and what goes where", lambda: OUTPUT),
    "exit-codes": ("what a command returns", lambda: EXIT_CODES),
    "environment": ("variables that are read", environment_page),
    "options": ("what every command takes", options_page),
    "import": ("files become records", lambda: IMPORT),
    "scripting": ("programs that call commands", lambda: SCRIPTING),
    "shell": ("many commands at one prompt", lambda: SHELL),
}


@app.command("help")
def help(
    ctx: typer.Context,
    topic: Annotated[str | None, typer.Argument(help="One of the topics.", metavar="[TOPIC]")] = None,
) -> None:
    """Explain what concerns all commands; without a topic, list the topics.

    mycrm help
    mycrm help filters
    """
    out = ctx.obj.out
    if topic is None:
        out.line("mycrm help TOPIC:\n")
        for name, (about, _) in TOPICS.items():
            out.line(f"  {name:<14} {about}")
        out.line("\nmycrm --help lists the commands; a command explains itself: mycrm deal --help")
        return
    if topic not in TOPICS:
        raise unknown(topic)
    out.line(TOPICS[topic][1]())


def unknown(topic: str) -> UsageError:
    """Return the error for a topic that there is not, with those that are near; commands explain themselves."""
    from difflib import get_close_matches

    from mycrm_cli import commands

    is_command = topic in commands.read(":root")["commands"]
    near = [] if is_command else get_close_matches(topic, TOPICS, n=3, cutoff=0.5)
    hint = f"mycrm {topic} --help" if is_command else "mycrm help"
    return UsageError(f"no help topic {topic!r}", candidates=near, hint=hint)
