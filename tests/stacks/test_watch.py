"""From a container that fails to a sentence with what to type, through the real Prometheus and Alertmanager."""

import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from tests.conftest import CHECKOUT
from tests.stacks.endpoint import LiveEndpoint

MISSING = [
    names for names in (["prometheus"], ["alertmanager", "prometheus-alertmanager"]) if not any(map(shutil.which, names))
]  # fmt: skip
pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(
        bool(MISSING), reason="`apt-get install prometheus prometheus-alertmanager` was not done"
    ),
]
WITHIN = 30  # seconds from the fault to the sentence, windows at a hundredth


class OneFails(LiveEndpoint):
    """v2.0.0, which serves, answers well; v1.0.0 answers nothing but 500."""

    def _model(self, name):
        return self._hosting.model(name, status=500 if name.endswith("v1-0-0") else 200)


@pytest.fixture(scope="module")
def live(hosting):
    return OneFails(hosting, "alarmed")


class Watch:
    """`make watch`'s program, its lines as they come."""

    def __init__(self, live):
        self.lines = []
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "monitoring.watch", "--model", live.place.model, "--env", "staging", "--scale", "0.01",
            ],
            cwd=CHECKOUT, env=live.sandbox.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))

    def until(self, *words, within):
        """The first line with all of these words."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            for line in list(self.lines):
                if all(word in line for word in words):
                    return line
            assert self._process.poll() is None, self.lines
            time.sleep(0.1)
        raise AssertionError(f"{words} within {within} s: {self.lines}")

    def end(self):
        """Its exit status."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(300)
        self._reader.join(10)
        return self._process.returncode


@contextmanager
def load(live):
    """Requests, one after another."""
    runtime = live.sandbox.client("staging", "sagemaker-runtime")
    ends = threading.Event()

    def send():
        while not ends.wait(0.005):
            try:
                runtime.invoke_endpoint(
                    EndpointName=live.place.endpoint, ContentType="application/json", Body=b"{}"
                )
            except ClientError:
                failed.append(1)

    failed = []
    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield failed
    finally:
        ends.set()
        thread.join()


def test_a_version_that_fails_is_told_within_half_a_minute_with_the_rollback_to_type(live):
    watch = Watch(live)
    try:
        watch.until("Alerts, as Alertmanager sends them", within=300)
        with load(live) as failed:
            time.sleep(5)  # a healthy stretch, in which nothing may be told
            assert not failed
            assert not [line for line in watch.lines if "page" in line], watch.lines
            begun = time.monotonic()
            live.weigh(**{"v1-0-0": 100, "v2-0-0": 0})
            line = watch.until("ErrorBudgetBurnsFast", within=WITHIN)
            took = time.monotonic() - begun
        assert "page" in line
        assert "v1.0.0 of alarmed in staging" in line
        assert "`modelctl rollback --env staging --reason …`" in line
        assert took <= WITHIN
    finally:
        assert watch.end() == 130
