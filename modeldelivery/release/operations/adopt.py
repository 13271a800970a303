"""Adopt: record what someone else decided, then take away the tag that said it was not recorded."""

from functools import partial

from modeldelivery.release.conduct import Conductor
from modeldelivery.release.core import adopt
from modeldelivery.release.core.action import Done
from modeldelivery.release.operations.unrecorded import TaggedHosting


def run(asked: adopt.Adopt, conductor: Conductor, hosting: TaggedHosting) -> Done:
    """The journal first: killed in between, the tag still stands and a rerun takes it away.

    Raises:
        RefusedError, EndpointBrokenError: from the decision.
        GaveUpError, LostError, UnreachableError: from the conductor.
    """
    hosting.describe()
    before = hosting.unrecorded()
    done = conductor.run(partial(adopt.decide, asked))
    if before and hosting.unrecorded() == before:
        hosting.untag()
    return done
