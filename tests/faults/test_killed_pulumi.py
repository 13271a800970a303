"""SIGKILL of a real `pulumi up` at the calls that change the endpoint, and of the sandbox under it; then the same again.

test_killed_up.py has every call of the same change; here the engine, its state and its plugins are in it.
"""

import os
import queue
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import psutil
import pytest

from modeldelivery.release.naming import variant_name
from tests.conftest import CHECKOUT
from tests.faults.kill import Point, hold
from tests.stacks.conftest import register
from tests.stacks.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.stacks, pytest.mark.timeout(400)]

A, B, C = "v1.0.0", "v1.1.0", "v1.2.0"
ORPHANS_END = 15.0  # seconds
# One of each kind of call: the others are left to `make soak`.
DAILY = {
    Point("PutObject", 0, ran=True),
    Point("UpdateEndpoint", 0, ran=True),
    Point("UpdateEndpointWeightsAndCapacities", 0, ran=True),
    Point("DeleteEndpointConfig", 0, ran=False),
}
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
def stacks(module_sandbox, tmp_path_factory):
    """Two environments with A and B, where a version may be added, get the traffic and replace another in one change."""
    made = [Stack(name, module_sandbox, tmp_path_factory.mktemp(name)) for name in ("staging", "prod")]

    def make(stack):
        stack.set(
            "instances", {"type": "ml.c6i.large", "min": 1, "max": 2, "targetInvocationsPerMinute": 6000}
        )
        stack.set("changes", {"separateDrop": False, "bakeMinutes": 0})
        stack.set("protect", value=False)
        stack.no_release()
        stack.up()
        for version in (A, B, C):
            register(stack, version)
        stack.release(A, A, B)
        stack.up()

    with ThreadPoolExecutor(len(made)) as pool:
        list(pool.map(make, made))
    return made


@pytest.fixture(scope="module")
def outcomes(request, stacks):
    """What became of each selected point, in whichever of the two environments is free."""
    points = dict.fromkeys(
        item.callspec.params["point"]
        for item in request.session.items
        if item.module is request.module and "point" in getattr(item, "callspec", _NoCase).params
    )
    idle = queue.SimpleQueue()
    for stack in stacks:
        idle.put(stack)

    def run(point):
        stack = idle.get()
        try:
            return killed(stack, point)
        finally:
            idle.put(stack)

    with ThreadPoolExecutor(len(stacks)) as pool:
        yield {point: pool.submit(run, point) for point in points}


class _NoCase:
    params = ()


def killed(stack, point):
    """Kill an `up` that replaces the version that serves, at a point; then cancel, and the same again."""
    target = C if stack.serving().get(variant_name(A)) else A
    stack.release(target, target, B)
    process = start(stack, point)
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=30)
    _, running = psutil.wait_procs(family, timeout=ORPHANS_END)
    stack.sandbox.clear_faults(stack.name)
    stack.pulumi("cancel", "--yes", stack.name)
    stack.up()
    sagemaker, name = stack.sandbox.client(stack.name, "sagemaker"), f"flights-{stack.name}"
    return Outcome(
        left_running=[each.cmdline() for each in running if each.is_running()],
        weights=stack.serving(),
        pending=stack.status()["pending"],
        configs=[
            config["EndpointConfigName"]
            for config in sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"]
        ],
        config=sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"],
        target=target,
    )


def start(stack, point):
    """An `up` that has come to a point and is held there."""
    hold(stack.sandbox, stack.name, point)
    process = subprocess.Popen(
        stack.command("up", "--yes", "--skip-preview"),
        cwd=CHECKOUT,
        env=stack.env | {"AWS_SDK_UA_APP_ID": stack.name},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if stack.sandbox.held(stack.name, deadline=60) is None:
        process.kill()
        raise AssertionError(f"it never made call {point}: {process.communicate(timeout=30)[0]}")
    return process


@pytest.fixture
def outcome(outcomes, point):
    return outcomes[point].result()


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


def test_after_all_those_kills_a_preview_shows_no_change(stacks, outcomes):
    for each in outcomes.values():
        each.result()
    assert [stack.changes() for stack in stacks] == [{}, {}]


def test_a_sandbox_killed_in_the_middle_of_an_up_is_a_clear_error_and_refresh_and_up_recover(
    stacks, outcomes
):
    for each in outcomes.values():
        each.result()
    stack = stacks[0]
    target = C if stack.serving().get(variant_name(A)) else A
    stack.release(target, target, B)
    process = start(stack, Point("UpdateEndpoint", 0, ran=True))
    os.kill(stack.sandbox.daemon["pid"], signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    # Of the endpoint alone: the SDK's server of transforms may print how it was cancelled, under the stack.
    told = output.partition(f"modeldelivery:index:Endpoint (flights-{stack.name}):")[2].partition("\n\n")[0]
    assert "error: s3:GetObject" in told
    assert "Could not connect" in told
    assert "Traceback" not in told

    stack.sandbox.run("up")
    stack.refresh()
    stack.no_release()
    stack.up()
    for version in (target, B):
        register(stack, version)
    stack.release(target, target, B)
    stack.up()
    assert stack.serving() == {variant_name(target): 100, variant_name(B): 0}
    assert stack.changes() == {}
