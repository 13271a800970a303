"""The cluster of `sandbox kubernetes`, with its real control plane."""

import base64
import http.client
import json
import socket
import ssl
import subprocess
from pathlib import Path

import psutil
import pytest

from sandbox.home import SandboxError
from sandbox.kubernetes.api import MERGE, ApiError
from tests.conftest import CHECKOUT
from tests.kubernetes.cluster import until
from tests.models import iris

SERVER = CHECKOUT / "pipelines" / "server" / "Dockerfile"
UNPACK = (
    "import hashlib, os, tarfile; data = open('/given/model', 'rb').read(); "
    "assert 'sha256:' + hashlib.sha256(data).hexdigest() == os.environ['MODEL_SHA256']; "
    "tarfile.open('/given/model').extractall('/model', filter='data')"
)


def test_nothing_of_the_cluster_listens_outside_but_two_ports_of_loopback(cluster):
    status = cluster.status()
    pids = {server["pid"] for server in status["servers"]} | {cluster_process(cluster).pid}
    ours = {int(status[door].rpartition(":")[2]) for door in ("api", "gateway")}
    inodes = {link for pid in pids for link in sockets(pid)}
    outside = listening(Path("/proc/self/net/tcp")) | listening(Path("/proc/self/net/tcp6"))
    assert {(address, port) for address, port, inode in outside if inode in inodes} == {
        ("127.0.0.1", port) for port in ours
    }


def test_a_second_up_finds_the_cluster_that_runs(cluster):
    before = cluster.status()
    cluster.run("up")
    assert cluster.status()["incarnation"] == before["incarnation"]


def test_a_model_by_digest_is_served_by_the_real_server_through_the_gateway(cluster, namespace):
    model = iris.train()
    digest = subprocess.run(["sha256sum"], input=model, capture_output=True, check=True).stdout[:64].decode()
    cluster.api.create(
        namespace.path("core", "configmaps"),
        {"metadata": {"name": "bits"}, "binaryData": {"model": base64.b64encode(model).decode()}},
    )
    image, pinned = cluster.image(SERVER, CHECKOUT), {"name": "MODEL_SHA256", "value": f"sha256:{digest}"}
    fetch = {
        "name": "model",
        "image": image,
        "command": ["python", "-c", UNPACK],
        "env": [pinned],
        "volumeMounts": [{"name": "bits", "mountPath": "/given"}, {"name": "model", "mountPath": "/model"}],
    }
    volumes = [{"name": "bits", "configMap": {"name": "bits"}}, {"name": "model", "emptyDir": {}}]
    namespace.version(
        "v1",
        image,
        first=[fetch],
        volumes=volumes,
        env=[pinned, {"name": "MODEL_VERSION", "value": "v1.0.0"}],
    )
    namespace.ready("v1")
    namespace.route(v1=100)
    rows, species = iris.instances(3)
    body = json.dumps({"instances": rows}).encode()
    until(lambda: namespace.invoke(body)[0] != 404)  # the gateway says that it has a route before it has
    status, answer = namespace.invoke(body)
    assert (status, species[0] in answer.decode()) == (200, True), answer


def test_the_gateway_honours_weights(namespace, echo):
    for name in ("a", "b"):
        namespace.version(name, echo)
    for name in ("a", "b"):
        namespace.ready(name)
    namespace.route(a=100, b=0)
    until(lambda: namespace.shares(5) == {"a": 5})
    namespace.route(a=50, b=50)
    until(lambda: len(namespace.shares(20)) == 2)
    shares = namespace.shares(200)
    assert shares["a"] + shares["b"] == 200
    assert 60 < shares["a"] < 140
    namespace.route(a=0, b=1)
    until(lambda: namespace.shares(5) == {"b": 5})


def test_a_server_that_is_killed_is_started_again(namespace, echo):
    namespace.version("a", echo)
    namespace.ready("a")
    (pod,) = (pod for pod in namespace.cluster.status()["pods"] if pod["namespace"] == namespace.name)
    psutil.Process(pod["containers"][0]["pid"]).kill()
    container = until(lambda: one(namespace.container("a"), lambda c: c["restartCount"] == 1 and c["ready"]))
    assert container["lastState"]["terminated"]["exitCode"] == 137


def test_a_server_whose_liveness_probe_fails_is_started_again(namespace, echo):
    probe = {"httpGet": {"path": "/nothing", "port": 8080}, "periodSeconds": 1, "failureThreshold": 2}
    namespace.version("a", echo, livenessProbe=probe)
    container = until(lambda: one(namespace.container("a"), lambda c: c["restartCount"] >= 1))
    assert "liveness probe failed: status 404" in container["lastState"]["terminated"]["message"]


def test_a_server_that_is_not_well_gets_no_requests(namespace, echo):
    namespace.version("a", echo, behaviour={"ping": 500})
    container = until(lambda: one(namespace.container("a"), lambda c: "running" in c["state"]))
    assert container["ready"] is False
    assert namespace.get("apps/v1", "deployments", "a")["status"].get("readyReplicas", 0) == 0


def test_an_image_that_this_sandbox_does_not_hold_is_not_run(namespace, echo):
    other = f"{echo.partition('@')[0]}@sha256:{'0' * 64}"
    namespace.version("a", other)
    waiting = until(lambda: one(namespace.container("a"), lambda c: "ErrImagePull" in str(c["state"])))[
        "state"
    ]["waiting"]
    assert "no image with that digest" in waiting["message"]


