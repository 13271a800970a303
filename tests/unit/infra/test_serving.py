"""Where an environment serves: what is another target's alone is refused by name, and nothing is passed over."""

import json
from pathlib import Path

import pytest
import yaml

from infra.serving import Cluster, Deliver, Gateway, Instances, Member, Pods
from infra.settings import parse
from infra.source import SettingsError
from tests.unit.infra.test_settings import GOOD, PROJECT

FILE = "Pulumi.edge-prod.yaml"
SERVING = {
    "target": "kubernetes",
    "kubernetes": {
        "context": "edge",
        "server": "https://kubernetes.example.com",
        "namespace": "flights",
        "gateway": {"name": "public", "namespace": "gateways"},
        "hostname": "flights.example.com",
    },
}
PODS = {"cpu": 2, "memory": "4Gi", "min": 1, "max": 4, "targetCpuPercent": 70}
OF_SAGEMAKER = ("alarms", "drill")
CLUSTER = {
    **{key: value for key, value in GOOD.items() if key.rpartition(":")[2] not in OF_SAGEMAKER},
    "model-delivery:serving": json.dumps(SERVING),
    "model-delivery:instances": json.dumps(PODS),
}


def settings(**changed):
    return parse(
        "edge-prod", CLUSTER | {f"model-delivery:{key}": json.dumps(value) for key, value in changed.items()}
    )


def refused(**changed):
    with pytest.raises(SettingsError) as raised:
        settings(**changed)
    return str(raised.value)


def cluster(**changed):
    return SERVING | {"kubernetes": SERVING["kubernetes"] | changed}


def test_an_environment_serves_on_sagemaker_unless_config_says_otherwise():
    for texts in (
        {},
        {"model-delivery:serving": "{}"},
        {"model-delivery:serving": '{"target": "sagemaker"}'},
    ):
        read = parse("prod", GOOD | texts)
        assert (read.serving.target, read.serving.kubernetes, type(read.instances)) == (
            "sagemaker",
            None,
            Instances,
        )


def test_a_cluster_is_read_to_the_last_field():
    read = settings(
        serving=cluster(settleSeconds=5, members={"v1.0.0": {"name": "theirs", "port": 80}}), instances=PODS
    )
    assert read.serving.kubernetes == Cluster(
        context="edge",
        server="https://kubernetes.example.com",
        namespace="flights",
        gateway=Gateway(name="public", namespace="gateways"),
        hostname="flights.example.com",
        settle_seconds=5,
        members={"v1.0.0": Member(name="theirs", port=80)},
    )
    assert read.instances == Pods(cpu=2, memory="4Gi", min=1, max=4, target_cpu_percent=70)
    assert (read.instances.millicores, settings(instances=PODS | {"cpu": "500m"}).instances.millicores) == (
        2000,
        500,
    )
    assert read.alarms is None


def test_two_members_of_one_name_are_refused():
    told = refused(serving=cluster(members={v: {"name": "theirs"} for v in ("v1.0.0", "v1.1.0")}))

    assert "v1.0.0 and v1.1.0 would both be served by theirs, and a Deployment serves one version" in told


def test_everything_else_means_the_same_on_either_target():
    assert (
        settings().rules == parse("prod", {k: v for k, v in GOOD.items() if not k.endswith(":drill")}).rules
    )


@pytest.mark.parametrize("stack", ["edge-staging", "edge-prod"])
def test_the_committed_environments_on_kubernetes_are_good(stack):
    config = yaml.safe_load((PROJECT / f"Pulumi.{stack}.yaml").read_text())["config"]
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    read = parse(stack, {"model-delivery:model": "flights"} | texts)
    assert (read.place.environment, read.serving.target) == (stack, "kubernetes")


def test_the_committed_environments_on_kubernetes_share_nothing_but_the_cluster():
    first, second = (
        yaml.safe_load((Path(PROJECT) / f"Pulumi.{stack}.yaml").read_text())["config"]
        for stack in ("edge-staging", "edge-prod")
    )
    ours, theirs = (each["model-delivery:serving"]["kubernetes"] for each in (first, second))
    assert first["aws:allowedAccountIds"] != second["aws:allowedAccountIds"]
    assert {key for key in ours if ours[key] == theirs[key]} == {"context", "server", "gateway"}


@pytest.mark.parametrize(("field", "value"), [("type", "ml.c6i.large"), ("targetInvocationsPerMinute", 6000)])
def test_what_sagemaker_runs_on_is_refused_on_kubernetes_by_name(field, value):
    told = refused(instances=PODS | {field: value})
    assert told.startswith(
        f"{FILE}: model-delivery:instances.{field} is {json.dumps(value)}, but model-delivery:serving.target"
    )
    assert "targetCpuPercent: 70" in told


