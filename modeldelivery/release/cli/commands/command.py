"""What every command of `modelctl` takes, and how one becomes its options."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from modeldelivery.release.cli import PROGRAM
from modeldelivery.release.cli.commands import values
from modeldelivery.release.cli.exit import statuses
from modeldelivery.release.cli.options import PATIENCE, Options
from modeldelivery.release.cli.project import model_of
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.release.version import parse_version
from modeldelivery.terminal.commands import Command, Value

VERSION, WORDS = Value("VERSION", parse_version), Value("TEXT", values.text)
_EVERY = (
    click.Option(
        ["--env"], required=True, type=Value("ENV", parse_environment), help="Environment, for example prod."
    ),
    click.Option(
        ["--model"],
        type=Value("MODEL", parse_model),
        envvar="MODELCTL_MODEL",
        help="Model; by default MODELCTL_MODEL, else the one that Pulumi.ENV.yaml or Pulumi.yaml names.",
    ),
    click.Option(["--json"], is_flag=True, help="Print one JSON document on stdout."),
    click.Option(
        ["--profile"], help="AWS profile; by default AWS_PROFILE, else the one named like the environment."
    ),
)


def _acts(patience: float) -> Sequence[click.Parameter]:
    """Options of a command that acts, and waits so many seconds unless told otherwise."""
    return (
        click.Option(
            ["--dry-run"], is_flag=True, help="Print the AWS calls that would be made; make none that writes."
        ),
        click.Option(
            ["--actor"], type=WORDS, help="Who you are; by default from CI's or the shell's environment."
        ),
        click.Option(
            ["--timeout"],
            type=Value("SECONDS", values.seconds),
            default=patience,
            help=f"How long to wait for SageMaker; by default {patience:.0f}.",
        ),
    )


REASON = click.Option(["--reason"], required=True, type=WORDS, help="Why; others will read it.")


def command(
    kind: type[Options],
    text: str,
    *parameters: click.Parameter,
    examples: Sequence[str],
    check: Callable[[Any], None] = lambda _: None,
    patience: float = PATIENCE,
) -> Command:
    def made(**given: Any) -> Options:
        options_given = kind(**given | {"model": given["model"] or _model(given["env"])})
        check(options_given)
        return options_given

    return Command(
        kind.command,
        params=[*_EVERY, *parameters, *(_acts(patience) if kind.acts else ())],
        callback=made,
        help=text,
        examples=[f"{PROGRAM} {kind.command} {example}" for example in examples],
        statuses=statuses(kind),
    )


def _model(environment: str) -> Any:
    """The project's own. Raises click.UsageError."""
    try:
        named = model_of(environment, Path.cwd())
        if named:
            return parse_model(named)
    except (ValueError, OSError) as error:
        raise click.UsageError(
            f"which model? {error}: name it with --model", click.get_current_context()
        ) from error
    raise click.UsageError(
        "Missing option '--model': no MODELCTL_MODEL, and no Pulumi.yaml here or above that names one",
        click.get_current_context(),
    )
