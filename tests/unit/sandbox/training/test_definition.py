"""What a definition may hold, and the sentence for what it may not."""

import json

import pytest
from botocore.model import ListShape, MapShape, StructureShape

from sandbox.training.arguments import NoSampleError, input_of_create, sample
from sandbox.training.definition import read
from sandbox.training.document import DefinitionError
from sandbox.training.parameters import parameters_of
from sandbox.training.requests import ACTS
from sandbox.training.retries import Policy
from tests.unit.sandbox.training.pipelines import (
    at_least,
    condition,
    definition,
    fail,
    get,
    join,
    json_get,
    parameter,
    processing,
    training,
)

REPORT = {
    "PropertyFiles": [{"PropertyFileName": "report", "OutputName": "report", "FilePath": "evaluation.json"}]
}
EXAMPLES = get("Steps.Featurize.ProcessingOutputConfig.Outputs['training'].S3Output.S3Uri")
OUT = join("s3://bucket/runs", get("Execution.PipelineExecutionId"), "training")


def changed(step, path, value):
    """The step with another value at a path of its Arguments."""
    inner = step["Arguments"]
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return step


FEATURIZE = processing("Featurize", inputs=[("data", get("Parameters.data"))], outputs=[("training", OUT)])
EVALUATE = processing(
    "Evaluate",
    inputs=[("model", get("Steps.Train.ModelArtifacts.S3ModelArtifacts"))],
    outputs=[("report", "s3://bucket/report")],
    **REPORT,
)
GATE = condition(
    "Gate",
    at_least(json_get("Evaluate", "report", "auc"), get("Parameters.floor")),
    then=[processing("Register")],
    otherwise=[fail("Stopped", join("evaluation gate: AUC ", json_get("Evaluate", "report", "auc"), on=""))],
)
WHOLE = definition(
    FEATURIZE,
    training(
        "Train", channels=[("training", EXAMPLES)], parameters={"seed": join(get("Parameters.seed"), on="")}
    ),
    EVALUATE,
    GATE,
    parameters=[
        parameter("data", DefaultValue="s3://bucket/data"),
        parameter("seed", "Integer", DefaultValue=0),
        parameter("floor", "Float", DefaultValue=0.6),
        parameter("months", EnumValues=["3", "12"]),
    ],
)


def test_steps_wait_for_those_whose_results_they_use_and_for_their_condition():
    graph = read(WHOLE).graph
    assert {name: set(node.needs) for name, node in graph.items()} == {
        "Featurize": set(),
        "Train": {"Featurize"},
        "Evaluate": {"Train"},
        "Gate": {"Evaluate"},
        "Register": set(),
        "Stopped": {"Evaluate"},
    }
    assert (graph["Register"].branch, graph["Stopped"].branch) == (("Gate", True), ("Gate", False))


