"""The command that trains a version."""

import click

from modeldelivery.release.cli import options
from modeldelivery.release.cli.commands import values
from modeldelivery.release.cli.commands.command import VERSION, WORDS, command
from modeldelivery.release.cli.options import TRAINING
from modeldelivery.terminal.commands import Command, Value


def train() -> Command:
    digest = "URI@sha256:…"
    return command(
        options.Train,
        "Train a version by the environment's own pipeline, judge it, and register it. What is not named is the newest that there "
        "is, and is printed before anything starts. Run again, it follows the same execution, or goes on with one that failed; "
        "Ctrl-C leaves it running.",
        click.Option(["--version"], required=True, type=VERSION, help="vMAJOR.MINOR.PATCH to register."),
        click.Option(
            ["--data-revision"],
            type=Value("REV", values.revision),
            help="Data set in the data bucket; by default the newest.",
        ),
        click.Option(["--image"], metavar=digest, help="Model server; by default the newest pushed."),
        click.Option(
            ["--step-image"], metavar=digest, help="Image of the steps; by default the newest pushed."
        ),
        click.Option(
            ["--commit"],
            type=Value("SHA", values.commit),
            help="40 hex digits; by default the checkout's HEAD.",
        ),
        click.Option(
            ["--first"], type=Value("YYYY-MM", values.month), help="First month; by default params.yaml's."
        ),
        click.Option(
            ["--until"],
            type=Value("YYYY-MM", values.month),
            help="Last month that trains; by default params.yaml's.",
        ),
        click.Option(
            ["--fit"],
            multiple=True,
            type=Value("NAME=VALUE", values.pair),
            help="Parameter of the recipe, beside those in params.yaml; once or more.",
        ),
        click.Option(["--skip"], multiple=True, metavar="GATE", help="Let this gate pass; once or more."),
        click.Option(["--because"], type=WORDS, help="Why; kept in the report and in the version's record."),
        click.Option(
            ["--propose"],
            is_flag=True,
            help="End before the model is registered: whether it would pass, and how good it is.",
        ),
        examples=[
            "--env staging --version v1.2.0",
            "--env staging --version v1.2.0 --until 2013-05 --fit trees=200",
            "--env staging --version v1.2.0 --until 2013-09 --propose",
            '--env staging --version v1.2.0 --skip latency --because "the new feature is worth it"',
        ],
        check=_check_train,
        patience=TRAINING,
    )


def _check_train(train: options.Train) -> None:
    if bool(train.skip) != bool(train.because):
        raise click.UsageError(
            "--skip and --because go together: which gate, and why", click.get_current_context()
        )
