"""`modelctl adopt`: weights that someone else set become the journal's."""

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Adopt as AdoptOptions
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.core.adopt import Adopt
from modeldelivery.release.errors import Exit
from modeldelivery.release.operations import adopt


def run(context: Context, options: AdoptOptions) -> Outcome:
    """Raises RefusedError while a move is pending or the endpoint is changing."""
    command = Adopt(operation=context.operation, actor=context.actor, reason=options.reason)
    done = adopt.run(command, context.runner())
    return Outcome(
        outcome="already" if done.already else "done",
        exit=Exit.DONE,
        summary=done.summary,
        operation=None if done.already else context.operation,
        warnings=done.warnings,
    )
