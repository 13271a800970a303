"""The command line of a review: what may be asked, checked before anything is run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from modeldelivery.release.naming import Environment, parse_environment
from modeldelivery.terminal import commands, program
from modeldelivery.terminal.commands import Command, Group, Value

PROGRAM = "python -m modeldelivery.review"
DONE, FAILED, REFUSED, LOCKED, UNREACHABLE = 0, 1, 3, 4, 5
_LONGEST_WAIT = 24 * 60  # minutes
_ALL = Environment("")
_MEANING = {
    DONE: "done",
    FAILED: "it cannot be told; the message says why",
    commands.USAGE: "the command line makes no sense",
    REFUSED: "refused by a rule",
    LOCKED: "another deployer holds the environment, and did not end in time",
    UNREACHABLE: "no credentials of the environment, as the engine says too",
    program.INTERRUPTED: "interrupted (SIGINT, SIGTERM, SIGHUP)",
}
_SILENT = "the platform cannot be reached, or not now: the same command again"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a command line asks for.

    Attributes:
        command: by name.
        folder: where previews leave what they found.
        sign_in: a way to credentials, said besides the others where there are none.
        env: of a command that is of one environment, which; empty for one of all.
        config_file: another than Pulumi.<env>.yaml.
        json: one JSON document on stdout.
        wait: minutes for another deployer to end.
    """

    command: str
    folder: Path
    sign_in: str | None
    env: Environment
    config_file: Path | None
    json: bool
    wait: int = 0


def parse(arguments: Sequence[str] | None) -> Asked:
    """Read the command line; exits with status 2 and a sentence when it makes no sense."""
    return commands.read(review(), arguments, Asked)


def _command(
    name: str,
    text: str,
    *,
    of_one: bool,
    as_json: bool = False,
    may_refuse: bool = False,
    waits: bool = False,
) -> Command:
    def made(
        env: Environment = _ALL, config_file: Path | None = None, *, json: bool = False, wait: int = 0
    ) -> Asked:
        group: dict[str, Any] = click.get_current_context().find_root().params
        return Asked(command=name, env=env, config_file=config_file, json=json, wait=wait, **group)

    parameters: list[click.Parameter] = []
    if of_one:
        parameters += [
            click.Option(
                ["--env"],
                required=True,
                type=Value("ENV", parse_environment),
                help="Environment, for example prod.",
            ),
            click.Option(
                ["--config-file"],
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Another file than Pulumi.ENV.yaml.",
            ),
        ]
    if as_json:
        parameters.append(click.Option(["--json"], is_flag=True, help="Print one JSON document on stdout."))
    if waits:
        parameters.append(
            click.Option(
                ["--wait"],
                type=click.IntRange(0, _LONGEST_WAIT),
                default=0,
                show_default=True,
                metavar="MINUTES",
                help="How long to wait for another deployer to end.",
            )
        )
    lacks = (set() if may_refuse else {REFUSED}) | (set() if waits else {LOCKED})
    meaning = _MEANING if of_one else {**_MEANING, UNREACHABLE: _SILENT}
    return Command(
        name,
        params=parameters,
        callback=made,
        help=text,
        examples=[f"{PROGRAM} {name}{' --env prod' if of_one else ''}"],
        statuses={status: sentence for status, sentence in meaning.items() if status not in lacks},
    )


def review() -> Group:
    """All commands."""
    return Group(
        PROGRAM,
        headings={
            "Changes": [
                _command(
                    "preview",
                    "Run `pulumi preview`, say what it would do, and judge it.",
                    of_one=True,
                    as_json=True,
                    may_refuse=True,
                ),
                _command("comment", "Tell of all previews in one comment.", of_one=False),
                _command(
                    "deploy",
                    "Run `pulumi up` by the plan that was previewed, and by no other.",
                    of_one=True,
                    may_refuse=True,
                    waits=True,
                ),
            ],
            "Drift": [
                _command(
                    "drift",
                    "See whether an environment is still as it was deployed.",
                    of_one=True,
                    as_json=True,
                ),
                _command(
                    "report", "Write one issue on all environments that drifted, or close it.", of_one=False
                ),
            ],
        },
        params=[
            click.Option(
                ["--folder"],
                type=click.Path(path_type=Path),
                default=Path(".review"),
                show_default=True,
                help="Where previews leave what they found.",
            ),
            click.Option(
                ["--sign-in"],
                metavar="TEXT",
                help="A way to credentials, said besides the others where there are none.",
            ),
        ],
        help="What a change does to an environment, in words.",
        examples=["make preview ENV=staging && make preview ENV=prod && make comment"],
        context_settings={"help_option_names": ["-h", "--help"]},
    )