@pytest.mark.parametrize("field", ["cpu", "memory", "targetCpuPercent"])
def test_what_kubernetes_runs_on_is_refused_on_sagemaker_by_name(field):
    instances = json.loads(GOOD["model-delivery:instances"]) | {field: PODS[field]}
    with pytest.raises(SettingsError) as raised:
        parse("prod", GOOD | {"model-delivery:instances": json.dumps(instances)})
    assert (
        f"model-delivery:instances.{field} is {json.dumps(PODS[field])}, but model-delivery:serving.target is sagemaker"
        in str(raised.value)
    )
    assert "type: ml.c6i.large" in str(raised.value)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("alarms", {"maxErrorRatePercent": 1, "maxLatencyMs": 500}, "CloudWatch"),
        ("capture", {"percent": 10, "days": 30}, "SageMaker that keeps requests"),
        ("monitoring", {"dashboard": True}, "CloudWatch measures"),
        ("verify", {"latencyRatio": 2}, "modelctl verify"),
        ("drill", {"withinDays": 30}, "modelctl drill"),
        ("release", {"live": "v1.0.0", "fleet": ["v1.0.0"], "candidates": 1}, "by its name in config alone"),
        (
            "training",
            {"instance": "ml.m5.large", "runDays": 60, "schedule": "rate(30 days)"},
            "no topic of alarms",
        ),
        (
            "build",
            {
                "repository": "acme/x",
                "provider": "GitHub",
                "stages": [{"name": "deploy"}],
                "deployRole": "arn:aws:iam::222222222222:role/deploy",
            },
            "no way to the cluster",
        ),
    ],
)
def test_what_nothing_on_kubernetes_obeys_is_refused_by_name_with_the_reason(key, value, why):
    told = refused(**{key: value})
    assert told.startswith(f"{FILE}: model-delivery:{key}")
    assert "serving.target is kubernetes, where nothing obeys it" in told
    assert why in told
    assert "allowed: " in told


def test_an_empty_section_of_sagemakers_is_none():
    assert settings(capture={}, drill={}, alarms={}).alarms is None


def test_on_sagemaker_alarms_are_demanded_whatever_the_engines_default():
    with pytest.raises(SettingsError, match="model-delivery:alarms is missing; allowed: "):
        parse("prod", GOOD | {"model-delivery:alarms": "{}"})


@pytest.mark.parametrize(
    ("serving", "where", "why"),
    [
        ({"target": "kubernetes"}, "serving", "goes with target kubernetes"),
        (SERVING | {"target": "sagemaker"}, "serving", "goes with target kubernetes"),
        ({"target": "lambda"}, "serving.target", "Invalid enum value"),
        (cluster(server="http://kubernetes.example.com"), "serving.kubernetes.server", "https"),
        (cluster(server="https://kubernetes.example.com/"), "serving.kubernetes.server", "https"),
        (cluster(context=""), "serving.kubernetes.context", "length"),
        (cluster(namespace="Flights"), "serving.kubernetes.namespace", "regex"),
        (cluster(hostname="flights_example"), "serving.kubernetes.hostname", "regex"),
        (cluster(settleSeconds=61), "serving.kubernetes.settleSeconds", "<= 60"),
        (
            cluster(gateway={"name": "public"}),
            "serving.kubernetes.gateway",
            "missing required field `namespace`",
        ),
        (cluster(members={"1.0": {"name": "theirs"}}), "serving.kubernetes", "vMAJOR.MINOR.PATCH"),
        (cluster(members={"v1.0.0": {"name": "theirs", "port": 0}}), "serving.kubernetes.members", ">= 1"),
        (cluster(colour="blue"), "serving.kubernetes", "unknown field `colour`"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused_with_what_can(serving, where, why):
    told = refused(serving=serving)
    assert told.startswith(f"{FILE}: model-delivery:{where}")
    assert why in told
    assert "gateway: {name: public, namespace: gateways}" in told


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"cpu": 0}, "instances.cpu"),
        ({"cpu": "half"}, "instances.cpu"),
        ({"memory": "4GB"}, "instances.memory"),
        ({"min": 5}, "max 4 is below min 5"),
        ({"targetCpuPercent": 101}, "instances.targetCpuPercent"),
    ],
)
def test_pods_that_cannot_be_are_refused_with_what_can(changed, why):
    told = refused(instances=PODS | changed)
    assert why in told
    assert "cpu and memory of one pod" in told


GIT = {"repository": "https://git.example.com/acme/flights.git", "path": "deploy/edge-prod"}


def test_an_environment_may_be_delivered_from_a_folder_in_git():
    read = settings(serving=cluster(deliver=GIT))
    assert read.serving.kubernetes.deliver == Deliver(
        repository=GIT["repository"], path="deploy/edge-prod", revision="main"
    )
    assert settings().serving.kubernetes.deliver is None


@pytest.mark.parametrize(
    "repository",
    [
        "git@git.example.com:acme/flights.git",
        "ssh://git@git.example.com/flights.git",
        "file:///srv/delivery.git",
    ],
)
def test_a_repository_is_reached_as_argo_cd_clones_it(repository):
    assert settings(serving=cluster(deliver=GIT | {"repository": repository})).serving.kubernetes.deliver


@pytest.mark.parametrize(
    "changed",
    [
        {"repository": "http://git.example.com/flights.git"},
        {"repository": "https://ada:secret@git.example.com/flights.git"},
        {"repository": "flights"},
        {"path": "/deploy/edge-prod"},
        {"path": "../edge-prod"},
        {"path": "deploy/./edge-prod"},
        {"path": "deploy/../edge-prod"},
        {"path": "deploy/edge-prod/"},
        {"path": "deploy/edge-staging"},
        {"revision": "-f"},
        {"replace": True},
    ],
)
def test_what_git_cannot_deliver_safely_is_refused_by_name(changed):
    told = refused(serving=cluster(deliver=GIT | changed))
    assert "model-delivery:serving" in told
    assert next(iter(changed)) in told
