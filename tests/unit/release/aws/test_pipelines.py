"""What SageMaker's answers on pipelines mean: held to AWS' own model of each answer by botocore's stubber."""

import json
from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from modeldelivery.release.aws.pipelines import SageMakerExecutions
from modeldelivery.release.core.training import Ending, Inputs, ending, sentence
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.version import Version

ARN = "arn:aws:sagemaker:eu-west-1:111111111111:pipeline/flights-staging/execution/abcdefghijkl"
JOB = "arn:aws:sagemaker:eu-west-1:111111111111:processing-job/pipelines-abcdefghijkl-validate-0123456789"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
INPUTS = Inputs(
    version=Version("v1.2.0"),
    commit="c" * 40,
    data="s3://data/",
    data_revision="sha256:1",
    champion="s3://registry/",
    image="image",
    step_image="steps",
    first="2013-01",
    until="2013-03",
    fit="{}",
)


@pytest.fixture(scope="module")
def client():
    return boto3.Session("key", "secret", region_name="eu-west-1").client("sagemaker")


@pytest.fixture
def sagemaker(client):
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def executions(client):
    return SageMakerExecutions(sagemaker=client, name="flights-staging")


def step(name, status="Succeeded", **more):
    return {"StepName": name, "StartTime": NOW, "StepStatus": status, "Metadata": {}, **more}


def shows(sagemaker, status, *steps):
    sagemaker.add_response("describe_pipeline_execution", {"PipelineExecutionStatus": status})
    sagemaker.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": list(steps)})


def test_a_pipeline_is_known_by_its_parameters_and_its_definition(executions, sagemaker):
    for parameters in (["Version", "Data"], ["Version"]):
        text = json.dumps({"Parameters": [{"Name": name, "Type": "String"} for name in parameters]})
        sagemaker.add_response("describe_pipeline", {"PipelineDefinition": text})
    one, other = executions.pipeline(), executions.pipeline()
    assert (one.parameters, other.parameters) == ({"Version", "Data"}, {"Version"})
    assert one.digest != other.digest


def test_an_environment_without_a_pipeline_has_none(executions, sagemaker):
    message = f"Pipeline '{ARN}' does not exist."
    sagemaker.add_client_error("describe_pipeline", "ResourceNotFound", message)
    assert executions.pipeline() is None


def test_a_pipeline_that_may_not_be_seen_is_not_taken_for_none(executions, sagemaker):
    sagemaker.add_client_error("describe_pipeline", "AccessDeniedException", "no", http_status_code=403)
    with pytest.raises(UnreachableError, match="AccessDenied"):
        executions.pipeline()


def test_an_execution_is_started_with_its_parameters_once_for_each_token(executions, sagemaker):
    request = {
        "PipelineName": "flights-staging",
        "PipelineExecutionDisplayName": "v1-2-0-abc",
        "PipelineParameters": [{"Name": name, "Value": value} for name, value in INPUTS.parameters.items()],
        "ClientRequestToken": "t" * 64,
    }
    sagemaker.add_response("start_pipeline_execution", {"PipelineExecutionArn": ARN}, request)
    assert executions.start(INPUTS, "t" * 64, "v1-2-0-abc") == ARN


def test_executions_and_steps_are_read_over_all_pages(executions, sagemaker):
    for arn, more in ((ARN, {"NextToken": "1"}), (ARN[:-1] + "m", {})):
        summary = {"PipelineExecutionArn": arn, "PipelineExecutionStatus": "Executing"}
        sagemaker.add_response("list_pipeline_executions", {"PipelineExecutionSummaries": [summary], **more})
    assert [each.arn for each in executions.listed()] == [ARN, ARN[:-1] + "m"]
    sagemaker.add_response("describe_pipeline_execution", {"PipelineExecutionStatus": "Executing"})
    for name, more in (("A", {"NextToken": "1"}), ("B", {})):
        sagemaker.add_response(
            "list_pipeline_execution_steps", {"PipelineExecutionSteps": [step(name)], **more}
        )
    assert [each.name for each in executions.look(ARN).steps] == ["A", "B"]


def test_a_fail_step_is_a_gate_with_its_message_as_sentence(executions, sagemaker):
    message = "evaluation gate: AUC 0.61 is under 0.64"
    metadata = {"Fail": {"ErrorMessage": message}}
    shows(
        sagemaker,
        "Failed",
        step("Evaluate"),
        step("Worse", "Failed", Metadata=metadata, FailureReason=message),
    )
    execution = executions.look(ARN)
    assert (ending(execution), sentence(execution)) == (Ending.GATE, message)


@pytest.mark.parametrize(
    ("status", "end"), [("exit code: 3", Ending.GATE), ("exit code: 1", Ending.FAILED), ("", Ending.FAILED)]
)
def test_what_a_processing_job_said_itself_is_its_steps_reason(executions, sagemaker, status, end):
    reason = f"ClientError: AlgorithmError: See job logs for more information, {status}"
    failed = step("Validate", "Failed", Metadata={"ProcessingJob": {"Arn": JOB}}, FailureReason=reason)
    shows(sagemaker, "Failed", failed)
    described = {
        "ProcessingJobName": JOB.rpartition("/")[2],
        "ProcessingJobArn": JOB,
        "ProcessingJobStatus": "Failed",
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
        "AppSpecification": {"ImageUri": "image"},
        "CreationTime": NOW,
        "ExitMessage": "validate stopped: no rows",
    }
    sagemaker.add_response(
        "describe_processing_job", described, {"ProcessingJobName": JOB.rpartition("/")[2]}
    )
    execution = executions.look(ARN)
    assert ending(execution) is end
    assert execution.steps[0].reason == "validate stopped: no rows"


def test_a_step_whose_result_stands_from_before_is_cached(executions, sagemaker):
    shows(sagemaker, "Executing", step("A", CacheHitResult={"SourcePipelineExecutionArn": ARN}), step("B"))
    assert [each.cached for each in executions.look(ARN).steps] == [True, False]
