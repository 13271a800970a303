"""`modelctl adopt`: weights that someone else set become the journal's."""

import argparse

from modeldelivery.release.cli.desk import Desk
from modeldelivery.release.cli.exit import Exit
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.core.adopt import Adopt
from modeldelivery.release.operations import adopt


def run(desk: Desk, options: argparse.Namespace) -> Outcome:
    """Raises RefusedError while a move is pending or the endpoint is changing."""
    asked = Adopt(operation=desk.operation, actor=desk.actor, reason=options.reason)
    done = adopt.run(asked, desk.conductor(), desk.hosting)
    return Outcome(
        outcome="already" if done.already else "done",
        exit=Exit.DONE,
        summary=done.summary,
        operation=None if done.already else desk.operation,
        warnings=done.warnings,
    )
