"""The command line: what may be asked, checked before anything is loaded or called."""

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

from modeldelivery.release.cli.exit import EPILOG
from modeldelivery.release.errors import Exit
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.release.version import parse_version

T = TypeVar("T")

DISTRIBUTION = "model-delivery"  # as pyproject.toml names it
PATIENCE = 1200.0  # seconds; SageMaker may take that long to change a fleet
SHOWN_EVENTS = 20


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; exits with status 2 and a sentence when it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="modelctl",
        description="Versions of a model, and which of them gets the traffic.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the installed version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str, *, acts: bool) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=text,
            description=text,
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        _everywhere(added)
        if acts:
            _acting(added)
        return added

    _register(command("register", "give a version's name to an image and a model, for ever", acts=True))
    command("status", "what serves, what would after a rollback, and what does not fit together", acts=False)
    _rollback(
        command("rollback", "give the last good version its traffic back, and reject the others", acts=True)
    )
    accept = command("accept", "lift the rejection of a version; moves no traffic", acts=True)
    accept.add_argument("version", type=_read(parse_version), metavar="VERSION")
    _reason(accept)
    _reason(command("adopt", "record weights that someone else set as decided; moves no traffic", acts=True))
    history = command("history", "who decided what, when and why; newest first", acts=False)
    history.add_argument(
        "--limit",
        type=_count,
        default=SHOWN_EVENTS,
        metavar="N",
        help=f"events to show (default {SHOWN_EVENTS})",
    )
    options = parser.parse_args(arguments)
    if options.command == "rollback" and options.without_journal:
        _check_without_journal(parser, options)
    return options


class _Version(argparse.Action):
    """Looked up only when asked for: importlib.metadata takes as long to import as everything else here."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - see above

        try:
            print(f"{parser.prog} {version(DISTRIBUTION)}")
        except PackageNotFoundError:
            parser.exit(
                Exit.REFUSED, f"{parser.prog}: {DISTRIBUTION} is not installed, so no version is known\n"
            )
        parser.exit()


def _everywhere(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--env", required=True, type=_read(parse_environment), help="environment, for example prod"
    )
    parser.add_argument(
        "--model",
        type=_read(parse_model),
        default=os.environ.get("MODELCTL_MODEL") or "flights",
        help="model (default: MODELCTL_MODEL, else flights)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument(
        "--profile", help="AWS profile (default: AWS_PROFILE, else the one named like the environment)"
    )
    parser.set_defaults(dry_run=False, actor=None, timeout=PATIENCE)


def _acting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run", action="store_true", help="print the AWS calls that would be made; make none that writes"
    )
    parser.add_argument(
        "--actor", type=_read(_text), help="who you are (default: from CI's or the shell's environment)"
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=PATIENCE,
        metavar="SECONDS",
        help=f"how long to wait for SageMaker (default {PATIENCE:.0f})",
    )


def _register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", required=True, type=_read(parse_version), help="vMAJOR.MINOR.PATCH")
    parser.add_argument(
        "--image", required=True, metavar="URI@sha256:…", help="serving image in the environment's ECR"
    )
    parser.add_argument("--artifact", required=True, type=Path, metavar="FILE", help="model.tar.gz")
    parser.add_argument(
        "--data-revision", required=True, metavar="REV", help="of the data that trained the model"
    )
    parser.add_argument("--evidence", type=Path, metavar="FILE", help="metrics as a flat JSON object")


def _rollback(parser: argparse.ArgumentParser) -> None:
    _reason(parser)
    parser.add_argument(
        "--to",
        type=_read(parse_version),
        metavar="VERSION",
        help="(default: the last good version that served before)",
    )
    parser.add_argument("--keep", action="store_true", help="reject nothing")
    parser.add_argument(
        "--now", action="store_true", help="do not first scale the version to the instances that serve now"
    )
    parser.add_argument(
        "--without-journal",
        action="store_true",
        help="the journal cannot be reached: tag the endpoint, move all to --to, record nothing (status 4)",
    )


def _reason(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, type=_read(_text), help="why; others will read it")


def _check_without_journal(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if options.to is None:
        parser.error("--without-journal cannot know the last good version: name it with --to VERSION")
    if options.keep or options.now:
        parser.error("--without-journal rejects and scales nothing: leave --keep and --now out")


def _read(parse: Callable[[str], T]) -> Callable[[str], T]:
    """A domain type's reader whose sentence reaches the user."""

    def read(text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty: write a few words")
    return text.strip()


def _seconds(text: str) -> float:
    return _number(text, float, "seconds, for example 60")


def _count(text: str) -> int:
    return _number(text, int, "a whole number above 0")


def _number(text: str, kind: Callable[[str], T], allowed: str) -> T:
    try:
        number = kind(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: write {allowed}") from error
    if not 0 < float(str(number)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: write {allowed}")
    return number
