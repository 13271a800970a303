"""`modelctl accept`: a rejected version may get traffic again."""

import argparse
from functools import partial

from modeldelivery.release.cli.desk import Desk
from modeldelivery.release.cli.exit import Exit
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.core import accept


def run(desk: Desk, options: argparse.Namespace) -> Outcome:
    """Raises RefusedError when the version is not rejected."""
    asked = accept.Accept(
        operation=desk.operation, actor=desk.actor, reason=options.reason, version=options.version
    )
    done = desk.conductor().run(partial(accept.decide, asked))
    place = desk.place
    return Outcome(
        outcome="done",
        exit=Exit.DONE,
        summary=done.summary,
        operation=desk.operation,
        next=(
            f"modelctl rollback --env {place.environment} --model {place.model} --to {options.version} --keep --reason …",
        ),
    )
