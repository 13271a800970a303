"""Each way to make an object of a cluster less safe is noticed, and its way back is not taken for one."""

import copy

import pytest

from modeldelivery.review.core.document import UNKNOWN
from modeldelivery.review.core.guards import weakened
from modeldelivery.review.core.touched import Effect
from tests.unit.review.manifests import declared, edited, one, resource

MEMBERSHIP = "flights-edge-prod-membership"
POLICY, BINDING = f"ValidatingAdmissionPolicy {MEMBERSHIP}", f"ValidatingAdmissionPolicyBinding {MEMBERSHIP}"


def spec(**changed):
    return lambda it: it["spec"].update(changed)


def constraints(**changed):
    return lambda it: it["spec"]["matchConstraints"].update(changed)


def resources(**changed):
    return lambda it: it["spec"]["matchResources"].update(changed)


def first_rule(**changed):
    return lambda it: it["spec"]["matchConstraints"]["resourceRules"][0].update(changed)


def labels(**changed):
    standards = {
        f"pod-security.kubernetes.io/{key.replace('_', '-')}": value for key, value in changed.items()
    }
    return lambda it: it["metadata"]["labels"].update(standards)


def pod(**changed):
    return lambda it: it["spec"]["template"]["spec"].update(changed)


def server(**changed):
    return lambda it: it["spec"]["template"]["spec"]["containers"][0].update(changed)


def context(**changed):
    return lambda it: it["spec"]["template"]["spec"]["containers"][0].update(
        securityContext={**it["spec"]["template"]["spec"]["containers"][0]["securityContext"], **changed}
    )


LABEL = "model-delivery/version"
ONE_MORE = {"name": "sidecar", "image": "x@sha256:0"}
WEAKER = [
    (POLICY, spec(failurePolicy="Ignore"), "failurePolicy Ignore: what it cannot judge is let through"),
    (POLICY, spec(validations=[]), "a validation is dropped or changed: "),
    (POLICY, spec(validations=[{"expression": "true"}]), "a validation is dropped or changed: "),
    (
        POLICY,
        lambda it: it["spec"]["matchConditions"].append({"name": "x", "expression": "request.dryRun"}),
        "it judges only what meets another condition: request.dryRun",
    ),
    (POLICY, spec(paramKind=None), "it takes another kind of parameter: none"),
    (POLICY, first_rule(operations=["DELETE"]), "it is no longer asked about UPDATE of deployments"),
    (POLICY, first_rule(resources=["replicasets"]), "it is no longer asked about UPDATE of deployments"),
    (POLICY, first_rule(resourceNames=["one"]), "it is no longer asked about UPDATE of deployments"),
    (
        POLICY,
        constraints(excludeResourceRules=[{"operations": ["DELETE"], "resources": ["deployments"]}]),
        "it is no longer asked about DELETE of deployments",
    ),
    (
        POLICY,
        constraints(objectSelector={"matchLabels": {"guarded": "yes"}}),
        "it holds only where objectSelector is guarded=yes",
    ),
    (POLICY, constraints(resourceRules=[]), "it is asked about nothing any more"),
    (POLICY, constraints(matchPolicy="Exact"), "it is no longer asked about other versions of the same resources"),
    (POLICY, spec(validations=UNKNOWN), "what it refuses is known only after the update"),
    (BINDING, spec(validationActions=["Warn"]), "its violations are no longer met with Deny"),
    (BINDING, spec(policyName="other"), f"it binds the policy other, not {MEMBERSHIP}"),
    (BINDING, spec(paramRef=None), "it takes another parameter: null"),
    (
        BINDING,
        resources(namespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": "other"}}),
        "it holds only where namespaceSelector is kubernetes.io/metadata.name=other",
    ),
    (
        BINDING,
        resources(resourceRules=[{"operations": ["DELETE"], "resources": ["deployments"]}]),
        "it holds for some of its policy's requests only",
    ),
    ("Namespace", labels(enforce="baseline"), "pods are refused by the standard baseline, not restricted"),
    ("Namespace", lambda it: it["metadata"].update(labels={}), "pods are refused by the standard privileged, not restricted"),
    ("Namespace", labels(enforce_version="v1.20"), "pods are refused by the standard of v1.20, not latest"),
    ("ResourceQuota", lambda it: it["spec"]["hard"].update(pods="200"), "pods 18 → 200"),
    ("ResourceQuota", lambda it: it["spec"]["hard"].update({"requests.memory": "10Gi"}), "requests.memory 9216Mi → 10Gi"),
    (
        "ResourceQuota",
        lambda it: it["spec"]["hard"].pop("services.nodeports"),
        "its limit of services.nodeports is gone: it was 0",
    ),
    ("ResourceQuota", spec(scopes=["Terminating"]), "it counts other objects: scopes"),
    (
        "LimitRange",
        lambda it: it["spec"]["limits"][0]["default"].update(memory="2Gi"),
        "default memory of a Container 512Mi → 2Gi",
    ),
    ("PodDisruptionBudget", spec(maxUnavailable=2), "maxUnavailable 1 → 2: more of its pods may be away at once"),
    ("PodDisruptionBudget", spec(maxUnavailable="100%"), "maxUnavailable 1 → 100%: more of its pods may be away at once"),
    ("Service", spec(type="LoadBalancer"), "it is reached from outside of the cluster, or leads out of it: type LoadBalancer"),
    ("Service", spec(type="NodePort"), "it is reached from outside of the cluster, or leads out of it: type NodePort"),
    ("Service", spec(externalIPs=["203.0.113.7"]), "it takes requests to the address 203.0.113.7"),
    ("Service", spec(type="ExternalName", externalName="x.example.com"), "it leads to x.example.com"),
    ("Service", spec(selector={LABEL: "v1.1.0"}), f"it leads to other pods: those with {LABEL}=v1.1.0"),
    ("Service", spec(selector={}), "it leads to other pods: none by itself"),
    ("Service", spec(ports=[{"port": 8080, "targetPort": 9}]), "it leads from or to other ports: 8080 to 9"),
    ("Service", spec(publishNotReadyAddresses=True), "it leads to pods that are not ready too"),
    ("Service", spec(selector=UNKNOWN), "where it leads, and from where, is known only after the update"),
    ("Deployment", pod(hostNetwork=True), "pod security: they share their node's network"),
    ("Deployment", pod(volumes=[{"name": "model", "hostPath": {"path": "/"}}]), "pod security: the volume model is a hostPath"),
    ("Deployment", context(privileged=True), "pod security: the container server is privileged"),
    ("Deployment", context(runAsUser=0), "pod security: the container server runs as root"),
    (
        "Deployment",
        context(readOnlyRootFilesystem=False),
        "pod security: the container server may write to its root file system",
    ),
    (
        "Deployment",
        context(capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]}),
        "pod security: the container server has the capability NET_ADMIN",
    ),
    ("Deployment", context(privileged=UNKNOWN), "pod security: the container server is privileged"),
    (
        "Deployment",
        lambda it: it["spec"]["template"]["spec"]["containers"].append(ONE_MORE),
        "another container runs in its pods: sidecar of x@sha256:0",
    ),
    ("Deployment", server(command=["sh"]), "the container server runs another program: command ['sh']"),
    (
        "Deployment",
        lambda it: it["metadata"].update(annotations={"argocd.argoproj.io/sync-options": "Prune=false,Replace=true"}),
        "Replace=true: Argo CD writes it past what others own or refuse",
    ),
]  # fmt: skip


