"""Commands about which version gets the traffic."""

from pathlib import Path

import click

from modeldelivery.release.cli import options
from modeldelivery.release.cli.commands import values
from modeldelivery.release.cli.commands.command import REASON, VERSION, WORDS, command
from modeldelivery.terminal.commands import Command, Value

ROUNDS, RATE = 5, 20
MOST_ROUNDS, MOST_RATE = 50, 200


def rollback() -> Command:
    return command(
        options.Rollback,
        "Give the fallback all traffic, and reject every other version that has some. The fallback is the last version that "
        "carried everything before and is not rejected; `modelctl status` names it.",
        REASON,
        click.Option(["--to"], type=VERSION, help="Another version than the fallback."),
        click.Option(["--keep"], is_flag=True, help="Reject nothing."),
        click.Option(
            ["--now"],
            is_flag=True,
            help="Do not first scale the version to the number of instances that serve now.",
        ),
        click.Option(
            ["--without-journal"],
            is_flag=True,
            help="The journal cannot be reached: tag the endpoint, move everything to --to, record nothing (status 4).",
        ),
        click.Option(
            ["--kubernetes"],
            metavar="CONTEXT/NAMESPACE",
            help="With --without-journal: the environment is on Kubernetes, there.",
        ),
        examples=[
            '--env prod --reason "5xx since 02:10"',
            '--env prod --to v1.0.0 --keep --reason "a look at v1"',
            '--env prod --reason "5xx since 02:10" --dry-run',
            '--env prod --without-journal --to v1.0.0 --reason "S3 is down"',
            '--env edge --without-journal --kubernetes edge/flights --to v1.0.0 --reason "S3 is down"',
        ],
        check=_check_rollback,
    )


def _check_rollback(rollback: options.Rollback) -> None:
    context = click.get_current_context()
    if rollback.without_journal and rollback.to is None:
        raise click.UsageError(
            "--without-journal cannot know the last good version: name it with --to VERSION", context
        )
    if rollback.without_journal and (rollback.keep or rollback.now):
        raise click.UsageError(
            "--without-journal rejects and scales nothing: leave --keep and --now out", context
        )
    if rollback.kubernetes is None:
        return
    if not rollback.without_journal:
        raise click.UsageError(
            "the journal says where the environment is: --kubernetes goes with --without-journal", context
        )
    if not all(rollback.kubernetes.rpartition("/")[::2]):
        raise click.UsageError(
            f"--kubernetes is {rollback.kubernetes!r}: write a context of the kubeconfig and a namespace, CONTEXT/NAMESPACE",
            context,
        )


def drill() -> Command:
    return command(
        options.Drill,
        "Try rollbacks: give the fallback all traffic and give it back, some rounds, while requests are sent; record how long the "
        "version left went on answering, and how many requests were lost. Afterwards everything intends what it did before. Not where "
        "the stack protects what it holds, unless --anyway says why.",
        click.Option(
            ["--rounds"],
            type=Value("N", values.up_to(MOST_ROUNDS)),
            default=ROUNDS,
            show_default=True,
            help=f"There and back so many times, {MOST_ROUNDS} at most. A round takes about 20 s and more while SageMaker is slow.",
        ),
        click.Option(
            ["--rate"],
            type=Value("N", values.up_to(MOST_RATE)),
            default=RATE,
            show_default=True,
            help=f"Requests a second, {MOST_RATE} at most.",
        ),
        click.Option(
            ["--samples"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Sample requests to send (default: those of the version that serves, or the row that its schema has).",
        ),
        click.Option(
            ["--reason"], type=WORDS, default="drill", show_default=True, help="Why; others will read it."
        ),
        click.Option(
            ["--anyway"],
            metavar="REASON",
            type=WORDS,
            help="Also where the stack protects what it holds, or its file is not here: its callers get answers of both versions.",
        ),
        click.Option(
            ["--end"],
            is_flag=True,
            help="Only end a drill that was killed: give the version that served before its traffic back.",
        ),
        examples=[
            "--env staging",
            "--env staging --rounds 20 --json",
            '--env prod --anyway "yearly exercise, 02:00, callers told"',
            "--env staging --end",
        ],
    )


def adopt() -> Command:
    return command(
        options.Adopt,
        "Record weights that someone else set as decided. Moves no traffic.",
        REASON,
        examples=['--env prod --reason "moved in the console during the incident"'],
    )
