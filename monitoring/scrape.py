"""`python -m monitoring.scrape`: what Prometheus is to scrape of an environment, from the outputs of its stack."""

import json
import sys
from typing import Any

import click
import msgspec

from modeldelivery.release.naming import Environment, Model
from modeldelivery.terminal import program
from modeldelivery.terminal.commands import USAGE, Command, Value, read
from monitoring import prometheus
from monitoring.options import PORT, Listen, environment, listen, model

NAME = "scrape"  # before complaints
_PROGRAM = "python -m monitoring.scrape"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for.

    Attributes:
        environment, model: what is scraped.
        exporter: where its exporter answers.
    """

    environment: Environment
    model: Model
    exporter: Listen


def main() -> int:
    """Returns the exit status."""
    return program.run(NAME, lambda: _carry_out(read(_command(), None, Options)), "stopped")


def _command() -> Command:
    return Command(
        _PROGRAM,
        params=[
            environment("The environment whose outputs these are."),
            model(),
            click.Option(
                ["--exporter"], required=True, type=Value("HOST:PORT", listen),
                help=f"Where its exporter answers, for example monitoring.internal:{PORT}.",
            ),
        ],
        callback=Options,
        help="Print a file for Prometheus' file_sd_configs. Reads what `pulumi stack output --json` prints.",
        examples=[
            f"pulumi stack output --json --stack prod | {_PROGRAM} --env prod --exporter monitoring.internal:{PORT} > prod.json"
        ],
        statuses={
            1: "the outputs are of no environment that serves, or of another one",
            USAGE: "the command line makes no sense",
        },
    )  # fmt: skip


def _carry_out(options: Options) -> int:
    try:
        targets = rendered(sys.stdin.read(), options)
    except ValueError as error:
        program.complain(NAME, str(error))
        return 1
    print(json.dumps(targets, indent=2))
    return 0


def rendered(outputs: str, options: Options) -> list[dict[str, Any]]:
    """What `file_sd_configs` reads.

    Args:
        outputs: of the stack, as JSON.
        options: which environment they are said to be of.

    Raises:
        ValueError: they are of another one, or nothing serves there yet.
    """
    environment = options.environment
    try:
        endpoint = msgspec.json.decode(outputs, type=dict[str, Any]).get("endpoint")
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ValueError(
            f"standard input is no object of outputs ({error}): pipe `pulumi stack output --json --stack {environment}` in"
        ) from error
    if endpoint is None:
        raise ValueError(
            f"the outputs have no endpoint: nothing serves yet in {environment}, or the stack is another; `pulumi up` makes one"
        )
    expected = f"{options.model}-{environment}"
    if endpoint != expected:
        raise ValueError(
            f"the outputs are of the endpoint {endpoint!r}, not of {expected!r}: pipe those of the stack {environment} in, or name "
            "another --env or --model"
        )
    return [prometheus.target(str(options.exporter), options.model, environment)]


if __name__ == "__main__":
    sys.exit(main())
