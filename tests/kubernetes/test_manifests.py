"""The manifests of an environment on a real control plane: what they let run, and what the cluster refuses by them."""

import copy
import json

import pytest

from components.kubernetes import access, admission, namespace, version
from pipelines.server.artifact import digest
from sandbox.kubernetes.api import MERGE, Api, ApiError
from tests.conftest import CHECKOUT
from tests.kubernetes.cluster import until
from tests.models import iris

SERVER = CHECKOUT / "pipelines" / "server" / "Dockerfile"
PODS = {"millicores": 100, "memory": "512Mi", "min": 1, "max": 2, "target_cpu_percent": 70}
BUCKET = "manifests-registry"
ROUTES = "gateway.networking.k8s.io/v1"
LABELS = {"app.kubernetes.io/name": "iris"}
A, B = "route-v1-0-0", "route-v1-1-0"
MIGHTY = ("argocd", "system:masters")  # every right, and no deployer
COLLECTOR = ("system:serviceaccount:kube-system:generic-garbage-collector", "system:masters")
DRY, DRY_DELETE = "?dryRun=All", {"dryRun": ["All"]}  # judged, and not carried out
PLURALS = {
    "Namespace": "namespaces",
    "ResourceQuota": "resourcequotas",
    "LimitRange": "limitranges",
    "ServiceAccount": "serviceaccounts",
    "Service": "services",
    "NetworkPolicy": "networkpolicies",
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "Deployment": "deployments",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}


def path(manifest):
    group, name = manifest["apiVersion"], manifest["metadata"]["name"]
    within = manifest["metadata"].get("namespace")
    base = "/api/v1" if group == "v1" else f"/apis/{group}"
    return f"{base}{f'/namespaces/{within}' if within else ''}/{PLURALS[manifest['kind']]}/{name}"


@pytest.fixture(scope="module")
def archive():
    return iris.train()