def test_bytes_with_another_digest_than_their_name_are_not_run(namespace, cluster, echo):
    name = "1" * 64
    kept = cluster.home / "images" / "blobs" / "sha256"
    (kept / name).write_bytes((kept / echo.rpartition(":")[2]).read_bytes())
    namespace.version("a", f"{echo.partition('@')[0]}@sha256:{name}")
    waiting = until(lambda: one(namespace.container("a"), lambda c: "ErrImagePull" in str(c["state"])))[
        "state"
    ]["waiting"]
    assert f"have the digest sha256:{echo.rpartition(':')[2]}" in waiting["message"]


def test_a_pod_that_asks_for_more_than_the_node_has_is_not_bound(namespace, echo):
    namespace.version("a", echo, resources={"requests": {"cpu": "17"}})
    (pod,) = until(lambda: [p for p in namespace.pods("a") if p["status"].get("conditions")])
    (condition,) = pod["status"]["conditions"]
    assert (condition["type"], condition["status"]) == ("PodScheduled", "False")
    assert "Insufficient cpu" in condition["message"]


def test_a_process_that_uses_more_memory_than_its_limit_is_killed(namespace, echo):
    namespace.version(
        "a",
        echo,
        command=["python", "-c", "import time; kept = b'x' * (200 << 20); time.sleep(60)"],
        resources={"limits": {"memory": "64Mi"}},
    )
    container = until(lambda: one(namespace.container("a"), lambda c: c["lastState"]))
    assert container["lastState"]["terminated"]["reason"] == "OOMKilled"


def test_a_deleted_pod_ends_its_process_and_another_takes_its_place(namespace, echo):
    namespace.version("a", echo)
    namespace.ready("a")
    (pod,) = namespace.pods("a")
    (shown,) = (
        each for each in namespace.cluster.status()["pods"] if each["name"] == pod["metadata"]["name"]
    )
    namespace.cluster.api.delete(namespace.path("core", "pods", pod["metadata"]["name"]))
    until(lambda: namespace.cluster.there(namespace.path("core", "pods", pod["metadata"]["name"])) is None)
    assert not psutil.pid_exists(shown["containers"][0]["pid"])
    namespace.ready("a")


def test_a_write_with_an_old_resource_version_is_refused(namespace, echo):
    namespace.version("a", echo)
    namespace.route(a=1)
    path = namespace.path("gateway.networking.k8s.io/v1", "httproutes", "route")
    version = namespace.cluster.api.get(path)["metadata"]["resourceVersion"]
    change = {"metadata": {"resourceVersion": version, "annotations": {"operation": "1"}}}
    namespace.cluster.api.patch(path, change, MERGE)
    with pytest.raises(ApiError) as caught:
        namespace.cluster.api.patch(
            path, {"metadata": {**change["metadata"], "annotations": {"operation": "2"}}}, MERGE
        )
    assert caught.value.status == 409


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "throttle"}, 429),
        ({"kind": "error", "code": "409"}, 409),
        ({"kind": "reset"}, 0),
        ({"kind": "lost"}, 0),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_a_fault_hits_the_named_action_once(cluster, namespace, fault, status):
    path = namespace.path("core", "configmaps")
    document = {"metadata": {"name": "kept"}}
    cluster.fault(action="create configmaps", **fault)
    with pytest.raises(ApiError) as caught:
        cluster.api.create(path, document)
    assert caught.value.status == status
    if fault["kind"] == "lost":
        assert cluster.api.get(f"{path}/kept")
    else:
        assert cluster.api.create(path, document)


def test_a_fault_that_no_api_server_has_is_refused_with_those_that_it_has(cluster):
    with pytest.raises(SandboxError, match="is no fault of an API server; there are delay"):
        cluster.fault(kind="fail_update", endpoint="x")


def test_calls_from_outside_are_recorded(cluster, namespace):
    since = len(cluster.calls())
    cluster.api.get(namespace.path("apps/v1", "deployments"))
    (made,) = (call for call in cluster.calls(since) if call["namespace"] == namespace.name)
    assert (made["caller"], made["verb"], made["resource"], made["status"]) == (
        "tests",
        "list",
        "deployments",
        200,
    )


def test_a_watch_that_is_cut_ends_after_its_first_event(cluster, namespace):
    path = namespace.path("core", "configmaps")
    version = cluster.api.create(path, {"metadata": {"name": "first"}})["metadata"]["resourceVersion"]
    for name in ("second", "third"):
        cluster.api.create(path, {"metadata": {"name": name}})
    cluster.fault(kind="reset_download", action="watch configmaps", caller="tests")
    events = cluster.api.watch(path, "", version)
    with pytest.raises(ApiError) as caught:
        list(events)
    assert caught.value.status == 0
    kind, document = next(cluster.api.watch(path, "", version))  # the next one is not
    assert (kind, document["metadata"]["name"]) == ("ADDED", "second")


def test_a_stranger_is_refused(cluster):
    context = ssl.create_default_context(cafile=str(cluster.layout.secrets / "ca.crt"))
    host = cluster.status()["api"].removeprefix("https://")
    connection = http.client.HTTPSConnection(host, context=context, timeout=10)
    for path, status in (("/api/v1/namespaces", 403), ("/sandbox/status", 401)):
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        assert response.status == status


def one(document, holds):
    return document if holds(document) else None


def cluster_process(cluster):
    return psutil.Process(json.loads((cluster.layout.home.daemon).read_text())["pid"])


def sockets(pid):
    """Inodes of a process's sockets."""
    links = []
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(handle.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            links.append(target.removeprefix("socket:[").rstrip("]"))
    return links


def listening(table):
    """(address, port, inode) of every listening socket of this process's own network."""
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return {
        (
            socket.inet_ntoa(bytes.fromhex(row[1].split(":")[0])[::-1])
            if len(row[1]) == 13
            else row[1].split(":")[0],
            int(row[1].split(":")[1], 16),
            row[9],
        )
        for row in rows
        if row[3] == "0A"
    }
