"""Commands about which version gets the traffic."""

import click

from modeldelivery.release.cli import options
from modeldelivery.release.cli.commands.command import REASON, VERSION, command
from modeldelivery.terminal.commands import Command


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


def adopt() -> Command:
    return command(
        options.Adopt,
        "Record weights that someone else set as decided. Moves no traffic.",
        REASON,
        examples=['--env prod --reason "moved in the console during the incident"'],
    )
