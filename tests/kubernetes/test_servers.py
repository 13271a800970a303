"""Servers of a cluster that are paused and killed, under it and under a rollback, and its own beginning and end; a cluster of their own."""

import json
import signal
import socket
import time
from datetime import datetime

import psutil
import pytest

from modeldelivery.release.errors import Exit
from modeldelivery.release.kubernetes.route_state import STATE
from sandbox.kubernetes.api import ApiError
from tests.faults.delivery import DEADLINE, A, B
from tests.faults.kill import Point, hold
from tests.kubernetes.cluster import Cluster, until
from tests.kubernetes.conftest import entered
from tests.kubernetes.delivery import ROUTES, Both, Hosted, delivered, deployed

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
LONG = 10.0  # seconds, many times what a command takes
ROLLBACK = ("rollback", "--reason", "errors doubled", "--actor", "ada")


@pytest.fixture(scope="module")
def own(tools, tmp_path_factory):  # noqa: ARG001 - with these tools
    made = Cluster(tmp_path_factory.mktemp("own") / "sandbox")
    yield made
    made.run("down", check=False)


@pytest.fixture
def cluster(own):
    """It runs, whatever became of it in another test."""
    own.run("up")
    return own


@pytest.fixture
def namespace(cluster):
    made = cluster.namespace()
    made.version("a", cluster.image())
    made.ready("a")
    yield made
    made.delete()


@pytest.fixture
def delivery(sandbox, cluster):
    """A route on which A serves, after B."""
    namespace = cluster.namespace()
    deployed(namespace, cluster.image(), A, B)
    with entered(sandbox, cluster):
        yield delivered(Hosted(Both(sandbox, cluster), namespace), f"own-{namespace.name[-4:].strip('-')}")
    namespace.delete()


def test_a_paused_gateway_answers_nothing_until_it_goes_on(cluster, namespace):
    namespace.route(a=1)
    until(lambda: namespace.shares(1) == {"a": 1})
    cluster.disturb("traefik", "pause")
    try:
        address = cluster.status()["gateway"].rpartition("/")[2].partition(":")
        with socket.create_connection((address[0], int(address[2])), timeout=1) as caller:
            caller.sendall(
                f"POST /invocations HTTP/1.1\r\nHost: {namespace.host}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            with pytest.raises(TimeoutError):
                caller.recv(1)
    finally:
        cluster.disturb("traefik", "resume")
    until(lambda: namespace.shares(1) == {"a": 1})


def test_a_killed_api_server_comes_back_with_what_it_had(cluster, namespace):
    restarts = server(cluster, "kube-apiserver")["restarts"]
    cluster.disturb("kube-apiserver", "kill")
    until(lambda: server(cluster, "kube-apiserver")["restarts"] > restarts)
    until(lambda: reachable(namespace))
    assert namespace.get("apps/v1", "deployments", "a")["status"]["readyReplicas"] == 1


@pytest.mark.parametrize(
    "ran",
    [
        pytest.param(False, id="before-its-move"),
        pytest.param(True, id="after-its-move", marks=pytest.mark.soak),
    ],
)
def test_a_rollback_during_which_the_api_server_is_killed_says_done_when_it_is(cluster, delivery, ran):
    both, caller = delivery.hosting.sandbox, f"{delivery.place.model}-rolls"
    hold(both, caller, Point("patch httproutes", 0, ran=ran))
    rollback = delivery.modelctl_process(caller, *ROLLBACK)
    assert both.held(caller), rollback.communicate(timeout=DEADLINE)
    restarts = server(cluster, "kube-apiserver")["restarts"]
    cluster.disturb("kube-apiserver", "kill")
    both.release(caller)
    output, complained = rollback.communicate(timeout=DEADLINE)
    assert (rollback.returncode, "Traceback" in complained) == (Exit.DONE, False), output + complained
    assert server(cluster, "kube-apiserver")["restarts"] > restarts
    assert (delivery.weights, delivery.answers()) == ({A: 0, B: 100}, {"v5-1-0"})


def test_a_rollback_whose_gateway_hangs_is_recorded_and_not_reported_as_moved(cluster, delivery):
    hung(cluster, delivery, "6")
    status, output = delivery.rollback()
    assert (status, delivery.answers()) == (Exit.DONE, {"v5-1-0"}), output


@pytest.mark.soak
def test_a_rollback_that_finds_its_gateway_back_is_reported_its_settle_time_after_that_took_it(
    cluster, delivery
):
    settles_in(delivery, LONG)
    hung(cluster, delivery, f"{LONG + 4:.0f}")  # by then it would have settled since it was written
    status, output = delivery.rollback()
    done = time.time()
    assert (status, delivery.answers()) == (Exit.DONE, {"v5-1-0"}), output
    assert done - taken(delivery.route) >= LONG


def hung(cluster, delivery, timeout):
    """A rollback that is recorded and gives up, since its gateway hangs, which then goes on."""
    cluster.disturb("traefik", "pause")
    try:
        status, output = delivery.modelctl(*ROLLBACK, "--timeout", timeout)
        rejected = [each.version for each in delivery.journal.rejections]
    finally:
        cluster.disturb("traefik", "resume")
    assert (status, rejected) == (Exit.NOT_MOVED, [A]), output
    assert f"rolled back to {B}" not in output


def test_nothing_outlives_a_cluster_and_the_next_one_has_its_addresses(cluster):
    before, pids = cluster.status(), processes(cluster)
    cluster.run("down")
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []
    assert "does not run" in cluster.run("status", check=False).stderr
    cluster.run("up")
    after, pids = cluster.status(), processes(cluster)
    assert (after["api"], after["gateway"]) == (before["api"], before["gateway"])
    psutil.Process(daemon(cluster)).send_signal(signal.SIGKILL)
    until(lambda: [pid for pid in pids if psutil.pid_exists(pid)] == [])


def settles_in(delivery, seconds):
    """Have the route settle in so many seconds, as an `up` would after another config."""
    state = json.loads(delivery.route["metadata"]["annotations"][STATE]) | {"settle": seconds}
    namespace = delivery.hosting.namespace
    path = namespace.path(ROUTES, "httproutes", delivery.place.endpoint)
    namespace.cluster.api.patch(path, {"metadata": {"annotations": {STATE: json.dumps(state)}}})


def taken(route):
    """When the gateway last changed a route's status, in whole seconds since the epoch."""
    (status,) = (each for each in route["metadata"]["managedFields"] if each.get("subresource") == "status")
    return datetime.fromisoformat(status["time"]).timestamp()


def reachable(namespace):
    try:
        return namespace.get("apps/v1", "deployments", "a")
    except ApiError:
        return None


def server(cluster, name):
    return next(each for each in cluster.status()["servers"] if each["name"] == name)


def daemon(cluster):
    return json.loads(cluster.layout.home.daemon.read_text())["pid"]


def processes(cluster):
    """Everything that a cluster has started."""
    return [each.pid for each in psutil.Process(daemon(cluster)).children(recursive=True)]
