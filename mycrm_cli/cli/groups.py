"""Commands and groups as Typer runs them: built when they are named, helped by their own examples."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

from mycrm_cli.cli import options
from mycrm_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ALIASES = {
    "ls": "list",
    "show": "view",
    "get": "view",
    "new": "add",
    "create": "add",
    "update": "edit",
    "rm": "delete",
    "remove": "delete",
}


def split_help(text: str) -> tuple[str, list[str]]:
    """Split a docstring into its sentences and its examples (the lines that call the program)."""
    lines = [line.strip() for line in text.splitlines()]
    examples = [line for line in lines if line.startswith(("mycrm ", "eval "))]
    prose = [line for line in lines if line and line not in examples]
    return " ".join(prose), examples


def write_beginning(command: Any, ctx: Any, formatter: Any) -> None:
    """Write what every help begins with: what it is about, examples, usage."""
    prose, examples = split_help(command.help or "")
    formatter.write_text(prose)
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{' ' * formatter.current_indent}{example}\n")
    formatter.write_paragraph()
    command.format_usage(ctx, formatter)


class Verb(TyperCommand):
    """A command: its help begins with examples, and it takes the global options."""

    writes = False

    def invoke(self, ctx: Any) -> Any:
        """Tell the run which command it is, then run it."""
        ctx.obj.command = ctx.command_path.split()[1:]
        if ctx.obj.options.get("debug"):
            ctx.obj.watch()
        if not self.writes and {"dry_run", "label"} & ctx.obj.options.keys():
            hint = f"{ctx.command_path} --help"
            raise UsageError("this command changes no records: it takes neither --dry-run nor --label", hint=hint)
        return super().invoke(ctx)

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the command's own parameters, then the common ones."""
        if "common" not in self.__dict__:
            # An option of the command's own comes first: a custom field has a label of its own.
            own = {word for param in self.params for word in param.opts}
            common = options.global_options() + (options.write_options() if self.writes else [])
            self.common = [option for option in common if not own & set(option.opts)]
        return [*self.params, *self.common, *filter(None, [self.get_help_option(ctx)])]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write what it does, examples, usage, arguments and options, in this order."""
        write_beginning(self, ctx, formatter)
        self.format_options(ctx, formatter)
        extra = "-n/--dry-run --label TEXT " if self.writes else ""
        formatter.write_paragraph()
        formatter.write_text(f"Common options: {extra}{options.SUMMARY}")


class WriteVerb(Verb):
    """A command that changes something: it also takes ``--dry-run`` and ``--label``."""

    writes = True


class LazyGroup(TyperGroup):
    """A group that knows the names of its commands and builds one when it is called.

    ``sections`` maps a heading to {name: one line of help}; ``build`` makes the command of a name.
    """

    def __init__(
        self,
        name: str,
        help: str,
        sections: Mapping[str, Mapping[str, str]],
        build: Callable[[str], Any],
    ) -> None:
        super().__init__(
            name=name,
            help=help,
            params=[*options.global_options(), *options.write_options()],
            rich_markup_mode=None,
            no_args_is_help=True,
            subcommand_metavar="COMMAND [ARGS]...",
        )
        self.sections = sections
        self.build = build
        self.context_settings = {"help_option_names": ["-h", "--help"]}

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the help."""
        return [name for section in self.sections.values() for name in section]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Build the command with a name or a frozen alias; None for another word."""
        names = self.list_commands(ctx)
        name = cmd_name if cmd_name in names else ALIASES.get(cmd_name)
        return self.build(name) if name in names else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command a word names, or say which words are near."""
        command = self.get_command(ctx, args[0])
        if command is None:
            from difflib import get_close_matches

            word = args[0]
            if word.startswith("-"):
                raise UsageError(f"no option {word!r}", hint=f"{ctx.command_path} --help")
            near = get_close_matches(word, [*self.list_commands(ctx), *ALIASES], n=3)
            where = "" if ctx.parent is None else f" of {ctx.info_name}"
            raise UsageError(f"no command {word!r}{where}", candidates=near, hint=f"{ctx.command_path} --help")
        # Under an alias it is the same command, to the journal and to the rules of roles as well.
        return command.name or args[0], command, args[1:]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write what the group is for, then its commands by section."""
        write_beginning(self, ctx, formatter)
        for heading, commands in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl(list(commands.items()))
        formatter.write_paragraph()
        formatter.write_text(f"Common options: {options.SUMMARY}")
