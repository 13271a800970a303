"""Rollbacks there and back again, and what the requests around them must look like."""

import time
from collections.abc import Callable, Sequence

from modeldelivery.release.core.drill_figures import Answer, Calm, astray, sent_in
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version


def swing(
    modelctl: Callable[..., object], serving: Version, other: Version, rollbacks: int, *, dwell: float = 0.0
) -> list[Calm]:
    """Roll back from one version to the other and back, `rollbacks` times in all; each rejects what it leaves.

    Args:
        modelctl: runs a command, given as words; raises when it fails.
        serving: has the traffic; neither is rejected.
        other: is in the fleet.
        rollbacks: how many.
        dwell: seconds to stay after each, beside the time that `accept` takes.
    """
    calms = []
    for _ in range(rollbacks):
        modelctl("rollback", "--to", other, "--reason", f"{serving} is worse")
        since = time.monotonic()
        modelctl("accept", serving, "--reason", f"{serving} is better")
        time.sleep(dwell)
        calms.append(Calm(variant_name(other), since, time.monotonic()))
        serving, other = other, serving
    return calms


def all_astray(answers: Sequence[Answer], calms: Sequence[Calm]) -> list[Answer]:
    """Predictions of another version to requests that were sent after a rollback away from it was done."""
    return [answer for calm in calms for answer in astray(answers, calm)]


def unwatched(answers: Sequence[Answer], calms: Sequence[Calm]) -> list[Calm]:
    """Rollbacks after which nobody asked: of these the load proves nothing."""
    return [calm for calm in calms if not sent_in(answers, calm)]
