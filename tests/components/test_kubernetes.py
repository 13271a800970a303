"""An environment on Kubernetes, as the program declares it."""

import json

import pytest

from modeldelivery.catalogue.table import kind_of
from tests.components.conftest import run_program

SERVER = "https://kubernetes.edge.example.com"
VERSIONS = ("v1-1-0", "v1-0-0")
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
POLICY = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy"


@pytest.fixture(scope="module")
def edge():
    return run_program("edge-staging")


def serving(**changed):
    kubernetes = {
        "context": "edge",
        "server": SERVER,
        "namespace": "flights-edge-staging",
        "gateway": {"name": "public", "namespace": "gateways"},
        "hostname": "flights.staging.edge.example.com",
    }
    return json.dumps({"target": "kubernetes", "kubernetes": kubernetes | changed})


def pod(recorder, version="v1-1-0"):
    return recorder.only(DEPLOYMENT, f"flights-edge-staging-{version}").inputs["spec"]["template"]["spec"]


def containers(recorder):
    spec = pod(recorder)
    return [*spec["initContainers"], *spec["containers"]]


def test_it_has_a_route_and_no_endpoint_of_sagemakers(edge):
    route = edge.only("modeldelivery:index:Route").inputs
    assert (route["routeName"], route["namespace"], route["server"]) == (
        "flights-edge-staging",
        "flights-edge-staging",
        SERVER,
    )
    assert route["entrance"] == {
        "gateway": "public",
        "gatewayNamespace": "gateways",
        "hostname": "flights.staging.edge.example.com",
        "settleSeconds": 2.0,
    }
    assert [each["name"] for each in route["variants"]] == [f"flights-edge-staging-{v}" for v in VERSIONS]
    assert {
        each.type for each in edge.resources if "sagemaker/model:" in each.type or "Endpoint" in each.type
    } == set()


def test_journal_and_evidence_are_in_the_registry_of_its_account(edge):
    assert (
        edge.only("modeldelivery:index:Route").inputs["journal"]["key"] == "journal/flights-edge-staging.json"
    )
    assert edge.only("modeldelivery:index:Route").inputs["allowedAccounts"] == ["111111111111"]
    assert edge.only("aws:s3/bucket:Bucket", "flights-edge-staging-registry")


def test_the_route_waits_for_everything_that_serves_behind_it(edge):
    (route,) = edge.of_type("modeldelivery:index:Route")
    objects = {each.urn for each in edge.resources if each.type.startswith("kubernetes:")}
    assert objects - route.depends_on == set()


def test_each_version_has_pods_a_service_an_autoscaler_and_a_budget(edge):
    names = {f"flights-edge-staging-{version}" for version in VERSIONS}
    for kind in (
        "apps/v1:Deployment",
        "core/v1:Service",
        "autoscaling/v2:HorizontalPodAutoscaler",
        "policy/v1:PodDisruptionBudget",
    ):
        assert {each.name for each in edge.of_type(f"kubernetes:{kind}")} == names


def test_a_version_is_named_by_digest_everywhere(edge, registered):
    record = registered("v1.1.0")
    template = edge.only(DEPLOYMENT, "flights-edge-staging-v1-1-0").inputs["spec"]["template"]
    assert template["metadata"]["annotations"] == {"model-delivery/digest-set": record["digest"]}
    assert {each["image"] for each in containers(edge)} == {record["image"]}
    digests = [{e["name"]: e["value"] for e in each["env"]}["MODEL_SHA256"] for each in containers(edge)]
    assert digests == [record["modelDigest"]] * 2