def reversed_(touched):
    """The same change, taken back."""
    return resource(touched.after, touched.before)


@pytest.mark.parametrize(("kind", "edit", "told"), WEAKER, ids=[told for _, _, told in WEAKER])
def test_each_way_to_weaken_an_object_is_told(kind, edit, told):
    assert told in "\n".join(weakened(edited(kind, edit)))


# What nobody can compare, and what is another thing rather than a weaker one, is told both ways.
TWO_WAYS = (
    "another",
    "not known",
    "known only",
    "it binds",
    "holds only",
    "a validation",
    "100%",
    "counts other",
    "v1.20",
    "other versions",
    "UPDATE of deployments",
    "it leads",
)


@pytest.mark.parametrize(
    ("kind", "edit"),
    [
        pytest.param(kind, edit, id=told)
        for kind, edit, told in WEAKER
        if not any(each in told for each in TWO_WAYS)
    ],
)
def test_its_way_back_weakens_nothing(kind, edit):
    assert weakened(reversed_(edited(kind, edit))) == ()


@pytest.mark.parametrize("kind", sorted(declared()))
def test_another_owner_weakens_no_object(kind):
    assert weakened(edited(kind, lambda it: it["metadata"]["labels"].update(owner="ml-research"))) == ()


def test_a_message_of_a_policy_refuses_nothing():
    def other_words(it):
        it["spec"]["validations"][0]["messageExpression"] = "'no'"

    assert weakened(edited(POLICY, other_words)) == ()


def test_a_policy_that_judges_under_fewer_conditions_is_stronger():
    assert weakened(edited(POLICY, spec(matchConditions=[]))) == ()


def test_new_pods_are_held_to_the_standard_too():
    loose = copy.deepcopy(one("Deployment"))
    loose["spec"]["template"]["spec"]["hostPID"] = True
    assert weakened(resource(None, loose)) == ("pod security: they share their node's processes",)
    assert weakened(resource(None, one("Deployment"))) == ()


def test_pods_of_a_type_that_nobody_has_looked_at_are_held_to_it():
    template = {"spec": {"jobTemplate": {"spec": {"template": one("Deployment")["spec"]["template"]}}}}
    job = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "it"}, **copy.deepcopy(template)}
    job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["hostIPC"] = True
    assert weakened(resource(None, job)) == ("pod security: they share their node's shared memory",)


def test_what_goes_is_not_judged_by_what_it_was():
    loose = copy.deepcopy(one("Deployment"))
    loose["spec"]["template"]["spec"]["hostPID"] = True
    assert weakened(resource(loose, None, Effect.DELETE)) == ()


def test_a_service_that_is_new_is_judged_by_who_reaches_it():
    assert weakened(resource(None, one("Service"))) == ()
    opened = copy.deepcopy(one("Service"))
    opened["spec"] |= {"type": "LoadBalancer", "externalIPs": ["203.0.113.7"]}
    assert weakened(resource(None, opened)) == (
        "it is reached from outside of the cluster, or leads out of it: type LoadBalancer",
        "it takes requests to the address 203.0.113.7",
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (["10.0.0.0/8"], ["10.0.0.0/8", "0.0.0.0/0"], ("it may be reached from 0.0.0.0/0",)),
        (["10.0.0.0/8"], [], ("it may be reached from anywhere",)),
        ([], ["10.0.0.0/8"], ()),
        (["10.0.0.0/8", "192.0.2.0/24"], ["10.0.0.0/8"], ()),
    ],
)
def test_a_load_balancer_that_takes_requests_from_more_is_told(before, after, told):
    services = [copy.deepcopy(one("Service")) for _ in range(2)]
    for service, sources in zip(services, (before, after), strict=True):
        service["spec"] |= {"type": "LoadBalancer", "loadBalancerSourceRanges": sources}
    assert weakened(resource(*services)) == told
