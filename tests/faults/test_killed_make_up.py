"""SIGKILL of `make up` with everything that it started, engine and follower included, on its way; then the same again."""

import json
import subprocess
import sys
import time

import psutil
import pytest

from tests.conftest import CHECKOUT, Sandbox
from tests.faults.kill import Point, hold

pytestmark = [pytest.mark.faults, pytest.mark.stacks, pytest.mark.soak, pytest.mark.timeout(3000)]

# In the order in which they are met: the registry half made, the build pipeline about to be made, a training started, an endpoint
# being made, a version approved, the second version on its way into a fleet.
POINTS = [
    Point("CreateBucket", 0, ran=True),
    Point("CreatePipeline", 0, ran=False),
    Point("StartPipelineExecution", 0, ran=True),
    Point("CreateEndpoint", 0, ran=True),
    Point("UpdateModelPackage", 0, ran=True),
    Point("UpdateEndpoint", 0, ran=True),
]
LONGEST = 900.0  # seconds until a point is met


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    started = Sandbox(tmp_path_factory.mktemp("killed") / "sandbox")
    started.run("up")
    yield started
    demo(started, "down").communicate(timeout=120)


def demo(sandbox, command):
    """`make up` or `make down` of the sandbox, started."""
    return subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-m", "tools.demo", command],
        cwd=CHECKOUT, env=sandbox.env | {"SANDBOX_HOME": str(sandbox.home)}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def killed(sandbox, point):
    """Kill it and all its descendants at a point."""
    hold(sandbox, "", point)
    process, end = demo(sandbox, "up"), time.monotonic() + LONGEST
    while sandbox.held("", deadline=30) is None:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end, f"it never came to {point}"
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for each in family:
        each.kill()
    process.communicate(timeout=300)
    sandbox.clear_faults()


def status(sandbox, environment):
    done = subprocess.run(
        [sys.executable, "-m", "modeldelivery.release.cli", "status", "--env", environment, "--json"],
        cwd=CHECKOUT, env=sandbox.env, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def again(world):
    """What `make up` told at last, after a kill at each point."""
    for point in POINTS:
        killed(world, point)
    process = demo(world, "up")
    output, _ = process.communicate(timeout=LONGEST)
    assert process.returncode == 0, output
    return output


@pytest.mark.usefixtures("again")
def test_killed_again_and_again_on_its_way_make_up_comes_to_its_end(world):
    for environment in ("staging", "prod"):
        shown = status(world, environment)
        assert (shown["serving"], shown["fallback"], shown["findings"]) == ("v1.1.0", "v1.0.0", [])


@pytest.mark.usefixtures("again")
def test_and_after_that_nothing_is_left_to_change(world):
    process = demo(world, "up")
    output, _ = process.communicate(timeout=LONGEST)
    assert process.returncode == 0, output
    told = [line for line in output.splitlines() if line.startswith("  ✓ ") and "(pulumi up)" in line]
    assert len(told) == 2
    assert all("unchanged" in line and "created" not in line and "updated" not in line for line in told), told