def test_a_pod_is_restricted_and_writes_nothing_but_its_own_volumes(edge):
    spec = pod(edge)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    for each in containers(edge):
        assert each["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    assert [sorted(volume) for volume in spec["volumes"]] == [["emptyDir", "name"]] * 2


def test_the_server_gets_the_model_to_read_alone(edge):
    (server,) = pod(edge)["containers"]
    assert {"name": "model", "mountPath": "/opt/ml/model", "readOnly": True} in server["volumeMounts"]


def test_a_server_has_a_process_for_each_core_of_its_pod_and_not_of_its_node(run):
    for cpu, workers in (("500m", "1"), (3, "3")):
        instances = {"cpu": cpu, "memory": "1Gi", "min": 1, "max": 2, "targetCpuPercent": 70}
        (server,) = pod(run("edge-staging", instances=json.dumps(instances)))["containers"]
        assert {"name": "SAGEMAKER_MODEL_SERVER_WORKERS", "value": workers} in server["env"]


def test_how_many_pods_there_are_is_the_autoscalers(edge):
    scaler = edge.only(
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "flights-edge-staging-v1-1-0"
    ).inputs["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (1, 2)
    assert scaler["metrics"][0]["resource"]["target"]["averageUtilization"] == 70


def test_the_quota_has_room_for_every_version_at_its_most_and_for_one_that_leaves(edge):
    hard = edge.only("kubernetes:core/v1:ResourceQuota").inputs["spec"]["hard"]
    assert (hard["pods"], hard["requests.cpu"], hard["requests.memory"]) == ("9", "4500m", "4608Mi")


def test_the_namespace_refuses_pods_that_are_not_restricted(edge):
    labels = edge.only("kubernetes:core/v1:Namespace").inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_requests_come_from_the_gateway_alone(edge):
    policies = {
        each.inputs["metadata"]["name"]: each.inputs["spec"]
        for each in edge.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    }
    assert policies["nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (rule,) = policies["from-gateway"]["ingress"]
    (source,) = rule["from"]
    assert source["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "gateways"}
    assert {name for name, spec in policies.items() if "ingress" in spec} == {"from-gateway"}


def test_an_operator_may_write_the_one_route_and_no_other(edge):
    role = edge.only("kubernetes:rbac.authorization.k8s.io/v1:Role").inputs
    writes = {
        (resource, *rule.get("resourceNames", ["any"]))
        for rule in role["rules"]
        for resource in rule["resources"]
        if set(rule["verbs"]) - {"get", "list"}
    }
    assert writes == {
        ("httproutes", "flights-edge-staging"),
        ("deployments/scale", "any"),
        ("horizontalpodautoscalers", "any"),
    }


def test_pods_may_read_the_models_archives_and_nothing_else_of_aws(edge):
    (policy,) = [each for each in edge.of_type("aws:iam/rolePolicy:RolePolicy") if "pods" in each.name]
    assert {s["Sid"]: s["Action"] for s in policy.document("policy")["Statement"]} == {
        "Artifacts": ["s3:GetObject"],
        "ArtifactsKey": ["kms:Decrypt"],
    }
    (role,) = [each for each in edge.of_type("aws:iam/role:Role") if "pods" in each.name]
    (trusted,) = role.document("assumeRolePolicy")["Statement"]
    assert trusted["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}


def test_the_cluster_refuses_to_take_away_what_has_traffic_and_to_move_it_past_the_journal(edge):
    assert {each.name for each in edge.of_type(POLICY)} == {
        "flights-edge-staging-membership",
        "flights-edge-staging-traffic",
    }
    for binding in edge.of_type(f"{POLICY}Binding"):
        assert binding.inputs["spec"]["validationActions"] == ["Deny"]


def test_nothing_of_the_kubeconfig_is_in_the_state(edge):
    (provider,) = edge.of_type("pulumi:providers:kubernetes")
    assert (provider.inputs["context"], provider.inputs["clusterIdentifier"]) == ("edge", SERVER)
    assert "secret" not in json.dumps([dict(each.inputs) for each in edge.resources], default=str)


def test_where_the_environment_protects_nothing_that_serves_can_be_deleted(run):
    recorder = run("edge-prod")
    kinds = {each.type for each in recorder.resources if each.protect}
    assert {"modeldelivery:index:Route", "kubernetes:core/v1:Namespace"} <= kinds


def test_the_program_asks_where_the_context_leads_before_it_declares_anything_there(edge):
    (call,) = [each for each in edge.calls if each.token == "modeldelivery:index:getCluster"]
    assert call.args == {"context": "edge", "server": SERVER}


def test_a_version_of_another_team_is_led_to_and_not_made(run):
    members = {"v1.0.0": {"name": "theirs", "port": 80}}
    recorder = run("edge-staging", serving=serving(members=members))
    assert [each.name for each in recorder.of_type(DEPLOYMENT)] == ["flights-edge-staging-v1-1-0"]
    (variant,) = [
        each
        for each in recorder.only("modeldelivery:index:Route").inputs["variants"]
        if each["version"] == "v1.0.0"
    ]
    assert (variant["name"], variant["port"]) == ("theirs", 80)


def test_with_nothing_registered_the_namespace_is_there_and_no_route(run):
    recorder = run("edge-staging", registered=frozenset())
    assert recorder.of_type("kubernetes:core/v1:Namespace")
    assert recorder.of_type("modeldelivery:index:Route") == []
    assert "modelctl register --env edge-staging" in recorder.messages[0]


def test_both_environments_are_the_same_graph(run, edge):
    def graph(recorder):
        return sorted(
            (each.type, each.name.replace("edge-staging", "X").replace("edge-prod", "X"))
            for each in recorder.resources
        )

    assert graph(run("edge-prod")) == graph(edge)


def test_every_type_has_a_row_in_the_catalogue(edge):
    types = {each.type for each in edge.resources if each.custom}
    assert {type_ for type_ in types if not kind_of(type_).is_known} == set()
