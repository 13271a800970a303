"""Commands that show and change nothing."""

import click

from modeldelivery.release.cli import options
from modeldelivery.release.cli.commands import values
from modeldelivery.release.cli.commands.command import VERSION, command
from modeldelivery.terminal.commands import Command, Value

SHOWN_EVENTS = 20


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