def test_caching_retries_and_names_are_read():
    step = read(
        definition(
            processing(
                "P",
                CacheConfig={"Enabled": True, "ExpireAfter": "P30D"},
                RetryPolicies=[
                    {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 3, "ExpireAfterMin": 7}
                ],
                DisplayName="a step",
            )
        )
    ).steps["P"]
    assert (step.caching, step.expire_after) == (True, 2_592_000)
    assert step.policies == (Policy(("SageMaker.CAPACITY_ERROR",), 3, 2.0, None, 7),)
    assert step.shown == {"StepDisplayName": "a step"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON"),
        ("[]", "is no object"),
        (json.dumps({"Version": "2020-12-01"}), "Steps is missing"),
        (json.dumps({"Version": "2021-01-01", "Steps": []}), "it is '2020-12-01'"),
        (
            json.dumps({"Version": "2020-12-01", "Steps": [], "Owner": "me"}),
            "Owner is not known here: Version",
        ),
        (
            definition({"Name": "L", "Type": "Lambda", "Arguments": {}}),
            "step L: the sandbox runs no step of type Lambda: Processing",
        ),
        (definition(processing("P.Q")), 'step "P.Q": a name has 1 to 64 letters, digits'),
        (definition(processing("P", Owner="me")), "step P: Owner is not known here: Name"),
        (definition(training("T", PropertyFiles=[])), "step T: PropertyFiles is not known here"),
        (definition(fail("F", "x", CacheConfig={})), "step F: CacheConfig is not known here"),
        (definition(processing("P"), processing("P")), "two steps are called P"),
        (definition(processing("P", DependsOn=["Q"])), "step P needs a step Q"),
        (
            definition(processing("P", DependsOn=["Q"]), processing("Q", DependsOn=["P"])),
            "wait for each other: ",
        ),
        (
            definition(condition("C", at_least(1, 0)), processing("P", DependsOn=["C"])),
            "C, which is a Condition step",
        ),
        (definition(processing("P", CacheConfig={"Enabled": "yes"})), 'Enabled = "yes": it is true or false'),
        (
            definition(processing("P", CacheConfig={"Enabled": True, "ExpireAfter": "a month"})),
            "write one as P30D",
        ),
        (
            definition(processing("P", CacheConfig={"Enabled": True, "Expires": "P1D"})),
            "Expires is not known here",
        ),
        (
            definition(processing("P", RetryPolicies=[{"ExceptionType": ["AlgorithmError"]}])),
            'ExceptionType "AlgorithmError" is none of',
        ),
        (
            definition(
                processing("P", RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 21}])
            ),
            "MaxAttempts = 21: it is a whole number from 1 to 20",
        ),
        (
            definition(
                processing(
                    "P",
                    RetryPolicies=[
                        {"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 2, "ExpireAfterMin": 2}
                    ],
                )
            ),
            "only one of MaxAttempts and ExpireAfterMin",
        ),
        (
            definition(processing("P", **REPORT)),
            "property file report is in output report, which the step does not have",
        ),
        (
            definition(fail("F", json_get("P", "report", "auc")), processing("P")),
            "step P has no property file report: it has none",
        ),
        (definition(fail("F", get("Parameters.none"))), "no parameter none: it has none"),
        (definition(fail("F", {"Std:Upper": "x"})), "no intrinsic of the sandbox's"),
        (
            definition(condition("C", {"Type": "Matches", "LeftValue": 1, "RightValue": 1})),
            "its Type is one of Equals",
        ),
        (
            definition(condition("C", {"Type": "In", "LeftValue": 1})),
            "it has QueryValue and Values, not LeftValue",
        ),
        (definition(condition("C")), "at least one condition"),
        (definition(parameters=[parameter("p", "Text")]), "parameter p: Type = .*it is one of String"),
        (
            definition(parameters=[parameter("p", "Integer", DefaultValue="1")]),
            'parameter p: "1" is no Integer',
        ),
        (
            definition(parameters=[parameter("p", "Integer", DefaultValue=True)]),
            "parameter p: true is no Integer",
        ),
    ],
)
def test_what_a_definition_cannot_hold_is_refused_by_name(text, sentence):
    with pytest.raises(DefinitionError, match=sentence):
        read(text)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("Priority",), "high", 'Unknown parameter in input: "Priority"'),
        (
            ("ProcessingResources", "ClusterConfig", "InstanceCount"),
            "1",
            "STRING_VALUE can not be converted to an Integer",
        ),
        (
            ("ProcessingResources", "ClusterConfig", "InstanceCount"),
            join("1"),
            "takes a integer, and what stands there is a String",
        ),
        (("ProcessingResources", "ClusterConfig", "InstanceType"), "huge", "enum value set"),
        (
            ("ProcessingResources", "ClusterConfig"),
            get("Parameters.word"),
            "is a structure: no intrinsic is one",
        ),
        (("RoleArn",), "arn:aws:iam::role/training", "pattern"),
        (
            ("AppSpecification", "ImageUri"),
            get("Parameters.count"),
            "takes a string, and what stands there is a Integer",
        ),
        (("ProcessingJobName",), "mine", "SageMaker names the job of a step"),
        (
            ("Environment",),
            {"A": get("Steps.Other.ProcessingJobStatus.x")},
            "a Processing job has no value there",
        ),
        (("Environment",), {"A": get("Steps.Other.ProcessingInputs")}, "a Processing job has no value there"),
        (("ExperimentConfig",), {"ExperimentName": "e"}, "does not act on ExperimentConfig.ExperimentName"),
        (("NetworkConfig", "EnableNetworkIsolation"), "true", "can not be converted to a Boolean"),
    ],
)
def test_arguments_that_the_job_would_not_take_are_refused_before_anything_runs(path, value, sentence):
    step = changed(processing("P", Description="x"), path, value)
    parameters = [parameter("word", DefaultValue="a"), parameter("count", "Integer", DefaultValue=1)]
    with pytest.raises(DefinitionError, match=sentence):
        read(definition(processing("Other"), step, parameters=parameters))


def test_a_job_that_lacks_what_it_needs_is_refused():
    step = processing("P")
    del step["Arguments"]["RoleArn"]
    with pytest.raises(DefinitionError, match="Value null at 'roleArn'"):
        read(definition(step))


@pytest.mark.parametrize("kind", ["Processing", "Training"])
def test_an_intrinsic_can_stand_for_every_value_of_a_job_that_the_sandbox_acts_on(kind):
    places = {path: shape for path, shape in scalars(input_of_create(kind)) if path and ACTS[kind](path)}
    assert len(places) > 20
    assert [path for path, shape in places.items() if not has_sample(shape)] == []


def scalars(shape, path=()):
    if isinstance(shape, StructureShape):
        for member, inner in shape.members.items():
            yield from scalars(inner, (*path, member))
    elif isinstance(shape, ListShape):
        yield from scalars(shape.member, path)
    elif isinstance(shape, MapShape):
        yield from scalars(shape.value, path)
    else:
        yield path, shape


def has_sample(shape):
    try:
        sample(shape)
    except NoSampleError:
        return False
    return True


def test_parameters_are_defaults_and_what_an_execution_gives():
    values = parameters_of(read(WHOLE).parameters, {"months": "12", "seed": "7"})
    assert values == {"data": "s3://bucket/data", "seed": 7, "floor": 0.6, "months": "12"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "parameter months has no default"),
        ({"months": "6"}, "it may be one of 3, 12"),
        ({"months": "3", "month": "3"}, "no parameter month: it has data, seed, floor, months"),
        ({"months": "3", "seed": "seven"}, "'seven' is no Integer"),
        ({"months": "3", "seed": "1.5"}, "'1.5' is no Integer"),
        ({"months": "3", "floor": "true"}, "'true' is no Float"),
    ],
)
def test_parameters_that_the_pipeline_does_not_take_are_refused(given, sentence):
    with pytest.raises(DefinitionError, match=sentence):
        parameters_of(read(WHOLE).parameters, given)
