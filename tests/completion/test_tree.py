"""What is offered without a database: commands, options, choices, fields, filters."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mycrm_cli import catalog
from mycrm_cli.cli import tree
from mycrm_cli.output.formats import FORMATS
from mycrm_cli.query import whichever
from tests.completion.asking import ask, offered
from tests.program import Program
from tools import offers


def test_nouns_and_verbs(program: Program) -> None:
    root = tree.root()
    assert offered(program, "") == root.list_commands(None)
    assert offered(program, "con") == ["contact", "config"]
    assert ask(program, "contact", "vi")[1] == {"view": "Show a contact with what hangs on it"}
    assert offered(program, "nothing", "") == []


@pytest.mark.parametrize(
    "noun", ["contact", "company", "lead", "deal", "task", "stage", "user", "team", "filter", "log", "profile", "db"]
)
def test_every_verb_and_every_option_of_the_tree(program: Program, noun: str) -> None:
    group = tree.root().get_command(None, noun)
    verbs = group.list_commands(None)
    assert offered(program, noun, "") == verbs
    for verb in verbs:
        command = group.get_command(None, verb)
        if hasattr(command, "sections"):
            assert offered(program, noun, verb, "") == command.list_commands(None)
            continue
        names = [
            name for p in command.params if p.param_type_name == "option" for name in p.opts if name.startswith("--")
        ]
        assert set(names) <= set(offered(program, noun, verb, "--")), verb


def test_aliases_are_offered_where_something_is_typed_and_understood(program: Program) -> None:
    assert "ls" not in offered(program, "contact", "")
    assert ask(program, "contact", "sh")[1] == {"show": "The same as view"}
    assert "--limit" in offered(program, "contact", "ls", "--li")


def test_global_options_everywhere(program: Program) -> None:
    assert "--version" in offered(program, "--")
    for words in ([], ["contact"], ["contact", "list"]):
        found = offered(program, *words, "-")
        assert {"-P", "--profile", "-o", "--json", "--no-input", "-h", "--help"} <= set(found)
    assert "--dry-run" in offered(program, "contact", "edit", "--d")
    assert "--dry-run" not in offered(program, "contact", "list", "--d")
    assert offered(program, "contact", "count", "--", "--") == []


def test_options_before_the_noun_and_the_verb_are_skipped(program: Program) -> None:
    for before in (
        ["-P", "work"],
        ["--profile", "work"],
        ["--profile=work"],
        ["-Pwork"],
        ["-qv"],
        ["-qPwork"],
        ["--json"],
    ):
        assert offered(program, *before, "contact", "vi") == ["view"], before
        assert offered(program, "contact", *before, "vi") == ["view"], before


@pytest.mark.parametrize(
    "words, expected",
    [
        (("-o", ""), list(FORMATS)),
        (("contact", "list", "-o", "js"), ["json", "jsonl"]),
        (("--color", ""), ["auto", "always", "never"]),
        (("--color=al",), ["--color=always"]),
        (("contact", "add", "--status", ""), ["active", "inactive", "archived"]),
        (("contact", "add", "--status=a"), ["--status=active", "--status=archived"]),
        (("contact", "list", "--status", "active,"), ["active,inactive", "active,archived"]),
        (("contact", "import", "--preset", "h"), ["hubspot"]),
        (("contact", "import", "--mode", ""), ["upsert", "insert", "update"]),
        (("contact", "import", "--format", "j"), ["json", "jsonl"]),
        (("contact", "import", "--date-format", ""), []),
        (("contact", "import", "--match", "e"), ["email"]),
        (("contact", "import", "--on-conflict", "*=k"), ["*=keep"]),
        (("deal", "import", "--create-missing", "company,p"), ["company,pipeline"]),
        (("deal", "forecast", "--by", "month,o"), ["month,owner"]),
        (("contact", "dupes", "--by", "email,"), ["email,phone", "email,domain", "email,name"]),
        (("contact", "history", "C-1", "--only", "n"), ["notes"]),
        (("log", "call", "C-1", "Price", "--direction", ""), ["in", "out", "none"]),
        (("log", "call", "C-1", "Price", "--duration", "1"), ["15m", "1h", "1h30m"]),
        (("log", "call", "C-1", "Price", "--due", "f"), ["fri"]),
        (("log", "call", "C-1", "Price", "--due", "t"), ["today", "tomorrow", "tue", "thu"]),
        (("task", "add", "Call", "--due", "eo"), ["eom", "eow", "eoq", "eoy"]),
        (("task", "snooze", "-w", "+OVERDUE", "+2"), ["+2d", "+2w"]),
        (
            (
                "task",
                "snooze",
                "--to=tom",
            ),
            ["--to=tomorrow"],
        ),
        (("deal", "win", "D-1", "--on", "yes"), ["yesterday"]),
        (("deal", "add", "x", "--set", "expected_close_date=eo"), [f"expected_close_date=eo{e}" for e in "mwqy"]),
        (("deal", "move", "D-1", "n"), ["next"]),
        (("deal", "move", "D-1", "--stage", ""), ["next", "previous"]),
        (("filter", "save", "hot", "le"), ["lead"]),
        (("filter", "list", "dea"), ["deal"]),
        (("field", "add", "c"), ["company", "contact"]),
        (("org", "edit", "--response-limit", "n"), ["none"]),
        (("profile", "edit", "work", "--clear", "smtp_f"), ["smtp_from"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("help", "f"), ["filters"]),
        (("profile", "add", "new", "--protected", ""), ["yes", "no"]),
    ],
)
def test_choices(program: Program, words: tuple[str, ...], expected: list[str]) -> None:
    assert ask(program, *words)[0] == "words"
    assert offered(program, *words) == expected


def test_files_are_the_shells_business(program: Program) -> None:
    for words in (
        ("contact", "export", "-O", ""),
        ("contact", "add", "--from-json", "a"),
        ("contact", "add", "--from-json=a"),
    ):
        assert ask(program, *words) == ("files", {})


def test_fields_in_lists_and_orders(program: Program) -> None:
    assert ask(program, "contact", "list", "-F", "ema") == ("parts", {"email": "Primary e-mail address"})
    assert offered(program, "contact", "list", "-F", "name,email,stat") == ["name,email,state", "name,email,status"]
    assert "name,name" not in offered(program, "contact", "list", "-F", "name,na")
    assert offered(program, "contact", "list", "-F", "company.na") == ["company.name"]
    assert offered(program, "contact", "list", "-F", "company.owner.ema") == ["company.owner.email"]
    assert offered(program, "contact", "list", "-s", "-sco") == ["-score"]
    assert offered(program, "contact", "list", "-s", "status,-sco") == ["status,-score"]
    clear = offered(program, "contact", "edit", "--clear", "")
    assert "email" in clear
    assert not {"id", "number", "created_at", "version"} & set(clear)


def test_the_fields_are_those_of_the_noun_in_question(program: Program) -> None:
    for words in (
        ("filter", "save", "hot", "lead", "-w"),
        ("filter", "save", "hot", "lead"),
        ("rule", "add", "x", "--where"),
    ):
        assert "utm_source=" in offered(program, *words, "utm"), words
    assert offered(program, "filter", "save", "hot", "-w", "sta") == []
    assert offered(program, "filter", "save", "hot", "lead", "-s", "-sco")[:1] == ["-score"]
    assert offered(program, "lead", "convert", "L-1", "--set", "expected_c") == ["expected_close_date="]
    assert offered(program, "stage", "edit", "Proposal", "--required-fields", "value,expected_c") == [
        "value,expected_close_date"
    ]
    assert offered(program, "deal", "list", "-s", "-days") == ["-days_in_stage"]
    assert ask(program, "contact", "merge", "C-1", "C-2", "--take", "mob") == ("parts", {"mobile=": "Mobile number"})
    assert ask(program, "contact", "import", "--on-conflict", "") == ("parts", {"*=": ""})
    assert offered(program, "contact", "import", "--map", "E-Mail=ema") == ["E-Mail=email"]


def values() -> Iterator[tuple[str, str, list[Any]]]:
    """Yield each value of the tree: the words of its command, its metavar, and what is offered for it."""

    def walk(command: Any, way: tuple[str, ...]) -> Iterator[tuple[str, str, list[Any]]]:
        if hasattr(command, "sections"):
            for name in command.list_commands(None):
                yield from walk(command.get_command(None, name), (*way, name))
            return
        for each in command.params:
            where, metavar = " ".join((*way, each.name)), each.metavar or ""
            if each.param_type_name == "argument":
                yield from ((where, metavar, word["value"]) for word in offers.words(each, command, way)[:1])
            elif not each.is_flag:
                yield where, metavar, offers.value(each, way)

    yield from walk(tree.root(), ())


def test_what_the_help_calls_by_a_noun_is_a_reference_to_it() -> None:
    nouns = set(catalog.nouns())
    referring, seen = (
        {"REF", "USER", "TEAM", "PIPELINE", "STAGE", "CONTACT", "COMPANY", "DEAL", "CHANGE", "RECORD"},
        set(),
    )
    for where, metavar, value in values():
        for way in [value, *(each for each in value if isinstance(each, list))]:
            if way[0] in ("reference", "trash"):
                assert set(way[1:]) <= nouns, where
        for word in referring & set(re.findall("[A-Z]+", metavar)):
            assert value != ["text"], (where, metavar)
            seen.add(word)
    assert seen == referring
    found = {where: value for where, _, value in values()}
    assert found["lead convert contact"] == ["reference", "contact"]
    assert found["lead assign round_robin"] == ["reference", "team"]
    assert found["log note reference"] == found["email log reference"] == ["reference", *whichever.NOUNS]
    assert found["deal board pipeline"] == ["reference", "pipeline"]


def test_no_field_that_is_secret_or_internal(program: Program) -> None:
    for noun in ("contact", "user"):
        fields = offered(program, noun, "list", "-F", "")
        assert not {"password_hash", "password", "search_text", "name_key", "mfa_secret"} & set(fields)


@pytest.mark.parametrize("place", [("-w",), ("--where",), ()])
def test_filters(program: Program, place: tuple[str, ...]) -> None:
    where = ("contact", "list", *place)
    assert ask(program, *where, "stat") == (
        "parts",
        {"state=": "State or region", "status=": "Whether the contact is in use"},
    )
    assert offered(program, *where, "status") == ["status=", "status!="]
    assert offered(program, *where, "score") == ["score=", "score!=", "score>", "score>=", "score<", "score<="]
    assert offered(program, *where, "score>") == ["score>="]
    assert offered(program, *where, "status=") == [
        f"status={v}" for v in ("active", "inactive", "archived", "none", "any")
    ]
    assert offered(program, *where, "status:in") == ["status:inactive"]
    assert offered(program, *where, "status!=active,in") == ["status!=active,inactive"]
    assert offered(program, *where, "status.in=ac") == ["status.in=active"]
    assert offered(program, *where, "company.name^") == ["company.name^="]
    assert "created_at>=som" in offered(program, *where, "created_at>=")
    assert "created_at.before=eom" in offered(program, *where, "created_at.before=")
    assert offered(program, *where, "+M") == ["+MINE", "+MAILABLE"]
    assert offered(program, *where, "score>=70 (status=arch") == ["score>=70 (status=archived"]
    assert offered(program, *where, 'name="a sta') == []


def test_no_profile_no_records_and_no_noise(program: Program) -> None:
    assert offered(program, "-P", "") == []
    done = program.process("__complete", "zsh", "--", "contact", "view", "")
    assert (done.stdout, done.stderr, done.exit) == ("", "", 0)


@pytest.mark.parametrize(
    "words", [[], ["zsh"], ["zsh", "--"], ["csh", "--", ""], ["bash", "--", "mycrm"], ["zsh", "contact"], ["\udcff"]]
)
def test_wrong_questions_get_silence(program: Program, words: list[str]) -> None:
    done = program.process("__complete", *words)
    assert (done.stderr, done.exit) == ("", 0)
    assert done.stdout in ("", "words\n")


def test_profiles(crm: Program) -> None:
    assert ask(crm, "-P", "w") == ("words", {"work": ""})
    assert offered(crm, "profile", "use", "") == ["work"]
    assert offered(crm, "--profile=") == ["--profile=work"]


@pytest.mark.parametrize("shell, name", [("bash", "mycrm.bash"), ("zsh", "_mycrm"), ("fish", "mycrm.fish")])
def test_the_scripts_are_printed(program: Program, shell: str, name: str) -> None:
    script = (Path(__file__).resolve().parents[2] / "completions" / name).read_text(encoding="utf-8")
    assert program("completion", shell).stdout == script
    # Not Typer's own, and nothing in them evaluates.
    code = [line for line in script.splitlines() if not line.lstrip().startswith("#")]
    assert "_MYCRM_COMPLETE" not in script
    assert not any("eval " in line or "eval(" in line for line in code)


def test_another_shell_is_a_usage_error(program: Program) -> None:
    assert "no completion for 'csh'" in program("completion", "csh", exit=2).stderr
