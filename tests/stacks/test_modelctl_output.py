"""modelctl in a shell: what becomes of its output and which signal ends it decide neither what it does nor what it says of it."""

import os
import signal
import subprocess
import sys

import pytest

from tests.conftest import CHECKOUT
from tests.stacks.endpoint import LiveEndpoint

pytestmark = pytest.mark.stacks

ROLLBACK = f"{sys.executable} -m modeldelivery.release.cli rollback --env staging --model shell --reason doubled --actor ada"


@pytest.fixture(scope="module")
def made(hosting):
    return LiveEndpoint(hosting, "shell")


@pytest.fixture
def shell(made):
    made.start()
    yield made
    made.sandbox.clear_faults("shell")


def environment(shell):
    return {**shell.sandbox.env, "AWS_SDK_UA_APP_ID": "shell"}


@pytest.mark.parametrize(
    "redirected", ["2>&1 | true; exit ${PIPESTATUS[0]}", "<&- >&- 2>&-", "--json >/dev/full 2>&1"]
)
def test_a_rollback_whose_output_goes_nowhere_moves_traffic_and_says_0(shell, redirected):
    shell.sandbox.fault(kind="throttle", action="UpdateEndpointWeightsAndCapacities", caller="shell", count=3)

    ended = subprocess.run(
        ["bash", "-c", f"{ROLLBACK} {redirected}"],
        cwd=CHECKOUT,
        env=environment(shell),
        capture_output=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert shell.weights == {"v1-0-0": 100, "v2-0-0": 0}
    assert shell.journal.intent is None
    assert shell.journal.rejection("v2.0.0")


@pytest.mark.parametrize("signals", [[signal.SIGHUP], [signal.SIGTERM] * 20])
def test_a_rollback_that_is_told_to_end_says_what_is_recorded(shell, signals):
    shell.sandbox.fault(
        kind="throttle", action="UpdateEndpointWeightsAndCapacities", caller="shell", count=1000
    )
    process = subprocess.Popen(
        ROLLBACK.split(),
        cwd=CHECKOUT,
        env=environment(shell),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    shown = []
    while not any("slow down" in line for line in shown):
        shown.append(process.stderr.readline())
        assert shown[-1], "".join(shown)

    for each in signals:
        os.kill(process.pid, each)
    output = process.communicate()[1]

    assert process.returncode == 3, output
    assert "run the same command again, it goes on" in output
    assert "Traceback" not in output
    assert shell.journal.intent
    assert shell.journal.rejection("v2.0.0")
