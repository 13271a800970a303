"""What a Pod's status says of its containers."""

import pytest

from sandbox.kubernetes.pod_status import ContainerState, Ended, PodState, status

WELL, BADLY = Ended(0, "Completed", "", 1.0, 2.0), Ended(3, "Error", "no model", 1.0, 2.0)


def pod(*containers, first=(), restarts="Always"):
    return PodState("10.99.0.10", "10.99.0.1", 0.0, restarts, first=list(first), containers=list(containers))


def container(**state):
    return ContainerState("server", "flights@sha256:1", **state)


def running(*, ready=False, **state):
    return container(waiting=None, began=5.0, started=True, ready=ready, **state)


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        (pod(container()), "Pending"),
        (pod(running()), "Running"),
        (pod(running(), first=[container()]), "Pending"),
        (pod(running(), first=[container(ended=WELL)]), "Running"),
        (pod(container(waiting=("CrashLoopBackOff", ""), before=BADLY)), "Running"),
        (pod(container(ended=WELL), restarts="Never"), "Succeeded"),
        (pod(container(ended=WELL), container(ended=BADLY), restarts="Never"), "Failed"),
        (pod(container(), first=[container(ended=BADLY)], restarts="Never"), "Failed"),
    ],
)
def test_the_phase_is_kubernetes_own(state, phase):
    assert status(state, ())["phase"] == phase


def conditions(document):
    return {each["type"]: each["status"] for each in document["conditions"]}


def test_a_pod_is_ready_when_all_its_containers_are():
    assert conditions(status(pod(running(ready=True), running(ready=True)), ()))["Ready"] == "True"
    assert conditions(status(pod(running(ready=True), running()), ()))["Ready"] == "False"


def test_a_condition_that_stays_keeps_its_time():
    old = {"type": "Ready", "status": "False", "lastTransitionTime": "2020-01-01T00:00:00Z"}
    for state, same in ((running(), True), (running(ready=True), False)):
        (ready,) = (each for each in status(pod(state), [old])["conditions"] if each["type"] == "Ready")
        assert (ready["lastTransitionTime"] == old["lastTransitionTime"]) is same


def test_an_end_is_told_beside_what_is_going_on():
    (told,) = status(pod(running(restarts=1, before=BADLY)), ())["containerStatuses"]
    assert "running" in told["state"]
    assert told["lastState"]["terminated"]["exitCode"] == 3
    assert told["lastState"]["terminated"]["message"] == "no model"


def test_an_image_is_named_by_the_digest_that_runs():
    digest = "sha256:" + "b" * 64
    (told,) = status(pod(running(digest=digest)), ())["containerStatuses"]
    assert told["imageID"] == f"flights@{digest}"
