"""The committed definition of the training pipeline: what its author renders, and what AWS and the sandbox take."""

import json

import pytest

from components.definition import DefinitionError, filled
from pipelines import sentinels
from pipelines.definition_file import DEFINITION, SOURCES, sources
from sandbox.training.definition import read

VALUES = {
    "model": "flights",
    "environment": "staging",
    "region": "eu-west-1",
    "training_role": "arn:aws:iam::111111111111:role/flights-staging-training-1234567",
    "registrar_role": "arn:aws:iam::111111111111:role/flights-staging-registrar-1234567",
    "key_arn": "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555",
    "runs": "s3://flights-staging-registry-111111111111-eu-west-1/runs",
    "instance": "ml.m5.large",
    "network": None,
    "tags": {"model": "flights", "environment": "staging"},
}
NETWORK = {"subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1"]}


def steps(definition):
    """All steps by name, those of branches as well."""
    waiting, all_steps = list(json.loads(definition)["Steps"]), {}
    while waiting:
        step = waiting.pop()
        all_steps[step["Name"]] = step
        waiting += step["Arguments"].get("IfSteps", []) + step["Arguments"].get("ElseSteps", [])
    return all_steps


@pytest.fixture(scope="module")
def definition():
    return filled(DEFINITION.read_text(), VALUES)


@pytest.mark.parametrize("network", [None, NETWORK])
def test_the_sandbox_takes_the_definition_whose_arguments_are_what_aws_takes(network):
    read(filled(DEFINITION.read_text(), {**VALUES, "network": network}))


def test_the_definition_has_the_parameters_of_an_execution(definition):
    """docs/training.md; `modelctl train` gives exactly these."""
    given = {one["Name"]: one.get("DefaultValue") for one in json.loads(definition)["Parameters"]}
    assert given == {
        **dict.fromkeys(("Version", "Commit", "Data", "DataRevision", "Champion", "Image", "StepImage")),
        "First": None,
        "Until": None,
        "Fit": "{}",
        "Skip": "",
        "Evaluation": "",
        "Register": "yes",
    }


def test_every_parameter_is_used(definition):
    used = {name for name in read(definition).parameters if f'"Get":"Parameters.{name}"' in definition}
    assert used == read(definition).parameters.keys()


def test_a_stack_without_a_network_of_its_own_has_none_in_its_jobs(definition):
    assert "VpcConfig" not in definition


def test_every_job_is_in_the_stacks_network():
    jobs = steps(filled(DEFINITION.read_text(), {**VALUES, "network": NETWORK})).values()
    of_jobs = [
        step["Arguments"].get("VpcConfig") or step["Arguments"]["NetworkConfig"]["VpcConfig"]
        for step in jobs
        if step["Type"] in {"Processing", "Training"}
    ]
    assert of_jobs == [{"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]}] * 5


def isolated(step):
    arguments = step["Arguments"]
    return arguments.get("EnableNetworkIsolation") or arguments.get("NetworkConfig", {}).get(
        "EnableNetworkIsolation"
    )


def test_only_the_step_that_registers_has_a_network_and_the_registrars_role(definition):
    jobs = {
        name: step for name, step in steps(definition).items() if step["Type"] in {"Processing", "Training"}
    }
    assert {name for name, step in jobs.items() if not isolated(step)} == {"Register"}
    roles = {name: step["Arguments"]["RoleArn"] for name, step in jobs.items()}
    assert roles.pop("Register") == VALUES["registrar_role"]
    assert set(roles.values()) == {VALUES["training_role"]}


def test_what_makes_a_model_is_cached_and_its_registration_is_not(definition):
    cached = {name: step["CacheConfig"] for name, step in steps(definition).items() if "CacheConfig" in step}
    assert cached.keys() == {"Validate", "Featurize", "Train", "Evaluate"}
    assert all(each == {"Enabled": True, "ExpireAfter": "P30D"} for each in cached.values())


def test_a_job_is_tried_again_for_the_platforms_faults_and_never_for_its_own(definition):
    for name, step in read(definition).steps.items():
        retried = {fault for policy in step.policies for fault in policy.exceptions}
        expected = {
            *("Step.SERVICE_FAULT", "Step.THROTTLING", "SageMaker.RESOURCE_LIMIT"),
            *("SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR"),
        }
        assert retried == (expected if step.type in {"Processing", "Training"} else set()), name


def test_every_volume_and_every_output_is_under_the_environments_key(definition):
    for name, step in steps(definition).items():
        arguments = step["Arguments"]
        if step["Type"] == "Processing":
            keys = {arguments["ProcessingResources"]["ClusterConfig"].get("VolumeKmsKeyId")}
            if outputs := arguments.get("ProcessingOutputConfig"):
                keys.add(outputs.get("KmsKeyId"))
        elif step["Type"] == "Training":
            keys = {
                arguments["ResourceConfig"].get("VolumeKmsKeyId"),
                arguments["OutputDataConfig"].get("KmsKeyId"),
            }
        else:
            continue
        assert keys == {VALUES["key_arn"]}, name


def test_a_gate_that_stops_ends_the_execution_with_its_name_and_its_sentence(definition):
    ends = {
        name: step["Arguments"]["ErrorMessage"]["Std:Join"]["Values"]
        for name, step in steps(definition).items()
        if step["Type"] == "Fail"
    }
    assert {name: words[0] for name, words in ends.items()} == {
        "ValidateStopped": "validation gate:",
        "EvaluateStopped": "evaluation gate:",
    }
    for words in ends.values():
        assert words[1]["Std:JsonGet"]["Path"] == "sentence"


@pytest.mark.parametrize("name", sorted(name for name in vars(sentinels) if name.isupper()))
def test_a_definition_that_lacks_a_sentinel_is_refused(name):
    value = getattr(sentinels, name)
    for part in (value,) if isinstance(value, str) else value:
        text = DEFINITION.read_text().replace(json.dumps(part), '"something else"')
        with pytest.raises(DefinitionError):
            filled(text, VALUES)


@pytest.mark.parametrize("name", sorted(name for name in vars(sentinels) if name.isupper()))
def test_a_sentinel_inside_another_text_is_refused(name):
    value = getattr(sentinels, name)
    document = json.loads(DEFINITION.read_text())
    part = value if isinstance(value, str) else value[0]
    document["Steps"][0]["Description"] = f"of {part}"
    with pytest.raises(DefinitionError, match="where nothing replaces it"):
        filled(json.dumps(document), VALUES)


def test_a_value_that_looks_like_a_sentinel_is_a_value():
    """The smallest instance is one that a stack may choose."""
    assert filled(DEFINITION.read_text(), {**VALUES, "instance": sentinels.INSTANCE})


def test_the_definition_was_written_from_the_sources_as_they_are():
    """Without the SDK: a change of them and no `make definition` is noticed everywhere."""
    written = DEFINITION.with_name(SOURCES).read_text().strip()
    assert written == sources(), "type `make definition`, and look at what it changed"


def test_a_proposal_ends_well_after_the_gates_and_before_the_registration(definition):
    judged, registers = (steps(definition)[name]["Arguments"] for name in ("Judged", "Registers"))
    assert [step["Name"] for step in judged["IfSteps"]] == ["Registers"]
    (condition,) = registers["Conditions"]
    assert (condition["LeftValue"], condition["RightValue"]) == ({"Get": "Parameters.Register"}, "yes")
    assert [step["Name"] for step in registers["IfSteps"]] == ["Register"]
    assert registers["ElseSteps"] == []
