"""`modelctl rollback` as a process on a bad day of the sandbox's AWS: traffic moves, or the status says truly that it did not.

`tests/unit/release_cli/test_bad_days.py` has a thousand such days, without processes.
"""

import random
from typing import NamedTuple

import pytest

from modeldelivery.release.core.journal import Journal
from modeldelivery.release.naming import variant_name
from tests.faults.delivery import DEADLINE, A, B, C

pytestmark = pytest.mark.faults

REUSED = False
WEIGHTS = "UpdateEndpointWeightsAndCapacities"
DAYS, USUAL = 20, 3
# S3 makes no answer for 20 seconds once the command has begun: so many tries, with the runner's pauses between them.
AWAY = {"kind": "reset", "service": "s3", "skip": 2, "count": 16}
SOMETIMES = {"probability": 0.2, "count": 100}
TROUBLES = {
    "quota refused": {"kind": "error", "action": WEIGHTS, "code": "ResourceLimitExceeded"},
    "capacity taken back": {"kind": "no_capacity"},
    "one lost connect in five": {"kind": "reset", **SOMETIMES},
    "one lost answer in five": {"kind": "lost", **SOMETIMES},
    "throttled": {"kind": "throttle", **SOMETIMES},
    "stale reads": {"kind": "stale", "seconds": 5, "count": 4},
    "weights taken back": {"kind": "revert_weights"},
    "S3 away": AWAY,
}
OF_THE_ENDPOINT = {"no_capacity", "stale", "revert_weights"}


class Outcome(NamedTuple):
    """How the command ended, what there was then, and what a second one on a better day came to."""

    status: int
    output: str
    weights: dict
    journal: Journal
    before: Journal
    again: tuple[int, str]
    at_last: dict


def CASE(delivery, seed):  # noqa: N802 - what `outcomes` runs
    """A serves on two instances, B is kept warm on one."""
    sandbox, endpoint, caller = (
        delivery.hosting.sandbox,
        delivery.place.endpoint,
        f"{delivery.place.model}-day",
    )
    delivery.hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": variant_name(A), "DesiredWeight": 100.0, "DesiredInstanceCount": 2},
            {"VariantName": variant_name(B), "DesiredWeight": 0.0, "DesiredInstanceCount": 1},
        ],
    )
    before = delivery.weights and delivery.journal
    chance = random.Random(seed)  # noqa: S311 - chance, no secret
    for name in chance.sample(sorted(TROUBLES), chance.randint(2, 4)):
        fault = TROUBLES[name]
        of = {"endpoint": endpoint} if fault["kind"] in OF_THE_ENDPOINT else {"caller": caller, "seed": seed}
        sandbox.fault(**fault, **of)
    process = delivery.modelctl_process(
        caller, "rollback", "--reason", "errors doubled", "--actor", "ada", "--timeout", "60"
    )
    output = "".join(process.communicate(timeout=DEADLINE))
    sandbox.clear_faults(caller)
    journal, weights = delivery.journal, delivery.weights
    return Outcome(
        process.returncode, output, weights, journal, before, delivery.rollback(), delivery.weights
    )


@pytest.mark.parametrize(
    "case", [pytest.param((seed,), marks=[pytest.mark.soak] if seed >= USUAL else []) for seed in range(DAYS)]
)
def test_traffic_moves_or_the_status_says_truly_that_it_did_not(outcomes, case):
    day = outcomes[case].result()
    moved = day.weights == {A: 0, B: 100}
    recorded = any(rejection.version == A for rejection in day.journal.rejections)

    true = {
        0: moved and recorded and day.journal.intent is None,
        1: day.journal == day.before and not moved,
        3: recorded,
        5: not recorded,
    }
    assert true.get(day.status), day
    assert day.again[0] == 0, day.again
    assert day.at_last == {A: 0, B: 100}


def test_an_up_outwaits_what_sagemaker_does_not_find_or_show_yet(fresh):
    delivery = fresh()
    sandbox, endpoint = delivery.hosting.sandbox, delivery.place.endpoint
    delivery.release(A, A, B, C)
    sandbox.fault(kind="unseen", action="CreateEndpointConfig", seconds=2)
    sandbox.fault(kind="stale", endpoint=endpoint, seconds=5)

    delivery.up()

    assert delivery.weights == {A: 100, B: 0, C: 0}
    assert (delivery.journal.intent, set(delivery.journal.fleet)) == (None, {A, B, C})
    delivery.remove()
