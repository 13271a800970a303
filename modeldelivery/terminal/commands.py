"""How this project's command lines are built: click's commands with examples and exit statuses in every help."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import click
from click.shell_completion import get_completion_class

from modeldelivery.terminal import program

T = TypeVar("T")

USAGE = 2  # the exit status of a command line that makes no sense
SHELLS = ("bash", "zsh", "fish")


class Value(click.ParamType[Any]):
    """A domain type, read by its own parser: ValueError's sentence reaches the user.

    Attributes:
        name: what help shows in its place.
        parse: from the text to the value.
    """

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name, self.parse = name, parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value  # a default
        try:
            return self.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Command(click.Command):
    """A command whose help ends with examples and the statuses that it can have.

    Attributes:
        examples: whole command lines.
        statuses: each with its meaning.
    """

    def __init__(
        self, name: str, *, examples: Sequence[str], statuses: Mapping[int, str], **described: Any
    ) -> None:
        super().__init__(name, **described)
        self.examples, self.statuses = tuple(examples), dict(statuses)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Of an option without its value click does not say whose it is; the help to look at is this command's."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        _end(formatter, self.examples, self.statuses)


class Group(click.Group):
    """Commands under headings. Without one of them it shows its help.

    Attributes:
        headings: commands by what they are for.
        examples: whole command lines.
    """

    def __init__(
        self,
        name: str,
        *,
        headings: Mapping[str, Sequence[click.Command]],
        examples: Sequence[str],
        **described: Any,
    ) -> None:
        commands = [command for under in headings.values() for command in under]
        super().__init__(name, commands=commands, invoke_without_command=True, callback=_help, **described)
        self.headings = {heading: [str(each.name) for each in under] for heading, under in headings.items()}
        self.examples = tuple(examples)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        longest = max(len(name) for name in self.commands)
        for heading, names in self.headings.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(name.ljust(longest), self.commands[name].get_short_help_str(200)) for name in names]
                )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        _end(formatter, self.examples, {})


def _help(**_: object) -> int:
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return 0


def _end(formatter: click.HelpFormatter, examples: Sequence[str], statuses: Mapping[int, str]) -> None:
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")
    if statuses:
        with formatter.section("Exit status"):
            formatter.write_dl([(f"{int(status)}", meaning) for status, meaning in statuses.items()])


def completion(name: str, group: Callable[[], click.Group]) -> Command:
    """A command that prints what makes a shell complete the command line of the program `name`, which is `group`."""

    def show(shell: str) -> int:
        kind = get_completion_class(shell)
        assert kind is not None, "click has all of SHELLS"
        click.echo(kind(group(), {}, name, f"_{name}_COMPLETE".upper()).source())
        return 0

    return Command(
        "completion",
        params=[click.Argument(["shell"], type=click.Choice(SHELLS))],
        callback=show,
        help="Print the script that makes a shell complete commands and options.",
        examples=[f'eval "$({name} completion bash)"'],
        statuses={0: "printed", USAGE: "the command line makes no sense"},
    )


def read(command: click.Command, arguments: Sequence[str] | None, kind: type[T]) -> T:
    """What a command line asks for: what the command's callback made of its options.

    Args:
        command: the program's, or the group of all of its commands.
        arguments: without the program's name; None for the process's own.
        kind: of what callbacks make.

    Raises:
        SystemExit: help or the like was shown, or the command line makes no sense.
    """
    name = str(command.name)
    try:
        made = command.main(
            None if arguments is None else list(arguments), prog_name=name, standalone_mode=False
        )
    except click.UsageError as error:
        _refuse(name, error)
    except click.Abort as error:
        raise KeyboardInterrupt from error
    if not isinstance(made, kind):
        raise SystemExit(made)
    return made


def _refuse(name: str, error: click.UsageError) -> NoReturn:
    path = error.ctx.command_path if error.ctx else name
    sentence = error.format_message()
    end = "" if sentence.endswith((".", "?", ")")) else "."
    program.complain(path, f"{sentence}{end} Help: `{path} --help`")
    raise SystemExit(USAGE)