@pytest.fixture(scope="module")
def role(aws, archive):
    """A role that Pods may have, which reads the model's archive and nothing else."""
    s3 = aws.client("staging", "s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=BUCKET, Key="artifacts/model.tar.gz", Body=archive)
    may = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/artifacts/*"}
    return aws.role("staging", "pods", may, trusts={"Service": "pods.eks.amazonaws.com"})


@pytest.fixture(scope="module")
def environment(cluster, role, archive):
    """A namespace as the program makes it, with two versions behind a route; v1.0.0 has the traffic."""
    made = cluster.namespace()
    name = made.name
    image = cluster.image(SERVER, CHECKOUT)
    bits = {
        "digest": "sha256:set",
        "image": image,
        "model_data": f"s3://{BUCKET}/artifacts/model.tar.gz",
        "model_digest": digest(archive),
        "region": "eu-west-1",
    }
    manifests = [
        namespace.namespace(name, LABELS),
        namespace.quota(name, LABELS, PODS, 2),
        namespace.limits(name, LABELS, PODS),
        *namespace.network_policies(name, LABELS, "gateways"),
        *access.service_accounts(name, LABELS, role),
        access.operators_role(name, LABELS, "route"),
        access.operators_binding(name, LABELS),
        *admission.membership(name, LABELS, "route"),
        *admission.traffic(name, LABELS, "route"),
        *admission.bits(name, LABELS, "route", []),
        *version.manifests(A, name, LABELS, "route", bits={**bits, "version": "v1.0.0"}, pods=PODS),
        *version.manifests(B, name, LABELS, "route", bits={**bits, "version": "v1.1.0"}, pods=PODS),
    ]
    for manifest in manifests:
        cluster.api.apply(path(manifest), copy.deepcopy(manifest))
    for each in (A, B):
        until(lambda each=each: ready(made, each), 120, lambda: cluster.status()["pods"])
    routed(made, {A: 100, B: 0})
    yield made
    cluster.api.delete(f"/apis/{ROUTES}/namespaces/{name}/httproutes/route")
    for manifest in manifests:
        if "namespace" not in manifest["metadata"]:
            cluster.api.delete(path(manifest))


def ready(made, name):
    return made.get("apps/v1", "deployments", name)["status"].get("readyReplicas", 0) >= 1


def routed(made, weights):
    """Write the route as administrators do, who are among the deployers here."""
    refs = [{"name": name, "port": namespace.PORT, "weight": weight} for name, weight in weights.items()]
    spec = {
        "parentRefs": [{"name": "public", "namespace": "gateways"}],
        "hostnames": [made.host],
        "rules": [{"backendRefs": refs}],
    }
    made.put(ROUTES, "httproutes", "HTTPRoute", "route", spec=spec)


def acting(cluster, user, *groups):
    """The API server as somebody else, whom an administrator stands for."""
    api = Api(cluster.layout.kubeconfig, "tests")
    api._pool.headers = {**api._pool.headers, "Impersonate-User": user}
    for group in groups:
        api._pool.headers["Impersonate-Group"] = group
    return api


def refused(call):
    with pytest.raises(ApiError) as raised:
        call()
    return raised.value.status, str(raised.value)


def test_a_restricted_pod_fetches_its_model_by_its_role_and_serves_it(environment):
    rows, species = iris.instances(3)
    body = json.dumps({"instances": rows}).encode()
    status, answer = until(lambda: (got := environment.invoke(body))[0] == 200 and got)
    assert status == 200
    assert species[0] in answer.decode()


def test_a_version_that_has_traffic_is_not_deleted_by_whoever_asks(environment):
    status, why = refused(
        lambda: environment.cluster.api.delete(environment.path("apps/v1", "deployments", A))
    )
    assert (status, f"{A} has traffic: move it away first (modelctl rollback)" in why) == (403, True), why
    status, why = refused(lambda: environment.cluster.api.delete(environment.path("core", "services", A)))
    assert (status, f"{A} has traffic" in why) == (403, True), why


@pytest.mark.parametrize("part", ["", "/scale"])
def test_a_version_that_has_traffic_is_not_scaled_to_nothing(environment, part):
    place = environment.path("apps/v1", "deployments", A) + part
    status, why = refused(lambda: environment.cluster.api.patch(place, {"spec": {"replicas": 0}}, MERGE))
    assert (status, f"{A} has traffic" in why) == (403, True), why


def test_a_version_that_has_traffic_may_get_more_pods(environment):
    place = environment.path("apps/v1", "deployments", A) + "/scale"
    environment.cluster.api.patch(place, {"spec": {"replicas": 2}}, MERGE)
    environment.cluster.api.patch(place, {"spec": {"replicas": 1}}, MERGE)


def test_traffic_is_moved_by_an_operator_and_by_nobody_else_however_mighty(environment):
    name = environment.name
    place = environment.path(ROUTES, "httproutes", "route")
    rules = environment.get(ROUTES, "httproutes", "route")["spec"]["rules"]
    moved = copy.deepcopy(rules)
    moved[0]["backendRefs"][0]["weight"], moved[0]["backendRefs"][1]["weight"] = 50, 50
    mighty = acting(environment.cluster, *MIGHTY)
    status, why = refused(lambda: mighty.patch(place, {"spec": {"rules": moved}}, MERGE))
    assert (status, "traffic of route belongs to its journal" in why) == (403, True), why
    assert refused(lambda: mighty.delete(place))[0] == 403
    mighty.patch(place, {"metadata": {"labels": {"delivered": "yes"}}}, MERGE)
    operator = acting(environment.cluster, f"system:serviceaccount:{name}:modelctl")
    operator.patch(place, {"spec": {"rules": moved}}, MERGE)
    operator.patch(place, {"spec": {"rules": rules}}, MERGE)


def test_a_route_is_not_collected_for_an_owner_that_anybody_may_have_named(environment):
    place = environment.path(ROUTES, "httproutes", "route")
    collector = acting(environment.cluster, *COLLECTOR)
    status, why = refused(lambda: collector.delete(place))
    assert (status, "traffic of route belongs to its journal" in why) == (403, True), why
    collector.patch(place + DRY, {"metadata": {"finalizers": []}}, MERGE)  # what it does after a deletion


@pytest.mark.parametrize(
    ("group", "plural", "told"),
    [
        ("apps/v1", "deployments", f"{A} has traffic"),
        ("core", "services", f"{A} has traffic"),
        (ROUTES, "httproutes", "traffic of route belongs to its journal"),
    ],
)
def test_a_collection_is_deleted_no_more_than_each_of_it(environment, group, plural, told):
    chosen = "" if plural == "httproutes" else "?labelSelector=model-delivery%2Fversion%3Dv1.0.0"
    mighty = acting(environment.cluster, *MIGHTY)
    status, why = refused(lambda: mighty.delete(environment.path(group, plural) + chosen, DRY_DELETE))
    assert (status, told in why) == (403, True), why


def pods(**changed):
    return {"spec": {"template": {"spec": changed}}}


@pytest.mark.parametrize("name", [A, B])
@pytest.mark.parametrize(
    ("group", "plural", "patch"),
    [
        ("apps/v1", "deployments", pods(containers=[{"name": "server", "image": f"x@sha256:{'0' * 64}"}])),
        ("apps/v1", "deployments", pods(initContainers=[])),
        (
            "apps/v1",
            "deployments",
            {"spec": {"template": {"metadata": {"annotations": {"model-delivery/digest-set": "sha256:x"}}}}},
        ),
        ("core", "services", {"spec": {"selector": {"model-delivery/version": "v9.9.9"}}}),
        ("core", "services", {"spec": {"externalIPs": ["203.0.113.7"]}}),
    ],
)
def test_what_is_behind_the_route_stays_what_config_says(environment, name, group, plural, patch):
    place = environment.path(group, plural, name) + DRY
    status, why = refused(lambda: acting(environment.cluster, *MIGHTY).patch(place, patch, MERGE))
    assert (status, f"{name} is behind route, and what it serves is config" in why) == (403, True), why
    environment.cluster.api.patch(place, patch, MERGE)  # as a deployer


def test_no_other_bits_are_made_under_the_name_of_a_version_that_was_deleted(environment):
    place, mighty = environment.path("core", "services", B), acting(environment.cluster, *MIGHTY)
    before = environment.get("core", "services", B)
    made = {"metadata": {"name": B}, "spec": {key: before["spec"][key] for key in ("selector", "ports")}}
    mighty.delete(place)
    status, why = refused(lambda: mighty.create(environment.path("core", "services"), made))
    assert (status, f"{B} is behind route" in why) == (403, True), why
    environment.cluster.api.create(environment.path("core", "services"), made)


def test_whoever_may_starts_the_same_pods_again_and_labels_them(environment):
    mighty = acting(environment.cluster, *MIGHTY)
    label = {"metadata": {"labels": {"by": "hand"}}}
    again = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-11-30T12:00:00Z"}}}
    mighty.patch(environment.path("apps/v1", "deployments", A) + DRY, {"spec": {"template": again}}, MERGE)
    mighty.patch(environment.path("apps/v1", "deployments", A) + DRY, label, MERGE)
    mighty.patch(environment.path("core", "services", A) + DRY, label, MERGE)


def test_a_namespace_is_deleted_with_its_route_while_the_policies_stand(cluster):
    made = cluster.namespace()
    held = [
        *admission.membership(made.name, LABELS, "route"),
        *admission.traffic(made.name, LABELS, "route"),
        *admission.bits(made.name, LABELS, "route", []),
    ]
    template = {
        "metadata": {"labels": {"version": "a"}},
        "spec": {"nodeSelector": {"none": "has-it"}, "containers": [{"name": "server", "image": "none"}]},
    }
    chosen = {"selector": {"matchLabels": {"version": "a"}}, "template": template}
    made.put("apps/v1", "deployments", "Deployment", A, spec=chosen)
    made.put("core", "services", "Service", A, spec={"selector": {"version": "a"}, "ports": [{"port": 80}]})
    routed(made, {A: 100})
    for manifest in held:
        cluster.api.apply(path(manifest), manifest)
    mighty = acting(cluster, *MIGHTY)
    for place in (made.path("apps/v1", "deployments", A), made.path(ROUTES, "httproutes", "route")):
        until(lambda place=place: _refuses(lambda: mighty.delete(place, DRY_DELETE)))
    cluster.api.delete(f"/api/v1/namespaces/{made.name}")
    until(
        lambda: not cluster.there(f"/api/v1/namespaces/{made.name}"),
        60,
        lambda: cluster.there(f"/api/v1/namespaces/{made.name}"),
    )
    for manifest in held:
        cluster.api.delete(path(manifest))


def _refuses(call):
    """Whether it is refused; a policy is obeyed a moment after it was written."""
    try:
        call()
    except ApiError:
        return True
    return False


def test_an_operator_does_nothing_else_in_the_namespace(environment):
    operator = acting(environment.cluster, f"system:serviceaccount:{environment.name}:modelctl")
    assert operator.get(environment.path("apps/v1", "deployments"))["items"]
    for call in (
        lambda: operator.delete(environment.path("apps/v1", "deployments", B)),
        lambda: operator.patch(
            environment.path("core", "services", B), {"metadata": {"labels": {"a": "b"}}}, MERGE
        ),
        lambda: operator.delete(environment.path(ROUTES, "httproutes", "route")),
        lambda: operator.get(environment.path("core", "secrets")),
    ):
        assert refused(call)[0] == 403


def test_a_pod_that_is_not_restricted_is_refused(environment):
    container = {"name": "it", "image": "x@sha256:" + "a" * 64}
    pod = {"metadata": {"name": "rude"}, "spec": {"containers": [container]}}
    status, why = refused(lambda: environment.cluster.api.create(environment.path("core", "pods"), pod))
    assert (status, "restricted" in why) == (403, True), why


def test_other_bits_than_the_registered_ones_are_never_served_and_the_pod_says_why(environment):
    name = "route-v9-9-9"
    manifest = environment.get("apps/v1", "deployments", B)
    spec = copy.deepcopy(manifest["spec"])
    wrong = f"sha256:{'0' * 64}"
    for each in (spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"]):
        each["model-delivery/version"] = "v9.9.9"
    (fetch,) = spec["template"]["spec"]["initContainers"]
    next(entry for entry in fetch["env"] if entry["name"] == "MODEL_SHA256")["value"] = wrong
    environment.put("apps/v1", "deployments", "Deployment", name, spec=spec)

    def told():
        chosen = f"{environment.path('core', 'pods')}?labelSelector=model-delivery%2Fversion%3Dv9.9.9"
        states = [
            state
            for pod in environment.cluster.api.get(chosen)["items"]
            for container in pod["status"].get("initContainerStatuses", ())
            for state in (container["state"], container.get("lastState", {}))
        ]
        return [s["terminated"]["message"] for s in states if s.get("terminated")]

    assert f"and {wrong} is registered" in until(told, 60)[0]
    environment.cluster.api.delete(environment.path("apps/v1", "deployments", name))


def test_at_weight_0_a_version_may_go(environment):
    for group, plural in (("core", "services"), ("apps/v1", "deployments")):
        environment.cluster.api.delete(environment.path(group, plural, B))
