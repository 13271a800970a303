"""Options that several command lines have: what is watched, and where something listens."""

from pathlib import Path

import click
import msgspec

from modeldelivery.release.cli.project import model_of
from modeldelivery.release.errors import InvalidError
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.terminal.commands import Value

PORT = 9406  # of exporters, unless they are told another


class Listen(msgspec.Struct, frozen=True):
    """Where a program of this room answers."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def listen(text: str) -> Listen:
    """Read HOST:PORT; raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) >= 2**16:
        raise ValueError(f"{text!r} is no address: write HOST:PORT, for example 127.0.0.1:{PORT}")
    return Listen(host.strip("[]"), int(port))


def environment(text: str) -> click.Option:
    """`--env`, once; `text` is its help."""
    return click.Option(
        ["--env", "environment"], required=True, type=Value("ENV", parse_environment), help=text
    )


def watched() -> list[click.Option]:
    """`--env`, which may be there several times, and `--model`."""
    environments = click.Option(
        ["--env", "environments"],
        multiple=True,
        required=True,
        type=Value("ENV", parse_environment),
        help="An environment, for example prod; may be there several times.",
    )
    return [environments, model()]


def model() -> click.Option:
    """`--model`."""
    return click.Option(
        ["--model"],
        default=_model_of_the_project,
        type=Value("MODEL", parse_model),
        help="Its model; by default the one that Pulumi.yaml names, here or above.",
    )


def _model_of_the_project() -> str:
    """Raises click.UsageError where there is no project, or it names none."""
    try:
        named = model_of("", Path.cwd())
    except InvalidError as error:
        raise click.UsageError(f"which model? {error}: name it with --model") from error
    if named is None:
        raise click.UsageError("Missing option '--model': no Pulumi.yaml here or above names one")
    return named
