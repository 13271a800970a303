"""A rollback in the middle of an `up` that holds the older decision, at every point of it: the rollback wins.

A serves and B did before; config now says that C is live and that A goes. So a rollback finds B to go back to until the
`up` begins to shift, then A, which the shift leaves; and once A is dropped, nothing, which it says.

`make test` has some of the points, drawn by a fixed seed from each of those three times; `make soak` has them all, and tests/model every
interleaving of the same decisions.
"""

import random
import signal
import threading
import time
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from modeldelivery.release.core.action import Timing
from modeldelivery.release.core.journal import Journal
from tests.faults.delivery import DEADLINE, A, B, C
from tests.faults.kill import AT_WORK, Point, TooSlowError, hold

pytestmark = pytest.mark.faults

REUSED = False
LOOK = 0.1  # seconds between looks at the traffic
READS_DAILY, STOPPED_DAILY, LATE_DAILY = 1, 4, 3  # of each target, in `make test`
# Before its first write. (Stopped before it has looked at the endpoint, it comes after the rollback, and nothing is overtaken.)
READS = [
    ("DescribeEndpoint", 0), ("DescribeEndpointConfig", 0), ("GetCallerIdentity", 0),
    ("DescribeEndpoint", 1), ("DescribeEndpointConfig", 1), ("GetObject", 1), ("DescribeEndpoint", 2),
    ("DescribeEndpoint", 3), ("DescribeEndpointConfig", 3), ("GetObject", 2), ("DescribeEndpoint", 4),
]  # fmt: skip
# The answer after which the `up` is stopped: the one before each call that changes something, and that call's own.
STOPPED = {
    B: [
        ("ListTags", 1), ("PutObject", 0), ("DescribeEndpointConfig", 2), ("CreateEndpointConfig", 0),
        ("DescribeScalableTargets", 1), ("ListTags", 3), ("UpdateEndpoint", 0), ("ListTags", 4), ("PutObject", 1),
    ],
    A: [
        ("PutObject", 2), ("ListTags", 5), ("UpdateEndpointWeightsAndCapacities", 0), ("ListTags", 6), ("PutObject", 3),
        ("PutObject", 4), ("DescribeEndpointConfig", 4), ("CreateEndpointConfig", 1), ("DescribeScalableTargets", 2),
        ("ListTags", 8),
    ],
    None: [("UpdateEndpoint", 1), ("PutObject", 5)],
}  # fmt: skip
# The `up`'s call that is on its way, and how far the rollback comes before it arrives.
LOOKED, DECIDED, MOVED, SATISFIED = (
    Point("DescribeEndpoint", 0, ran=True),
    Point("PutObject", 0, ran=True),
    Point("UpdateEndpointWeightsAndCapacities", 0, ran=True),
    Point("DescribeEndpoint", 1, ran=True),  # what it wants is what it sees, so it moves nothing
)
ON_ITS_WAY = {
    B: [
        ("PutObject", 0, DECIDED), ("CreateEndpointConfig", 0, DECIDED), ("UpdateEndpoint", 0, DECIDED),
        ("UpdateEndpoint", 0, MOVED), ("PutObject", 1, DECIDED), ("PutObject", 2, DECIDED),
    ],
    A: [
        ("UpdateEndpointWeightsAndCapacities", 0, DECIDED), ("UpdateEndpointWeightsAndCapacities", 0, SATISFIED),
        ("PutObject", 3, DECIDED), ("PutObject", 4, DECIDED),
    ],
    None: [("UpdateEndpoint", 1, LOOKED), ("PutObject", 5, LOOKED)],
}  # fmt: skip


# The writes of an `up` that no deadline kept waiting: intent, call and outcome of adding, shifting and dropping.
WRITES = (
    "PutObject", "UpdateEndpoint", "PutObject",
    "PutObject", "UpdateEndpointWeightsAndCapacities", "PutObject",
    "PutObject", "UpdateEndpoint", "PutObject",
)  # fmt: skip


class Outcome(NamedTuple):
    """How both ended; after the rollback had reported, `astray` is what else than its target got
    traffic, and `late` what the `up` asked of the endpoint."""

    rollback: tuple[int, str]
    up: tuple[int, str]
    weights: dict
    journal: Journal
    astray: set
    late: list


def CASE(delivery, target, point, until):  # noqa: N802 - what `outcomes` runs
    delivery.release(C, C, B)
    with ExitStack() as processes:
        return _overtaken(delivery, target, point, until, processes)


