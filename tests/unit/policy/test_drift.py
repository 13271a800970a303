"""A job that a schedule starts runs where config says, under a key, from an image that stays, and on what is captured."""

import json

import pytest

from modeldelivery.catalogue.tokens import SCHEDULE
from modeldelivery.policy.rules.drift import DRIFT_JOBS
from modeldelivery.policy.stack import UNKNOWN, Environment, Network
from tests.unit.policy.found import REGISTRY, endpoint, findings, not_known, resource, whats

CAPTURED = f"s3://{REGISTRY}/capture"
JOB = "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob"
IMAGE = f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/flights-prod-steps@sha256:{'a' * 64}"
SUBNETS, GROUPS = ["subnet-0a1b2c3d"], ["sg-0a1b2c3d"]
IN_A_NETWORK = Environment(
    name="prod",
    model="flights",
    protects=True,
    registry_bucket=REGISTRY,
    network=Network(subnets=frozenset(SUBNETS), security_groups=frozenset(GROUPS)),
)
CAPTURING = endpoint("v1.0.0", capture={"percent": 100.0, "destination": CAPTURED})


def members(key="arn:key", image=IMAGE, captured=f"{CAPTURED}/flights-prod/v1-0-0", vpc=None):
    return {
        "AppSpecification": {
            "ImageUri": image,
            "ContainerArguments": ["--captured", captured, "--metrics", "flights-prod"],
        },
        "ProcessingResources": {"ClusterConfig": {"VolumeKmsKeyId": key}},
        "NetworkConfig": {"EnableNetworkIsolation": False, **({"VpcConfig": vpc} if vpc else {})},
    }


def schedule(text=None, arn=JOB, **given):
    target = {
        "arn": arn,
        "roleArn": "arn:role",
        "input": json.dumps(members(**given)) if text is None else text,
    }
    return resource(SCHEDULE, "flights-prod-drift-v1-0-0", target=target)


def test_a_job_on_what_is_captured_passes():
    assert whats(DRIFT_JOBS, CAPTURING, schedule()) == []


@pytest.mark.parametrize(("key", "expected"), [("arn:key", []), ("", ["a volume without a key"])])
def test_a_job_that_reads_nothing_captured_needs_no_capture_and_is_held_to_the_rest(key, expected):
    given = members(key)
    given["AppSpecification"]["ContainerArguments"] = ["--env", "prod"]
    assert whats(DRIFT_JOBS, schedule(json.dumps(given))) == expected


def test_a_schedule_of_something_else_is_not_judged():
    assert whats(DRIFT_JOBS, schedule("none", arn="arn:aws:lambda:eu-west-1:1:function:f")) == []


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"key": ""}, "a volume without a key"),
        ({"image": IMAGE.replace("@sha256:", ":")}, "an image that can be moved"),
        ({"captured": f"{CAPTURED}/flights-other/v1-0-0"}, "nothing is captured"),
        ({"captured": f"s3://{REGISTRY}/captured/flights-prod/v1-0-0"}, "nothing is captured"),
        ({"text": "[]"}, "an input that cannot be read"),
        ({"text": "no JSON"}, "an input that cannot be read"),
        ({"text": ""}, "an input that cannot be read"),
    ],
)
def test_a_job_that_nobody_can_answer_for_is_found_by_what_is_wrong(given, what):
    assert whats(DRIFT_JOBS, CAPTURING, schedule(**given)) == [what]


@pytest.mark.parametrize("endpoints", [[], [endpoint("v1.0.0")]])
def test_drift_without_capture_is_found_and_the_fix_names_both_keys(endpoints):
    (finding,) = findings(DRIFT_JOBS, *endpoints, schedule())
    assert finding.what == "nothing is captured"
    assert "model-delivery:capture" in finding.fix
    assert "model-delivery:drift" in finding.fix


@pytest.mark.parametrize(
    ("vpc", "expected"),
    [
        ({"Subnets": SUBNETS, "SecurityGroupIds": GROUPS}, []),
        (None, ["another network"]),
        ({"Subnets": [*SUBNETS, "subnet-0f"], "SecurityGroupIds": GROUPS}, ["another network"]),
    ],
)
def test_a_job_runs_in_the_network_of_training(vpc, expected):
    assert whats(DRIFT_JOBS, CAPTURING, schedule(vpc=vpc), environment=IN_A_NETWORK) == expected


def test_what_is_known_only_after_the_update_is_said_to_be():
    assert not_known(DRIFT_JOBS, CAPTURING, schedule(UNKNOWN)) == ["target.input"]
    assert (
        whats(DRIFT_JOBS, endpoint("v1.0.0", capture={"percent": 9.0, "destination": UNKNOWN}), schedule())
        == []
    )
