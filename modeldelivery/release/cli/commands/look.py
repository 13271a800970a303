"""Commands that show and change nothing."""

import click

from modeldelivery.release.cli import options
from modeldelivery.release.cli.commands import values
from modeldelivery.release.cli.commands.command import VERSION, command
from modeldelivery.terminal.commands import Command, Value

SHOWN_EVENTS, SHOWN_BUILDS = 20, 10


def status() -> Command:
    return command(
        options.Status,
        "Show what is serving, where a rollback would go, and what is not as it should be, with what to type.",
        click.Option(
            ["--check"],
            is_flag=True,
            help="For scripts: status 0 means healthy, 7 that something needs a person.",
        ),
        examples=["--env prod", "--env prod --json", "--env prod --check"],
    )


def history() -> Command:
    return command(
        options.History,
        "Show who decided what, when and why; newest first.",
        click.Option(
            ["--limit"],
            type=Value("N", values.count),
            default=SHOWN_EVENTS,
            show_default=True,
            help="Events to show.",
        ),
        examples=["--env prod", "--env prod --limit 100 --json"],
    )


def lineage() -> Command:
    return command(
        options.Lineage,
        "Show where a version comes from: endpoint, record, package, image, commit, execution and its steps, data, evidence; and "
        "what of that is missing.",
        click.Option(["--version"], type=VERSION, help="Another version than the one that serves."),
        examples=["--env prod", "--env staging --version v1.2.0 --json"],
    )


def builds() -> Command:
    return command(
        options.Builds,
        "Show what has become of pushed tags: the newest builds with their stages, times and, of one that stopped, why. With --follow, "
        "status 9 says that the newest came to no version.",
        click.Option(
            ["--limit"],
            type=Value("N", values.count),
            default=SHOWN_BUILDS,
            show_default=True,
            help="Builds to show.",
        ),
        click.Option(
            ["--follow"], is_flag=True, help="Follow the newest to its end; Ctrl-C leaves it running."
        ),
        click.Option(
            ["--version"],
            type=VERSION,
            help="With --follow: the build of this version's tag instead, which begins some seconds after the push.",
        ),
        examples=[
            "--env staging",
            "--env staging --follow",
            "--env staging --follow --version v1.2.0",
            "--env staging --limit 1 --json",
        ],
        check=_check_builds,
    )


def _check_builds(builds: options.Builds) -> None:
    if builds.version and not builds.follow:
        raise click.UsageError("--version is about --follow: name both", click.get_current_context())
