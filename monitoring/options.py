"""Options that both command lines have: what is watched."""

from pathlib import Path

import click

from modeldelivery.release.cli.project import model_of
from modeldelivery.release.errors import InvalidError
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.terminal.commands import Value


def watched() -> list[click.Option]:
    """`--env`, which may be there several times, and `--model`."""
    return [
        click.Option(
            ["--env", "environments"],
            multiple=True,
            required=True,
            type=Value("ENV", parse_environment),
            help="An environment, for example prod; may be there several times.",
        ),
        click.Option(
            ["--model"],
            default=_model_of_the_project,
            type=Value("MODEL", parse_model),
            help="Its model; by default the one that Pulumi.yaml names, here or above.",
        ),
    ]


def _model_of_the_project() -> str:
    """Raises click.UsageError where there is no project, or it names none."""
    try:
        named = model_of("", Path.cwd())
    except InvalidError as error:
        raise click.UsageError(f"which model? {error}: name it with --model") from error
    if named is None:
        raise click.UsageError("Missing option '--model': no Pulumi.yaml here or above names one")
    return named
