"""Ends of a command that no command has of itself: errors, interrupts, dry runs."""

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.exit import MEANING
from modeldelivery.release.cli.outcome import Outcome, Word
from modeldelivery.release.errors import DamagedError, DeliveryError, Exit, UncertainError

# Errors of AWS that no adapter made a sentence of.
_OF_AWS = (BotoCoreError, ClientError)


def expected(error: Exception) -> bool:
    """Whether it is an error of the world, of which the sentence says all."""
    return isinstance(error, (DeliveryError, *_OF_AWS))


def failed(error: Exception, context: Context | None = None) -> Outcome:
    """A command that could not do what it was asked for."""
    if isinstance(error, DeliveryError):
        words: dict[Exit, Word] = {Exit.UNREACHABLE: "unreachable", Exit.DAMAGED: "damaged"}
        word = words.get(error.exit, "refused")
        hint = error.hint or ("run the same command again" if isinstance(error, UncertainError) else "")
        summary = f"{_so_far(error, context)}{error.message}"
        return Outcome(outcome=word, exit=error.exit, summary=summary, hint=hint or None)
    if isinstance(error, _OF_AWS):
        return Outcome(outcome="unreachable", exit=Exit.UNREACHABLE, summary=str(error))
    return Outcome(
        outcome="broken",
        exit=Exit.BROKEN,
        summary=f"{MEANING[Exit.BROKEN]}. {type(error).__name__}: {error}",
    )


def _so_far(error: DeliveryError, context: Context | None) -> str:
    """Of a journal that was lost under an operation, what the operation had done by then is not to be read there any more."""
    if not isinstance(error, DamagedError) or context is None or not context.recorded:
        return ""
    return "the journal was lost after this command had recorded its decision there, and traffic may have moved: "


def interrupted(context: Context | None) -> Outcome:
    """A command that was told to end before it had."""
    recorded = context is not None and context.recorded and context.calls is None
    so_far = "what was recorded stands" if recorded else "nothing was recorded in the journal"
    return Outcome(
        outcome="interrupted",
        exit=Exit.INTERRUPTED,
        summary=f"interrupted; {so_far}",
        hint="run the same command again",
        operation=context.operation if context is not None and recorded else None,
    )


def of_dry_run(ended: Outcome, context: Context) -> Outcome:
    """A dry run's end: what would have been said, and the calls that would have led there."""
    return msgspec.structs.replace(
        ended,
        outcome="dry run",
        exit=Exit.DONE,
        summary=f"dry run, nothing was changed. It would end with status {ended.exit.value}: {ended.summary}",
        operation=None,
        next=(),
        calls=tuple(context.calls or ()),
    )
