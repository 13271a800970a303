"""The command line: what may be asked, checked before anything is loaded or called."""

import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from modeldelivery.release.cli import PROGRAM, options
from modeldelivery.release.cli.exit import statuses
from modeldelivery.release.cli.options import PATIENCE, TRAINING, Options
from modeldelivery.release.cli.project import model_of
from modeldelivery.release.errors import Exit
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.release.version import parse_version
from modeldelivery.terminal import commands
from modeldelivery.terminal.commands import Command, Group, Value

T = TypeVar("T")

DISTRIBUTION = "model-delivery"  # as pyproject.toml names it
SHOWN_EVENTS = 20
_AN_IMAGE = f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/flights-prod@sha256:{'0' * 64}"


def parse(arguments: Sequence[str] | None) -> Options:
    """Read the command line; exits with status 2 and a sentence when it makes no sense."""
    return commands.read(modelctl(), arguments, Options)


def _text(given: str) -> str:
    """Words of a person."""
    words = _decoded(given).strip()
    if not words:
        raise ValueError("it is empty: write a few words")
    return words


def _decoded(given: str) -> str:
    """A shell whose locale is not UTF-8 hands its bytes over all the same (PEP 383). Raises ValueError for what is no UTF-8."""
    return os.fsencode(given).decode() if any("\ud800" <= c <= "\udfff" for c in given) else given


def _revision(text: str) -> str:
    return _matching(text, r"sha256:[0-9a-f]{64}", "sha256:<64 hex digits>")


def _commit(text: str) -> str:
    return _matching(text, r"[0-9a-f]{40}", "40 hex digits, as `git rev-parse HEAD` prints them")


def _month(text: str) -> str:
    return _matching(text, r"[0-9]{4}-(0[1-9]|1[0-2])", "YYYY-MM, for example 2013-03")


