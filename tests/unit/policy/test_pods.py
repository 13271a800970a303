"""Pods are restricted, wherever a manifest has some."""

import copy

import pytest

from modeldelivery.policy.rules.images import IMMUTABLE_IMAGES
from modeldelivery.policy.rules.pods import RESTRICTED_PODS
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.policy.found import not_known, whats
from tests.unit.policy.manifests import as_resource
from tests.unit.review.manifests import declared, one

CONTEXT = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def deployment(context=None, **pod):
    """A Deployment with one restricted container, changed."""
    container = {"name": "server", "securityContext": CONTEXT | (context or {})}
    spec = {"containers": [container], **pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "it"},
        "spec": {"template": {"spec": spec}},
    }


@pytest.mark.parametrize(
    ("pod", "what"),
    [
        ({"hostNetwork": True}, "hostNetwork"),
        ({"hostPID": True}, "hostPID"),
        ({"hostIPC": True}, "hostIPC"),
        ({"volumes": [{"name": "a", "hostPath": {"path": "/"}}]}, "volume a: hostPath"),
        ({"volumes": [{"name": "a", "nfs": {}}]}, "volume a: nfs"),
        ({"securityContext": {"sysctls": [{"name": "kernel.msgmax"}]}}, "sysctl kernel.msgmax"),
        ({"securityContext": {"supplementalGroups": [0]}}, "supplementalGroups: 0"),
        ({"securityContext": {"seLinuxOptions": {"type": "spc_t"}}}, "pods: seLinuxOptions"),
        ({"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}, "pods: appArmorProfile"),
        ({"securityContext": {"windowsOptions": {"hostProcess": True}}}, "pods: hostProcess"),
    ],
)
def test_what_pods_may_do_that_are_not_restricted_is_found(pod, what):
    assert whats(RESTRICTED_PODS, as_resource(deployment(**pod))) == [what]


@pytest.mark.parametrize(
    ("context", "what"),
    [
        ({"privileged": True}, "privileged"),
        ({"allowPrivilegeEscalation": True}, "allowPrivilegeEscalation"),
        ({"allowPrivilegeEscalation": None}, "allowPrivilegeEscalation"),
        ({"readOnlyRootFilesystem": None}, "readOnlyRootFilesystem"),
        ({"runAsNonRoot": False}, "runAsNonRoot"),
        ({"runAsUser": 0}, "runAsUser"),
        ({"capabilities": {}}, "capabilities.drop"),
        ({"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}, "capability SYS_ADMIN"),
        ({"seccompProfile": {"type": "Unconfined"}}, "seccompProfile"),
        ({"procMount": "Unmasked"}, "procMount"),
        ({"privileged": UNKNOWN}, "privileged"),
    ],
)
def test_what_a_container_may_do_that_is_not_restricted_is_found(context, what):
    assert whats(RESTRICTED_PODS, as_resource(deployment(context))) == [f"server: {what}"]


def test_a_port_of_the_node_is_found():
    manifest = deployment()
    manifest["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"hostPort": 80}]
    assert whats(RESTRICTED_PODS, as_resource(manifest)) == ["server: hostPort 80"]


def test_what_a_pod_says_for_all_its_containers_counts():
    whole = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    manifest = deployment(securityContext=whole)
    own = manifest["spec"]["template"]["spec"]["containers"][0]["securityContext"] = dict(CONTEXT)
    del own["runAsNonRoot"], own["seccompProfile"]
    assert whats(RESTRICTED_PODS, as_resource(manifest)) == []


def test_a_capability_that_the_standard_allows_is_not_found():
    allowed = {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}
    assert whats(RESTRICTED_PODS, as_resource(deployment(allowed))) == []


@pytest.mark.parametrize("key", ["initContainers", "ephemeralContainers"])
def test_containers_that_come_first_or_join_later_are_held_to_it(key):
    told = whats(RESTRICTED_PODS, as_resource(deployment(**{key: [{"name": "late"}]})))
    assert "late: allowPrivilegeEscalation" in told


def test_pods_of_any_kind_of_object_are_held_to_it():
    template = deployment(hostPID=True)["spec"]["template"]
    job = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "it"},
        "spec": {"jobTemplate": {"spec": {"template": template}}},
    }
    assert whats(RESTRICTED_PODS, as_resource(job)) == ["hostPID"]


@pytest.mark.parametrize("standard", ["baseline", "privileged", None])
def test_a_namespace_that_enforces_no_restriction_is_found(standard):
    loose = copy.deepcopy(one("Namespace"))
    loose["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = standard
    assert whats(RESTRICTED_PODS, as_resource(loose)) == ["pod-security.kubernetes.io/enforce"]


def test_nothing_that_the_program_declares_is_found():
    for manifest in declared().values():
        assert whats(RESTRICTED_PODS, as_resource(manifest)) == []
        assert whats(IMMUTABLE_IMAGES, as_resource(manifest)) == []


@pytest.mark.parametrize("key", ["containers", "initContainers", "ephemeralContainers"])
def test_an_image_of_pods_that_is_not_named_by_digest_is_found(key):
    by_tag = deployment(**{key: [{"name": "server", "image": "flights:latest"}]})
    assert whats(IMMUTABLE_IMAGES, as_resource(by_tag)) == ["image flights:latest"]


def test_an_image_that_is_a_volume_is_held_to_its_digest_too():
    model = {"name": "model", "image": {"reference": "models/flights:latest"}}
    assert whats(IMMUTABLE_IMAGES, as_resource(deployment(volumes=[model]))) == [
        "image models/flights:latest"
    ]


def test_an_image_of_pods_that_is_not_known_yet_is_said_to_be():
    unknown = deployment(containers=[{"name": "server", "image": UNKNOWN}])
    assert not_known(IMMUTABLE_IMAGES, as_resource(unknown)) == ["image"]
