"""Adopt: record what someone else decided, then take away the mark that said it was not recorded."""

from functools import partial

from modeldelivery.release.core import adopt
from modeldelivery.release.core.action import Done
from modeldelivery.release.runner import Runner


def run(command: adopt.Adopt, runner: Runner) -> Done:
    """The journal first: killed in between, the mark still stands and a rerun takes it away.

    Raises:
        RefusedError, BrokenError: from the decision.
        GaveUpError, UncertainError, UnreachableError: from the runner.
    """
    traffic = runner.traffic
    traffic.describe()
    before = traffic.marked()
    done = runner.run(partial(adopt.decide, command))
    if before and traffic.marked() == before:
        traffic.unmark()
    return done
