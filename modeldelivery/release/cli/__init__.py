"""`modelctl`, the operator's command line. Nothing slow is imported before the command line makes sense."""

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from modeldelivery.release.cli.arguments import parse
from modeldelivery.release.cli.exit import MEANING
from modeldelivery.release.cli.outcome import Outcome, Word, document, tell
from modeldelivery.release.errors import DeliveryError, Exit, UncertainError

if TYPE_CHECKING:
    from modeldelivery.release.cli.context import Context

Opens = Callable[[argparse.Namespace], "Context"]


def main(arguments: Sequence[str] | None = None, opens: Opens | None = None) -> int:
    """Run one command; returns the exit status (`modelctl --help` lists them).

    Args:
        arguments: without the program's name; None for the process's own.
        opens: gets the command its world; None for AWS.
    """
    options = parse(arguments)
    try:
        return _run(options, opens)
    except KeyboardInterrupt:
        failed = _failed("interrupted", Exit.INTERRUPTED, MEANING[Exit.INTERRUPTED])
    except DeliveryError as error:
        failed = _told(error)
    except _errors_of_aws() as error:
        failed = _failed("unreachable", Exit.UNREACHABLE, str(error))
    return tell(failed, as_json=options.json)


def _run(options: argparse.Namespace, opens: Opens | None) -> int:
    context: Context = (opens or import_module("modeldelivery.release.cli.context").open_context)(options)
    ended = import_module(f"modeldelivery.release.cli.{options.command}").run(context, options)
    if isinstance(ended, Outcome):
        return tell(ended if context.calls is None else _of_dry_run(ended, context), as_json=options.json)
    if options.json:
        print(document(ended.document))
    else:
        import_module("modeldelivery.terminal.tables").show(ended.parts)
    return int(ended.exit)


def _of_dry_run(ended: Outcome, context: "Context") -> Outcome:
    """A dry run's end: what would have been said, and the calls that would have led there."""
    calls = tuple(context.calls or ())
    return msgspec.structs.replace(
        ended,
        outcome="dry run",
        exit=Exit.DONE,
        summary=f"dry run, nothing was changed. It would end with status {ended.exit.value}: {ended.summary}",
        operation=None,
        next=(),
        calls=calls,
    )


def _failed(word: Word, status: Exit, sentence: str) -> Outcome:
    return Outcome(outcome=word, exit=status, summary=sentence)


def _told(error: DeliveryError) -> Outcome:
    word: Word = "unreachable" if error.exit is Exit.UNREACHABLE else "refused"
    hint = error.hint or ("run the same command again" if isinstance(error, UncertainError) else "")
    return Outcome(outcome=word, exit=error.exit, summary=error.message, hint=hint or None)


def _errors_of_aws() -> tuple[type[Exception], ...]:
    """Errors that no adapter made a sentence of; asked for only when there is one, so that --help loads no botocore."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above

    return BotoCoreError, ClientError
