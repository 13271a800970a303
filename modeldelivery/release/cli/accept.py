"""`modelctl accept`: a rejected version may get traffic again."""

from functools import partial

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Accept as AcceptOptions
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.core import accept
from modeldelivery.release.errors import Exit


def run(context: Context, options: AcceptOptions) -> Outcome:
    """Raises RefusedError when the version is not rejected."""
    command = accept.Accept(
        operation=context.operation, actor=context.actor, reason=options.reason, version=options.version
    )
    done = context.runner().run(partial(accept.decide, command))
    place = context.place
    return Outcome(
        outcome="done",
        exit=Exit.DONE,
        summary=done.summary,
        operation=context.operation,
        next=(
            f"modelctl rollback --env {place.environment} --model {place.model} --to {options.version} --keep --reason …",
        ),
    )
