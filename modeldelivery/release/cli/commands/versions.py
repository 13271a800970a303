"""Commands about what a version is, and whether it may serve."""

from pathlib import Path

import click

from modeldelivery.release.cli import options
from modeldelivery.release.cli.commands import values
from modeldelivery.release.cli.commands.command import REASON, VERSION, command
from modeldelivery.terminal.commands import Command, Value

_AN_IMAGE = f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/flights-prod@sha256:{'0' * 64}"


def register() -> Command:
    return command(
        options.Register,
        "Register a version: bind vX.Y.Z permanently to one image and one model artifact.",
        click.Option(["--version"], required=True, type=VERSION, help="vMAJOR.MINOR.PATCH."),
        click.Option(
            ["--image"],
            required=True,
            metavar="URI@sha256:…",
            help="Serving image in the environment's ECR, by digest.",
        ),
        click.Option(
            ["--artifact"],
            required=True,
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="model.tar.gz.",
        ),
        click.Option(
            ["--data-revision"],
            required=True,
            type=Value("REV", values.decoded),
            help="Of the data that trained the model.",
        ),
        click.Option(
            ["--metrics"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="What training measured, as a flat JSON object.",
        ),
        click.Option(
            ["--evaluation"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="evaluation.json of this model: its gates, and who skipped which and why, go into the record.",
        ),
        click.Option(
            ["--evidence"],
            type=Value("NAME=FILE", values.document),
            multiple=True,
            help="A document to keep with these bits; --evaluation is kept as evaluation.json. The first of a name stands.",
        ),
        click.Option(
            ["--commit"], type=Value("SHA", values.commit), help="Of the code, its whole name in Git."
        ),
        click.Option(
            ["--execution"],
            type=Value("ARN", values.execution),
            help="Of the training pipeline, which made the model.",
        ),
        click.Option(
            ["--samples"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Sample requests of a container of your own (default: samples.json in the artifact).",
        ),
        click.Option(
            ["--reader"],
            metavar="COMMAND",
            help="Reads the artifact on stdin as this project's model server would (default: the checkout's).",
        ),
        examples=[
            f"--env prod --version v1.2.0 --artifact model.tar.gz --data-revision 2013-06 --image {_AN_IMAGE}"
        ],
    )


def verify() -> Command:
    return command(
        options.Verify,
        "Verify one version where it stands on the endpoint, whatever its weight: the schema of its answers, known predictions, what it "
        "must refuse, and how fast it is beside the version that serves. What held is kept as evidence of its bits, once. Moves no "
        "traffic, and rejects nothing.",
        click.Option(["--version"], type=VERSION, help="Another version than the newest candidate."),
        click.Option(
            ["--load"],
            is_flag=True,
            help="Also measure how many requests a minute one instance serves within alarms.maxLatencyMs. Takes minutes.",
        ),
        click.Option(
            ["--anyway"],
            is_flag=True,
            help="With --load: also where the version has traffic, which then waits.",
        ),
        click.Option(
            ["--again"],
            is_flag=True,
            help="Also what was verified, or measured, before; the first evidence stands.",
        ),
        examples=[
            "--env staging --version v1.2.0",
            "--env staging --load",
            "--env staging --version v1.2.0 --again --json",
        ],
        check=_check_verify,
    )


def _check_verify(verify: options.Verify) -> None:
    if verify.anyway and not verify.load:
        raise click.UsageError("--anyway is about --load: name both", click.get_current_context())


def approve() -> Command:
    return command(
        options.Approve,
        "Approve a registered version: it may join a fleet. Moves no traffic. In an environment with approval.by: gates the gates "
        "of its training do so themselves, unless a person skipped one.",
        click.Argument(["version"], type=VERSION),
        REASON,
        click.Option(["--overrule"], is_flag=True, help="Also a version whose model package is Rejected."),
        examples=['v1.2.0 --env prod --reason "served in staging for a week"'],
    )


def reject() -> Command:
    return command(
        options.Reject,
        "Reject a version that has no traffic: it gets none, and joins no fleet, until it is accepted. Moves no traffic; one that has "
        "some is rolled back.",
        click.Argument(["version"], type=VERSION),
        REASON,
        examples=['v1.2.0 --env prod --reason "trained on the broken feed"'],
    )


def accept() -> Command:
    return command(
        options.Accept,
        "Lift the rejection of a version. Moves no traffic.",
        click.Argument(["version"], type=VERSION),
        REASON,
        examples=['v1.1.0 --env prod --reason "the upstream feed was broken"'],
    )


def artifact() -> Command:
    return command(
        options.Artifact,
        "Write the model of the version that serves, or of another one, into a folder: model.tar.gz, its digest verified; or "
        "none.json, which says that no version serves yet. Evaluations read it as their champion.",
        click.Option(["--version"], type=VERSION, help="Another version than the one that serves."),
        click.Option(
            ["--out"],
            required=True,
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIR",
            help="Folder, made where it is missing.",
        ),
        examples=[
            "--env staging --out build/champion",
            "--env prod --version v1.0.0 --out build/v1.0.0 --json",
        ],
    )
