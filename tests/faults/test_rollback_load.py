"""Twenty rollbacks under a load of real invocations. Five models side by side, because a rollback reports done only after
the deadline of the one before it."""

import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from benchmarks.load import Load, invocation, straight
from benchmarks.swing import all_astray, swing, unwatched
from modeldelivery.release.core.drill_figures import Answer, Calm, lost
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version
from tests.conftest import CHECKOUT

pytestmark = pytest.mark.faults

MODELS = ("load-a", "load-b", "load-c", "load-d", "load-e")
ROLLBACKS = 4  # of each model
CONNECTIONS = 2  # to each model
PAUSE = 0.1  # seconds between a connection's requests: a rollback takes a second
# This file's own: models of an account share their names with those of the other tests.
SERVING, OTHER = Version("v8.0.0"), Version("v8.1.0")
ACCOUNT, REGION = "111111111111", "eu-west-1"


def modelctl(sandbox, model):
    env = sandbox.env

    def run(*arguments):
        done = subprocess.run(
            [str(CHECKOUT / ".venv" / "bin" / "modelctl"), *arguments, "--env", "staging", "--model", model],
            cwd=CHECKOUT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run


@pytest.fixture(scope="module")
def load(hosting):
    """All requests, and the calms after the rollbacks, by model."""
    for version in (SERVING, OTHER):
        hosting.model(variant_name(version))
    for model in MODELS:
        hosting.sandbox.client("staging", "s3").create_bucket(
            Bucket=f"{model}-staging-registry-{ACCOUNT}-{REGION}",
            CreateBucketConfiguration={"LocationConstraint": REGION},
        )
        hosting.config(model, {variant_name(SERVING): 100, variant_name(OTHER): 0})
    port = hosting.sandbox.daemon["runtime"]
    keys = hosting.sandbox.session("staging").get_credentials()
    requests = {m: invocation(port, f"{m}-staging", keys, b"row", media="text/csv") for m in MODELS}
    loads = {
        model: Load([request], connections=CONNECTIONS, pause=PAUSE) for model, request in requests.items()
    }
    with ThreadPoolExecutor(len(MODELS)) as pool:
        list(pool.map(lambda model: hosting.endpoint(f"{model}-staging", model), MODELS))
        with ExitStack() as under_way:
            for each in loads.values():
                under_way.enter_context(each)
            calms = list(
                pool.map(lambda m: swing(modelctl(hosting.sandbox, m), SERVING, OTHER, ROLLBACKS), MODELS)
            )
    return {model: (loads[model].answers, calm) for model, calm in zip(MODELS, calms, strict=True)}


def test_no_request_is_lost_over_twenty_rollbacks(load):
    assert {model: lost(answers) for model, (answers, _) in load.items() if lost(answers)} == {}


def test_no_rejected_version_answers_after_its_rollback_is_done(load):
    assert {m: wrong for m, (answers, calms) in load.items() if (wrong := all_astray(answers, calms))} == {}


def test_requests_were_sent_after_each_of_twenty_rollbacks(load):
    watched = [len(calms) - len(unwatched(answers, calms)) for answers, calms in load.values()]
    assert sum(watched) == 20


def test_an_answer_of_the_rejected_version_after_done_would_be_seen():
    """Sent before the rollback was done, at the next one, or by the version that serves: none of these is wrong."""
    calm = Calm("v1-0-0", since=10.0, until=20.0)
    sent = {9.9: "v1-1-0", 10.1: "v1-1-0", 11.0: "v1-0-0", 20.1: "v1-1-0"}
    answers = [Answer(at, at + 0.5, 200, variant) for at, variant in sent.items()]
    assert [answer.started for answer in all_astray(answers, [calm])] == [10.1]


def test_a_request_whose_connection_breaks_would_be_seen():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(300)
        with Load([straight(server.getsockname()[1], None, b"row", media="text/csv")], connections=1) as load:
            connection, _ = server.accept()
            connection.recv(1000)
            connection.close()
            again, _ = server.accept()  # the load goes on
            again.recv(1000)
            again.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            end = time.monotonic() + 300
            while len(load.answers) < 2 and time.monotonic() < end:
                time.sleep(0.01)
            again.close()
    assert [answer.status for answer in load.answers][:2] == [0, 200]
