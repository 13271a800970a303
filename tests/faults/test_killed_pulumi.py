"""SIGKILL of a real `pulumi up` at the calls that change the endpoint, and of the sandbox under it; then the same again.

test_killed_up.py has every call of the same change; here the engine, its state and its plugins are in it.
"""

import os
import signal
from typing import NamedTuple

import pytest

from modeldelivery.release.naming import variant_name
from tests.faults.kill import Point, killed_pulumi, pulumi_up
from tests.stacks.conftest import register
from tests.stacks.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.stacks]

A, B, C = "v1.0.0", "v1.1.0", "v1.2.0"
# A move of traffic that AWS has carried out: the engine ends in the same way at every call.
DAILY = {Point("UpdateEndpointWeightsAndCapacities", 0, ran=True)}
POINTS = [
    Point("PutObject", 0, ran=True),
    Point("UpdateEndpoint", 0, ran=False),
    Point("UpdateEndpoint", 0, ran=True),
    Point("UpdateEndpointWeightsAndCapacities", 0, ran=False),
    Point("UpdateEndpointWeightsAndCapacities", 0, ran=True),
    Point("PutObject", 3, ran=True),
    Point("UpdateEndpoint", 1, ran=True),
    Point("DeleteEndpointConfig", 0, ran=False),
]


class Outcome(NamedTuple):
    """What the kill left running, and what there was after `pulumi cancel` and the next `up`."""

    left_running: list
    weights: dict
    pending: object
    configs: list
    config: str
    target: str


@pytest.fixture(scope="module")
def stack(module_sandbox, tmp_path_factory):
    """Staging with A and B, where a version may be added, get the traffic and replace another in one change."""
    made = Stack("staging", module_sandbox, tmp_path_factory.mktemp("staging"))
    made.without_data()
    made.no_release()
    made.up()
    register(made, A, B, C)
    made.release(A, A, B)
    made.up()
    return made


@pytest.fixture(scope="module")
def outcomes(request, stack):
    """What became of each selected point, one after the other."""
    points = dict.fromkeys(
        item.callspec.params["point"]
        for item in request.session.items
        if item.module is request.module and "point" in getattr(item, "callspec", _NoCase).params
    )
    return {point: killed(stack, point) for point in points}


class _NoCase:
    params = ()


def killed(stack, point):
    """Kill an `up` that replaces the version that serves, at a point; then cancel, and the same again."""
    target = C if stack.serving().get(variant_name(A)) else A
    stack.release(target, target, B)
    left_running = killed_pulumi(stack, stack.sandbox, point)
    stack.up()
    sagemaker, name = stack.sandbox.client(stack.name, "sagemaker"), f"flights-{stack.name}"
    return Outcome(
        left_running=left_running,
        weights=stack.serving(),
        pending=stack.status()["pending"],
        configs=[
            config["EndpointConfigName"]
            for config in sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"]
        ],
        config=sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"],
        target=target,
    )


@pytest.fixture
def outcome(outcomes, point):
    return outcomes[point]


killed_anywhere = pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, id=str(point), marks=[] if point in DAILY else pytest.mark.soak)
        for point in POINTS
    ],
)


@killed_anywhere
def test_after_a_killed_pulumi_up_cancel_and_up_make_what_config_says(outcome):
    assert outcome.weights == {variant_name(outcome.target): 100, variant_name(B): 0}
    assert outcome.pending is None


@killed_anywhere
def test_after_a_killed_pulumi_up_no_configuration_stays_that_nothing_uses(outcome):
    assert outcome.configs == [outcome.config]


@killed_anywhere
def test_what_a_killed_pulumi_started_ends_by_itself(outcome):
    assert outcome.left_running == []


def test_every_file_of_the_state_is_written_by_a_rename_so_that_no_kill_cuts_one_off(stack):
    """The sidecars that Pulumi's file backend keeps otherwise are not: one that is empty makes a stack unreadable ("EOF")."""
    files = [path.name for path in (stack.backend / ".pulumi").rglob("*") if path.is_file()]
    assert "staging.json" in files
    assert [name for name in files if name.endswith(".attrs")] == []


@pytest.fixture(scope="module")
def changes(stack, outcomes):
    """What a preview would change after all those kills."""
    assert outcomes
    return stack.changes()


def test_after_all_those_kills_a_preview_shows_no_change(changes):
    assert changes == {}


@pytest.fixture(scope="module")
def outage(stack, changes):
    """How an `up` ended in the middle of which the sandbox was killed, after everything else: its status and output, and what was to serve."""
    assert changes is not None
    target = C if stack.serving().get(variant_name(A)) else A
    stack.release(target, target, B)
    process = pulumi_up(stack, stack.sandbox, Point("UpdateEndpoint", 0, ran=True))
    os.kill(stack.sandbox.daemon["pid"], signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    return process.returncode, output, target


def test_a_sandbox_killed_in_the_middle_of_an_up_is_a_clear_error(stack, outage):
    status, output, _ = outage
    assert status != 0
    # Of the endpoint alone: the SDK's server of transforms may print how it was cancelled, under the stack.
    told = output.partition(f"modeldelivery:index:Endpoint (flights-{stack.name}):")[2].partition("\n\n")[0]
    assert "error: s3:GetObject" in told
    assert "Could not connect" in told
    assert "Traceback" not in told


@pytest.mark.soak
def test_after_the_sandbox_was_killed_refresh_and_up_recover(stack, outage):
    """That is the sandbox's own trouble, on which no environment depends: AWS forgets nothing."""
    _, _, target = outage
    stack.sandbox.run("up")
    stack.refresh()
    stack.no_release()
    stack.up()
    register(stack, target, B)
    stack.release(target, target, B)
    stack.up()
    assert stack.serving() == {variant_name(target): 100, variant_name(B): 0}
    assert stack.changes() == {}
