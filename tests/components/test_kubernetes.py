"""An environment on Kubernetes, as the program declares it."""

import copy
import json

import msgspec
import pytest

from infra.manifests import folder
from infra.settings import parse
from modeldelivery.catalogue.table import kind_of
from modeldelivery.provider.sdk import RegisteredVersion
from tests.components.conftest import run_program, stack_file

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


def test_the_cluster_refuses_to_take_away_what_has_traffic_to_move_it_past_the_journal_and_other_bits(edge):
    assert {each.name for each in edge.of_type(POLICY)} == {
        f"flights-edge-staging-{what}" for what in ("membership", "traffic", "bits")
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


GIT = {"repository": "https://git.example.com/acme/flights.git", "path": "deploy/edge-staging"}
ARGO = "kubernetes:argoproj.io/v1alpha1"


@pytest.fixture(scope="module")
def delivered():
    """The same environment, whose versions Argo CD delivers from Git."""
    return run_program("edge-staging", serving=serving(deliver=GIT))


def test_what_git_delivers_the_program_does_not_make(edge, delivered):
    def made(recorder):
        return {each.type for each in recorder.resources if each.custom}

    assert made(edge) - made(delivered) == {
        DEPLOYMENT,
        "kubernetes:core/v1:Service",
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
        "kubernetes:policy/v1:PodDisruptionBudget",
    }
    assert made(delivered) - made(edge) == {f"{ARGO}:AppProject", f"{ARGO}:Application"}


def test_the_folder_in_git_and_the_program_make_the_same_objects(edge, registered):
    settings = parse("edge-staging", {"model-delivery:model": "flights"} | stack_file("edge-staging"))
    versions = [msgspec.convert(registered(version), RegisteredVersion) for version in ("v1.1.0", "v1.0.0")]
    files = folder(settings, versions)
    from_git = {
        (each["kind"], each["metadata"]["name"]): each
        for name in files
        if name != "route.yaml"
        for each in files[name]
    }
    kinds = {kind for kind, _ in from_git}
    from_program = {}
    for each in edge.resources:
        if each.type.startswith("kubernetes:") and each.inputs["kind"] in kinds:
            manifest = copy.deepcopy(dict(each.inputs))
            assert manifest["metadata"].pop("annotations") == {
                "pulumi.com/skipAwait": "true",
                "pulumi.com/deletionPropagationPolicy": "background",
            }
            from_program[manifest["kind"], each.name] = manifest
    assert from_program == from_git


def test_the_delivered_route_is_what_the_program_would_have_written_beside_the_rules(edge, registered):
    settings = parse("edge-staging", {"model-delivery:model": "flights"} | stack_file("edge-staging"))
    (route,) = folder(settings, [msgspec.convert(registered("v1.1.0"), RegisteredVersion)])["route.yaml"]
    declared = edge.only("modeldelivery:index:Route").inputs
    (gateway,) = route["spec"]["parentRefs"]
    assert (gateway["name"], gateway["namespace"], *route["spec"]["hostnames"]) == (
        declared["entrance"]["gateway"],
        declared["entrance"]["gatewayNamespace"],
        declared["entrance"]["hostname"],
    )
    assert route["metadata"]["labels"] == declared["labels"]


def test_the_application_delivers_the_folder_and_takes_back_what_others_change(delivered):
    spec = delivered.only(f"{ARGO}:Application").inputs["spec"]
    assert spec["source"] == {"repoURL": GIT["repository"], "path": GIT["path"], "targetRevision": "main"}
    assert spec["destination"]["namespace"] == "flights-edge-staging"
    assert spec["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
    assert "ServerSideApply=true" in spec["syncPolicy"]["syncOptions"]
    assert not {"Replace=true", "Force=true"} & set(spec["syncPolicy"]["syncOptions"])
    assert [each["kind"] for each in spec["ignoreDifferences"]] == ["Deployment", "HorizontalPodAutoscaler"]


def test_its_project_takes_one_repository_one_namespace_and_the_kinds_of_the_folder(delivered):
    spec = delivered.only(f"{ARGO}:AppProject").inputs["spec"]
    assert spec["sourceRepos"] == [GIT["repository"]]
    assert [each["namespace"] for each in spec["destinations"]] == ["flights-edge-staging"]
    assert {each["kind"] for each in spec["namespaceResourceWhitelist"]} == {
        *("Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "HTTPRoute")
    }
    assert "clusterResourceWhitelist" not in spec


def test_the_route_waits_for_the_application_and_names_it(delivered):
    route = delivered.only("modeldelivery:index:Route")
    assert route.inputs["delivery"] == {
        "application": "flights-edge-staging",
        "namespace": "argocd",
        "path": "deploy/edge-staging",
    }
    assert delivered.only(f"{ARGO}:Application").urn in route.depends_on


def test_the_cluster_holds_delivery_to_git_and_the_application_to_config(delivered):
    assert {each.name for each in delivered.of_type(POLICY)} == {
        f"flights-edge-staging-{what}" for what in ("membership", "traffic", "delivery", "application")
    }
    application = delivered.only(f"{ARGO}:Application")
    for what in ("delivery", "application"):
        assert (
            delivered.only(POLICY, f"flights-edge-staging-{what}").urn
            in application.depends_on | delivered.only(f"{ARGO}:AppProject").depends_on
        )


@pytest.mark.parametrize("protect", [True, False])
def test_the_application_is_protected_where_config_protects(run, protect):
    recorder = run("edge-staging", serving=serving(deliver=GIT), protect=json.dumps(protect))
    assert recorder.only(f"{ARGO}:Application").protect is protect


def test_what_another_team_delivers_there_is_theirs_to_write(run):
    members = {"v1.0.0": {"name": "theirs", "port": 80}}
    recorder = run("edge-staging", serving=serving(members=members, deliver=GIT))
    (condition,) = recorder.only(POLICY, "flights-edge-staging-delivery").inputs["spec"]["matchConditions"]
    assert "metadata.name in ['theirs'])" in condition["expression"]
    recorder = run("edge-staging", serving=serving(members=members))
    (condition,) = recorder.only(POLICY, "flights-edge-staging-bits").inputs["spec"]["matchConditions"]
    assert "metadata.name in ['theirs'])" in condition["expression"]


def test_with_nothing_registered_there_is_no_folder_and_no_application(run):
    recorder = run("edge-staging", serving=serving(deliver=GIT), registered=frozenset())
    assert recorder.of_type(f"{ARGO}:Application") == []


def test_every_type_of_a_delivered_environment_has_a_row_in_the_catalogue(delivered):
    types = {each.type for each in delivered.resources if each.custom}
    assert {type_ for type_ in types if not kind_of(type_).is_known} == set()