def _overtaken(delivery, target, point, until, processes):
    """What became of it; whatever comes, both processes end with `processes`."""
    sandbox, name = delivery.hosting.sandbox, delivery.place.model
    with AT_WORK:
        up, begun = _stopped_at(point, delivery, f"{name}-up"), time.monotonic()
        processes.callback(sandbox.clear_faults, f"{name}-up")
        processes.callback(up.kill)
        writes = tuple(
            call["action"]
            for call in sandbox.calls()
            if call["caller"] == f"{name}-up" and call["action"] in WRITES
        )
        if writes != WRITES[: len(writes)]:
            raise TooSlowError(f"the `up` set its deadline again: {writes}")
        if until is None:  # it has the answer, and does not get on
            sandbox.release(f"{name}-up")
        else:
            hold(sandbox, f"{name}-rolls", until)
        rollback = _rollback(delivery, f"{name}-rolls")
        processes.callback(rollback.kill)
        if until is not None:
            assert sandbox.held(f"{name}-rolls"), rollback.communicate(timeout=DEADLINE)
            if time.monotonic() - begun >= Timing().lease:
                raise TooSlowError("no real call is on its way so long")
            sandbox.release(f"{name}-up")
            sandbox.release(f"{name}-rolls")
    rolled = _ended(rollback)
    since = sandbox.last_call()
    astray, through = set(), threading.Event()
    watch = threading.Thread(target=_watch, args=(delivery, target, astray, through))
    watch.start()
    try:
        up.send_signal(signal.SIGCONT)
        upped = _ended(up)
    finally:
        through.set()
        watch.join()
    calls = [call["action"] for call in sandbox.calls(since) if call["caller"] == f"{name}-up"]
    late = [action for action in calls if action.startswith("UpdateEndpoint")]
    return Outcome(rolled, upped, delivery.weights, delivery.journal, astray, late)


def _stopped_at(point, delivery, caller):
    """An `up` that does not get on, with a call of its on the way."""
    hold(delivery.hosting.sandbox, caller, point)
    up = delivery.up_process(caller)
    assert delivery.hosting.sandbox.held(caller), up.communicate(timeout=DEADLINE)
    up.send_signal(signal.SIGSTOP)
    return up


def _rollback(delivery, caller):
    return delivery.modelctl_process(caller, "rollback", "--reason", "errors doubled", "--actor", "ada")


def _ended(process):
    output, complained = process.communicate(timeout=DEADLINE)
    return process.returncode, output + complained


def _watch(delivery, target, astray, through):
    """Note every version but the target that has traffic, or is to get some."""
    while not through.wait(LOOK):
        shown = delivery.hosting.sagemaker.describe_endpoint(EndpointName=delivery.place.endpoint)
        for variant in shown["ProductionVariants"]:
            version = variant["VariantName"].replace("-", ".")
            if version != target and variant["CurrentWeight"] + variant["DesiredWeight"] > 0:
                astray.add(version)


def _cases(*targets):
    cases, daily = [], []
    for target in targets:
        stopped = [(target, Point(*call, ran=True), None) for call in STOPPED[target]]
        reads = [(target, Point(*call, ran=True), None) for call in READS if target == B]
        late = [(target, Point(*call, ran=False), until) for *call, until in ON_ITS_WAY[target]]
        for some, count in ((reads, READS_DAILY), (stopped, STOPPED_DAILY), (late, LATE_DAILY)):
            cases += some
            daily += random.Random(9).sample(some, min(len(some), count))  # noqa: S311 - a choice, no secret
    return pytest.mark.parametrize(
        "case",
        [
            pytest.param(case, id=_name(case), marks=[] if case in daily else pytest.mark.soak)
            for case in cases
        ],
    )


def _name(case):
    _, point, until = case
    return f"stopped-after-{point}" if until is None else f"{point}-arrives-after-{until}"


@pytest.fixture
def outcome(outcomes, case):
    return outcomes[case].result()


@_cases(A, B)
def test_a_rollback_ends_well_in_the_middle_of_an_up(outcome, case):
    status, output = outcome.rollback
    assert (status, f"rolled back to {case[0]}" in output) == (0, True), output


@_cases(A, B)
def test_what_a_rollback_went_back_to_serves_on_after_the_up_that_it_overtook(outcome, case):
    assert {version: weight for version, weight in outcome.weights.items() if weight} == {case[0]: 100}


@_cases(A, B)
def test_nothing_else_gets_traffic_after_the_rollback_is_done(outcome):
    assert outcome.astray == set()


@_cases(A, B)
def test_nothing_that_was_decided_before_is_asked_of_the_endpoint_after_the_rollback_is_done(outcome):
    assert outcome.late == []


@_cases(A, B)
def test_the_up_that_was_overtaken_says_so_or_moves_nothing(outcome, case):
    status, output = outcome.up
    assert "Traceback" not in output
    assert status == 1
    assert outcome.journal.decision.kind == "rollback"
    assert outcome.journal.decision.target[case[0]] == 100


@_cases(A, B)
def test_what_lost_its_traffic_is_rejected(outcome, case):
    serving = {A: {C}, B: {A}}[case[0]]
    assert serving <= {rejection.version for rejection in outcome.journal.rejections}


@_cases(None)
def test_a_rollback_to_what_is_just_being_dropped_is_refused_and_says_what_there_is(outcome):
    status, output = outcome.rollback
    assert (status, f"{A} is not on the endpoint (there: {B}, {C})" in output) == (1, True), output
    assert outcome.journal.rejections == ()


@_cases(None)
def test_an_up_goes_on_after_a_rollback_that_was_refused(outcome):
    assert (outcome.up[0], outcome.weights) == (0, {B: 0, C: 100}), outcome.up[1]
