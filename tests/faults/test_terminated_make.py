"""SIGTERM to `make` while the real engine is at work: it reaches the engine, which ends in order and leaves no lock."""

import json
import signal
import subprocess

import psutil
import pytest

from tests.conftest import CHECKOUT
from tests.faults.kill import Point, hold
from tests.stacks.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.stacks]

CALLER = "terminated"


@pytest.fixture(scope="module")
def staging(module_sandbox, tmp_path_factory):
    """An environment of which nothing was made yet."""
    return Stack("staging", module_sandbox, tmp_path_factory.mktemp("staging"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("review")


def make(stack, folder, target):
    return subprocess.Popen(
        ["make", target, f"ENV={stack.name}", f"FOLDER={folder}"],
        cwd=CHECKOUT,
        env=stack.env | {"AWS_SDK_UA_APP_ID": CALLER},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def terminated(stack, folder, target, action):
    """`make` told to end while the engine is at a call of its plugins; what it said, and which of its processes still run."""
    hold(stack.sandbox, CALLER, Point(action, 0, ran=False))
    process = make(stack, folder, target)
    reached = stack.sandbox.held(CALLER)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    stack.sandbox.release(CALLER)
    output, _ = process.communicate(timeout=120)
    assert reached, f"it never called {action}: {output}"
    _, running = psutil.wait_procs(family, timeout=300)
    return output, running


def locks(stack):
    return [path for path in stack.backend.glob(".pulumi/locks/**/*") if path.is_file()]


def test_a_preview_told_to_end_ends_its_engine_and_leaves_no_review(staging, folder):
    output, running = terminated(staging, folder, "preview", "GetObject")
    assert "review: interrupted" in output
    assert (running, locks(staging)) == ([], [])
    assert not (folder / "staging.json").exists()


def test_a_deploy_told_to_end_finishes_what_it_began_and_leaves_no_lock(staging, folder):
    previewed, _ = make(staging, folder, "preview").communicate(timeout=240)
    assert (folder / "staging.plan").exists(), previewed

    output, running = terminated(staging, folder, "deploy", "CreateBucket")

    assert "review: interrupted" in output
    assert (running, locks(staging)) == ([], [])
    state = json.loads(staging.pulumi("stack", "export", "--stack", staging.name))["deployment"]
    assert "pending_operations" not in state
    assert any(each["type"] == "aws:s3/bucket:Bucket" for each in state["resources"])


def test_what_a_deploy_told_to_end_left_is_done_by_the_next_up(staging):
    staging.up()
    assert staging.changes() == {}
