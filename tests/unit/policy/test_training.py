"""A job that trains has its inputs and nothing else."""

import copy
import json

import pytest

from components.definition import filled
from modeldelivery.catalogue.tokens import PIPELINE
from modeldelivery.policy.judgement import Judge
from modeldelivery.policy.recorded import read_register
from modeldelivery.policy.rules import JUDGED
from modeldelivery.policy.rules.training import TRAINING_JOBS
from modeldelivery.policy.stack import UNKNOWN, Environment, Network, environment_of
from pipelines.definition_file import DEFINITION
from tests.conftest import CHECKOUT
from tests.unit.policy.found import REGISTRY, STAGING, findings, not_known, resource, whats

KEY = "arn:aws:kms:eu-west-1:111111111111:key/k"
SUBNETS, GROUPS = ["subnet-0a1b2c3d"], ["sg-0a1b2c3d"]
JOBS = ["Validate", "Featurize", "Train", "Evaluate", "Register"]
OPEN = ["Register: network"]
IN_A_NETWORK = Environment(
    name="staging",
    model="flights",
    protects=False,
    registry_bucket=REGISTRY,
    network=Network(subnets=frozenset(SUBNETS), security_groups=frozenset(GROUPS)),
)


def definition(network=None):
    """The repository's own, as staging has it."""
    values = {
        "model": "flights",
        "environment": "staging",
        "region": "eu-west-1",
        "training_role": "arn:aws:iam::111111111111:role/training",
        "registrar_role": "arn:aws:iam::111111111111:role/registrar",
        "key_arn": KEY,
        "runs": "s3://registry/runs",
        "instance": "ml.m5.large",
        "network": network,
        "tags": {"model": "flights"},
    }
    return json.loads(filled(DEFINITION.read_text(), values))


def steps(document):
    """Every step by its name."""
    pending, named = list(document["Steps"]), {}
    while pending:
        step = pending.pop()
        named[step["Name"]] = step
        if step["Type"] == "Condition":
            pending += step["Arguments"]["IfSteps"] + step["Arguments"]["ElseSteps"]
    return named


def pipeline(document):
    text = document if isinstance(document, str) else json.dumps(document)
    return resource(PIPELINE, "flights-staging", pipelineDefinition=text)


def without(name, *place, value=None):
    """The definition with one argument of a step another, or none."""
    document = definition()
    at = steps(document)[name]["Arguments"]
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    if value is None:
        del at[place[-1]]
    return pipeline(document)


def test_of_the_projects_own_pipeline_register_alone_has_a_network():
    assert whats(TRAINING_JOBS, pipeline(definition()), environment=STAGING) == OPEN


def test_that_it_has_one_is_excepted_in_staging_by_a_file_with_a_reason():
    folder = CHECKOUT / "modeldelivery" / "policy" / "exceptions"
    register = read_register(folder, rules={rule.name for rule in JUDGED})
    judge = Judge(register=register, today=min(each.expires for each in register.recorded))
    results = TRAINING_JOBS.judge(pipeline(definition()), STAGING)
    assert list(judge.open(TRAINING_JOBS, results, STAGING)) == []


PROCESSING = {
    "network": ("NetworkConfig", "EnableNetworkIsolation"),
    "volumes": ("ProcessingResources", "ClusterConfig", "VolumeKmsKeyId"),
    "outputs": ("ProcessingOutputConfig", "KmsKeyId"),
}
TRAINING = {
    "network": ("EnableNetworkIsolation",),
    "volumes": ("ResourceConfig", "VolumeKmsKeyId"),
    "outputs": ("OutputDataConfig", "KmsKeyId"),
}
PLACES = [
    (name, what, place)
    for name, places in (("Validate", PROCESSING), ("Evaluate", PROCESSING), ("Train", TRAINING))
    for what, place in places.items()
]


@pytest.mark.parametrize(("name", "what", "place"), PLACES)
def test_a_job_with_a_network_or_without_a_key_is_found(name, what, place):
    expected = sorted([*OPEN, f"{name}: {what}"])
    for value in (None, False, "", {"Get": "Parameters.Commit"}):
        results = whats(TRAINING_JOBS, without(name, *place, value=value), environment=STAGING)
        assert sorted(results) == expected, value


def test_jobs_run_where_config_says():
    there = {"subnets": SUBNETS, "security_groups": GROUPS}
    assert whats(TRAINING_JOBS, pipeline(definition(there)), environment=IN_A_NETWORK) == OPEN


@pytest.mark.parametrize(
    "network",
    [
        None,
        {"subnets": ["subnet-1"], "security_groups": GROUPS},
        {"subnets": SUBNETS, "security_groups": ["sg-1"]},
    ],
)
def test_jobs_that_run_elsewhere_than_config_says_are_found(network):
    results = whats(TRAINING_JOBS, pipeline(definition(network)), environment=IN_A_NETWORK)
    assert sorted(results) == sorted([*OPEN, *(f"{name}: VpcConfig" for name in JOBS)])


@pytest.mark.parametrize("branch", ["IfSteps", "ElseSteps"])
def test_a_job_in_a_branch_of_a_condition_is_judged(branch):
    document = definition()
    job = copy.deepcopy(steps(document)["Validate"])
    job["Name"] = "More"
    job["Arguments"]["NetworkConfig"]["EnableNetworkIsolation"] = False
    steps(document)["Judged"]["Arguments"][branch].append(job)
    assert sorted(whats(TRAINING_JOBS, pipeline(document), environment=STAGING)) == ["More: network", *OPEN]


@pytest.mark.parametrize("kind", ["Lambda", "Transform", "Tuning", "ClarifyCheck", None])
def test_a_step_of_which_nobody_has_said_what_it_may_is_found(kind):
    document = definition()
    document["Steps"].append({"Name": "More", "Type": kind, "Arguments": {}})
    assert f"More: {kind} step" in whats(TRAINING_JOBS, pipeline(document), environment=STAGING)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"Steps": {}}'])
def test_a_definition_that_cannot_be_read_is_found(text):
    assert whats(TRAINING_JOBS, pipeline(text)) == ["pipelineDefinition"]


def test_a_definition_that_lies_elsewhere_is_found():
    there = resource(PIPELINE, pipelineDefinitionS3Location={"bucket": "b", "objectKey": "k"})
    (finding,) = findings(TRAINING_JOBS, there)
    assert (finding.what, "give the definition itself" in finding.fix) == (
        "pipelineDefinitionS3Location",
        True,
    )


def test_a_definition_that_is_not_known_yet_is_said_to_be():
    assert not_known(TRAINING_JOBS, resource(PIPELINE, pipelineDefinition=UNKNOWN)) == ["pipelineDefinition"]


@pytest.mark.parametrize(
    ("training", "network"),
    [
        ('{"instance": "ml.m5.large", "runDays": 60}', None),
        (
            json.dumps({"instance": "x", "network": {"subnets": SUBNETS, "securityGroups": GROUPS}}),
            IN_A_NETWORK.network,
        ),
        ("", None),
        ('{"network": 1}', None),
    ],
)
def test_the_network_is_configs(training, network):
    assert environment_of("staging", {"model-delivery:training": training}).network == network
