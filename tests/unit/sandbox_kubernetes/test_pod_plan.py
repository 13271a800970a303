"""What a Pod's document means to the sandbox's node, and what it refuses."""

import pytest

from sandbox.kubernetes.pod_plan import PlanError, Probe, quantity, read

DIGEST = "sha256:" + "a" * 64
IMAGE = f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/flights@{DIGEST}"


def pod(*, container=None, **spec):
    return {"spec": {"containers": [{"name": "server", "image": IMAGE, **(container or {})}], **spec}}


def only(document):
    (container,) = read(document).containers
    return container


@pytest.mark.parametrize(
    "image",
    ["flights", "flights:v1", "flights@sha256:abc", f"flights@sha512:{'a' * 64}", f"flights:{'a' * 64}"],
)
def test_an_image_that_is_not_named_by_digest_is_refused(image):
    with pytest.raises(PlanError, match="not named by digest") as caught:
        read(pod(container={"image": image}))
    assert caught.value.reason == "InvalidImageName"


def test_an_image_by_digest_is_taken_with_or_without_a_tag():
    tagged = IMAGE.replace("@", ":v1@")
    assert only(pod()).digest == only(pod(container={"image": tagged})).digest == DIGEST


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (pod(hostNetwork=True), "hostNetwork"),
        (pod(hostPID=True), "hostPID"),
        (pod(volumes=[{"name": "data", "hostPath": {"path": "/"}}]), "hostPath"),
        (
            pod(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "x"}}]),
            "persistentVolumeClaim",
        ),
        (pod(container={"restartPolicy": "Always"}), "sidecar"),
        (pod(container={"lifecycle": {"postStart": {"exec": {"command": ["x"]}}}}), "preStop"),
        (pod(container={"lifecycle": {"preStop": {"exec": {"command": ["x"]}}}}), "preStop"),
        (pod(container={"livenessProbe": {"grpc": {"port": 1}}}), "httpGet, tcpSocket and exec"),
        (pod(container={"livenessProbe": {"httpGet": {"port": 1, "scheme": "HTTPS"}}}), "by HTTP"),
        (pod(container={"livenessProbe": {"httpGet": {"port": 1, "host": "example.com"}}}), "its own Pods"),
        (pod(container={"resources": {"limits": {"memory": "5 GB"}}}), "no quantity"),
    ],
)
def test_what_the_node_cannot_do_is_refused_by_name(document, words):
    with pytest.raises(PlanError, match=words):
        read(document)


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("512Mi", 512 << 20), ("2Gi", 2 << 30), ("1G", 10**9), ("1048576", 1 << 20), ("1.5Gi", 3 << 29)],
)
def test_a_limit_of_memory_is_read_in_kubernetes_units(text, bytes_):
    assert quantity(text) == bytes_
    assert only(pod(container={"resources": {"limits": {"memory": text}}})).memory == bytes_


def test_a_probe_has_kubernetes_defaults():
    probe = {"httpGet": {"path": "/ping", "port": 8080}}
    assert only(pod(container={"readinessProbe": probe})).readiness == Probe(
        "http", port=8080, path="/ping", delay=0, period=10, timeout=1, successes=1, failures=3
    )


def test_a_probe_names_a_port_of_its_container():
    container = {
        "ports": [{"name": "web", "containerPort": 9000}],
        "livenessProbe": {"tcpSocket": {"port": "web"}, "periodSeconds": 2, "failureThreshold": 5},
    }
    assert only(pod(container=container)).liveness == Probe("tcp", port=9000, period=2, failures=5)


def test_a_pause_before_the_end_is_read():
    assert only(pod(container={"lifecycle": {"preStop": {"sleep": {"seconds": 3}}}})).pause == 3
