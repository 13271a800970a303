"""The command line: what may be asked, checked before anything is loaded or called."""

from collections.abc import Sequence

import click

from modeldelivery.release.cli import PROGRAM
from modeldelivery.release.cli.commands.look import builds, history, lineage, status
from modeldelivery.release.cli.commands.traffic import adopt, drill, rollback
from modeldelivery.release.cli.commands.training import train
from modeldelivery.release.cli.commands.versions import accept, approve, artifact, register, reject, verify
from modeldelivery.release.cli.options import Options
from modeldelivery.release.errors import Exit
from modeldelivery.terminal import commands
from modeldelivery.terminal.commands import Group

DISTRIBUTION = "model-delivery"  # as pyproject.toml names it


def parse(arguments: Sequence[str] | None) -> Options:
    """Read the command line; exits with status 2 and a sentence when it makes no sense."""
    return commands.read(modelctl(), arguments, Options)


def modelctl() -> Group:
    """All commands."""
    return Group(
        PROGRAM,
        headings={
            "Look": [status(), history(), lineage(), builds()],
            "Traffic": [rollback(), drill(), adopt()],
            "Versions": [train(), register(), verify(), approve(), reject(), accept(), artifact()],
            "This program": [commands.completion(PROGRAM, modelctl)],
        },
        params=[
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_version,
                help="Show the installed version and exit.",
            )
        ],
        help="Versions of a model, and which of them gets the traffic.",
        examples=["modelctl status --env prod", 'modelctl rollback --env prod --reason "5xx since 02:10"'],
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _show_version(context: click.Context, _: click.Parameter, requested: bool) -> None:
    """Looked up only when asked for: importlib.metadata takes as long to import as everything else here."""
    if not requested:
        return
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - see above

    try:
        click.echo(f"{PROGRAM} {version(DISTRIBUTION)}")
    except PackageNotFoundError:
        click.echo(f"{PROGRAM}: {DISTRIBUTION} is not installed, so no version is known", err=True)
        context.exit(Exit.REFUSED)
    context.exit(Exit.DONE)