def _matching(text: str, pattern: str, allowed: str) -> str:
    if not re.fullmatch(pattern, text):
        raise ValueError(f"{text!r}: write {allowed}")
    return text


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = _decoded(text).partition("=")
    if not name or not equals or not value:
        raise ValueError(f"{text!r}: write NAME=VALUE, for example trees=200")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _document(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    if not path:
        raise ValueError(f"{text!r}: write NAME=FILE, for example validation.json=validation/validation.json")
    return _matching(
        name,
        r"(?=.{1,64}$)[a-z0-9]+([-._][a-z0-9]+)*",
        "lowercase letters, digits and single '-', '.' and '_' between them, 64 characters at most",
    ), Path(path)


def _execution(text: str) -> str:
    return _matching(
        text,
        r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:pipeline/[A-Za-z0-9-]{1,256}/execution/[a-z0-9]{12}",
        "an execution's ARN, arn:aws:sagemaker:REGION:ACCOUNT:pipeline/NAME/execution/ID",
    )


def _seconds(text: str) -> float:
    return _number(text, float, "seconds, for example 60")


def _count(text: str) -> int:
    return _number(text, int, "a whole number above 0")


def _number(text: str, kind: Callable[[str], T], allowed: str) -> T:
    try:
        number = kind(text)
    except ValueError as error:
        raise ValueError(f"{text!r}: write {allowed}") from error
    if not 0 < float(str(number)) < float("inf"):
        raise ValueError(f"{text!r}: write {allowed}")
    return number


_VERSION, _WORDS = Value("VERSION", parse_version), Value("TEXT", _text)
_EVERY = (
    click.Option(
        ["--env"], required=True, type=Value("ENV", parse_environment), help="Environment, for example prod."
    ),
    click.Option(
        ["--model"],
        type=Value("MODEL", parse_model),
        envvar="MODELCTL_MODEL",
        help="Model; by default MODELCTL_MODEL, else the one that Pulumi.ENV.yaml or Pulumi.yaml names.",
    ),
    click.Option(["--json"], is_flag=True, help="Print one JSON document on stdout."),
    click.Option(
        ["--profile"], help="AWS profile; by default AWS_PROFILE, else the one named like the environment."
    ),
)


def _acts(patience: float) -> Sequence[click.Parameter]:
    """Options of a command that acts, and waits so many seconds unless told otherwise."""
    return (
        click.Option(
            ["--dry-run"], is_flag=True, help="Print the AWS calls that would be made; make none that writes."
        ),
        click.Option(
            ["--actor"], type=_WORDS, help="Who you are; by default from CI's or the shell's environment."
        ),
        click.Option(
            ["--timeout"],
            type=Value("SECONDS", _seconds),
            default=patience,
            help=f"How long to wait for SageMaker; by default {patience:.0f}.",
        ),
    )


_REASON = click.Option(["--reason"], required=True, type=_WORDS, help="Why; others will read it.")


def _command(
    kind: type[Options],
    text: str,
    *parameters: click.Parameter,
    examples: Sequence[str],
    check: Callable[[Any], None] = lambda _: None,
    patience: float = PATIENCE,
) -> Command:
    def made(**given: Any) -> Options:
        options_given = kind(**given | {"model": given["model"] or _model(given["env"])})
        check(options_given)
        return options_given

    return Command(
        kind.command,
        params=[*_EVERY, *parameters, *(_acts(patience) if kind.acts else ())],
        callback=made,
        help=text,
        examples=[f"{PROGRAM} {kind.command} {example}" for example in examples],
        statuses=statuses(kind),
    )


def _model(environment: str) -> Any:
    """The project's own. Raises click.UsageError."""
    try:
        named = model_of(environment, Path.cwd())
        if named:
            return parse_model(named)
    except (ValueError, OSError) as error:
        raise click.UsageError(
            f"which model? {error}: name it with --model", click.get_current_context()
        ) from error
    raise click.UsageError(
        "Missing option '--model': no MODELCTL_MODEL, and no Pulumi.yaml here or above that names one",
        click.get_current_context(),
    )


def _status() -> Command:
    return _command(
        options.Status,
        "Show what is serving, where a rollback would go, and what is not as it should be, with what to type.",
        click.Option(
            ["--check"],
            is_flag=True,
            help="For scripts: status 0 means healthy, 7 that something needs a person.",
        ),
        examples=["--env prod", "--env prod --json", "--env prod --check"],
    )


def _history() -> Command:
    return _command(
        options.History,
        "Show who decided what, when and why; newest first.",
        click.Option(
            ["--limit"],
            type=Value("N", _count),
            default=SHOWN_EVENTS,
            show_default=True,
            help="Events to show.",
        ),
        examples=["--env prod", "--env prod --limit 100 --json"],
    )


def _artifact() -> Command:
    return _command(
        options.Artifact,
        "Write the model of the version that serves, or of another one, into a folder: model.tar.gz, its digest verified; or "
        "none.json, which says that no version serves yet. Evaluations read it as their champion.",
        click.Option(["--version"], type=_VERSION, help="Another version than the one that serves."),
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


def _rollback() -> Command:
    return _command(
        options.Rollback,
        "Give the fallback all traffic, and reject every other version that has some. The fallback is the last version that "
        "carried everything before and is not rejected; `modelctl status` names it.",
        _REASON,
        click.Option(["--to"], type=_VERSION, help="Another version than the fallback."),
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
        examples=[
            '--env prod --reason "5xx since 02:10"',
            '--env prod --to v1.0.0 --keep --reason "a look at v1"',
            '--env prod --reason "5xx since 02:10" --dry-run',
            '--env prod --without-journal --to v1.0.0 --reason "S3 is down"',
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


def _accept() -> Command:
    return _command(
        options.Accept,
        "Lift the rejection of a version. Moves no traffic.",
        click.Argument(["version"], type=_VERSION),
        _REASON,
        examples=['v1.1.0 --env prod --reason "the upstream feed was broken"'],
    )


def _approve() -> Command:
    return _command(
        options.Approve,
        "Approve a registered version: it may join a fleet. Moves no traffic. In an environment with approval.by: gates the gates "
        "of its training do so themselves, unless a person skipped one.",
        click.Argument(["version"], type=_VERSION),
        _REASON,
        click.Option(["--overrule"], is_flag=True, help="Also a version whose model package is Rejected."),
        examples=['v1.2.0 --env prod --reason "served in staging for a week"'],
    )


def _reject() -> Command:
    return _command(
        options.Reject,
        "Reject a version that has no traffic: it gets none, and joins no fleet, until it is accepted. Moves no traffic; one that has "
        "some is rolled back.",
        click.Argument(["version"], type=_VERSION),
        _REASON,
        examples=['v1.2.0 --env prod --reason "trained on the broken feed"'],
    )


def _adopt() -> Command:
    return _command(
        options.Adopt,
        "Record weights that someone else set as decided. Moves no traffic.",
        _REASON,
        examples=['--env prod --reason "moved in the console during the incident"'],
    )


def _register() -> Command:
    return _command(
        options.Register,
        "Register a version: bind vX.Y.Z permanently to one image and one model artifact.",
        click.Option(["--version"], required=True, type=_VERSION, help="vMAJOR.MINOR.PATCH."),
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
            type=Value("REV", _decoded),
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
            type=Value("NAME=FILE", _document),
            multiple=True,
            help="A document to keep with these bits; --evaluation is kept as evaluation.json. The first of a name stands.",
        ),
        click.Option(["--commit"], type=Value("SHA", _commit), help="Of the code, its whole name in Git."),
        click.Option(
            ["--execution"],
            type=Value("ARN", _execution),
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


def _train() -> Command:
    digest = "URI@sha256:…"
    return _command(
        options.Train,
        "Train a version by the environment's own pipeline, judge it, and register it. What is not named is the newest that there "
        "is, and is printed before anything starts. Run again, it follows the same execution, or goes on with one that failed; "
        "Ctrl-C leaves it running.",
        click.Option(["--version"], required=True, type=_VERSION, help="vMAJOR.MINOR.PATCH to register."),
        click.Option(
            ["--data-revision"],
            type=Value("REV", _revision),
            help="Data set in the data bucket; by default the newest.",
        ),
        click.Option(["--image"], metavar=digest, help="Model server; by default the newest pushed."),
        click.Option(
            ["--step-image"], metavar=digest, help="Image of the steps; by default the newest pushed."
        ),
        click.Option(
            ["--commit"], type=Value("SHA", _commit), help="40 hex digits; by default the checkout's HEAD."
        ),
        click.Option(
            ["--first"], type=Value("YYYY-MM", _month), help="First month; by default params.yaml's."
        ),
        click.Option(
            ["--until"],
            type=Value("YYYY-MM", _month),
            help="Last month that trains; by default params.yaml's.",
        ),
        click.Option(
            ["--fit"],
            multiple=True,
            type=Value("NAME=VALUE", _pair),
            help="Parameter of the recipe, beside those in params.yaml; once or more.",
        ),
        click.Option(["--skip"], multiple=True, metavar="GATE", help="Let this gate pass; once or more."),
        click.Option(["--because"], type=_WORDS, help="Why; kept in the report and in the version's record."),
        examples=[
            "--env staging --version v1.2.0",
            "--env staging --version v1.2.0 --until 2013-05 --fit trees=200",
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


def _lineage() -> Command:
    return _command(
        options.Lineage,
        "Show where a version comes from: endpoint, record, package, image, commit, execution and its steps, data, evidence; and "
        "what of that is missing.",
        click.Option(["--version"], type=_VERSION, help="Another version than the one that serves."),
        examples=["--env prod", "--env staging --version v1.2.0 --json"],
    )


def modelctl() -> Group:
    """All commands."""
    return Group(
        PROGRAM,
        headings={
            "Look": [_status(), _history(), _lineage()],
            "Traffic": [_rollback(), _adopt()],
            "Versions": [_train(), _register(), _approve(), _reject(), _accept(), _artifact()],
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
