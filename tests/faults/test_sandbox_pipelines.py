"""SageMaker pipelines in the sandbox: executions of real jobs, with conditions, cache, retries and stops."""

import io
import json
import tarfile
import time
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from pipelines import dataset
from pipelines.flights.data import parse_month, published
from tests.conftest import CHECKOUT
from tests.faults.training import BUCKET, SERVICE, allow, training_in
from tests.unit.sandbox.training import pipelines as made
from tests.unit.sandbox.training.pipelines import (
    at_least,
    condition,
    definition,
    fail,
    get,
    join,
    json_get,
    parameter,
)

pytestmark = pytest.mark.faults

REPORT = {
    "PropertyFiles": [{"PropertyFileName": "report", "OutputName": "report", "FilePath": "report.json"}]
}
CACHED = {"CacheConfig": {"Enabled": True, "ExpireAfter": "P30D"}}


@pytest.fixture(scope="module")
def training(alone):
    return training_in(alone)


def out(name):
    """Where outputs of an execution go."""
    return join(f"s3://{BUCKET}/runs", get("Execution.PipelineExecutionId"), name)


def judged(training):
    """A pipeline that copies data, trains on the copy, and judges a report: `auc` must reach `floor`."""
    copied = get("Steps.Copy.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri")
    auc = json_get("Evaluate", "report", "auc")
    return [
        training.step(
            "Copy",
            "copy",
            "data",
            "out",
            inputs=[("data", get("Parameters.data"))],
            outputs=[("out", out("copy"))],
            **CACHED,
        ),
        made.training(
            "Train",
            channels=[("training", copied)],
            parameters={"seed": "0"},
            image=training.image,
            role=training.role,
            output=out("models"),
            **CACHED,
        ),
        training.step(
            "Evaluate",
            *("copy", "reports", "report"),
            inputs=[
                ("reports", get("Parameters.reports")),
                ("model", get("Steps.Train.ModelArtifacts.S3ModelArtifacts")),
            ],
            outputs=[("report", out("report"))],
            **REPORT,
            **CACHED,
        ),
        condition(
            "Gate",
            at_least(auc, get("Parameters.floor")),
            then=[training.step("Register", "say", "registered")],
            otherwise=[
                fail(
                    "Refused",
                    join("evaluation gate: AUC ", auc, " is under ", get("Parameters.floor"), on=""),
                )
            ],
        ),
    ]


PARAMETERS = [parameter("data"), parameter("reports"), parameter("floor", "Float", DefaultValue=0.6)]


@pytest.fixture(scope="module")
def judging(training):
    """Name of such a pipeline, and the parameters of a good execution of it."""
    name = training.pipeline(*judged(training), parameters=PARAMETERS)
    given = {
        "data": training.put("data/a.csv", "1"),
        "reports": training.put("reports/report.json", json.dumps({"auc": 0.65})),
    }
    return name, given


def statuses(steps):
    return {name: step["StepStatus"] for name, step in steps.items()}


def test_an_execution_runs_its_steps_in_order_and_takes_the_branch_that_its_report_chooses(training, judging):
    name, given = judging
    status, steps = training.run(name, **given)
    assert (status, set(statuses(steps).values())) == ("Succeeded", {"Succeeded"}), steps
    assert steps.keys() == {"Copy", "Train", "Evaluate", "Gate", "Register"}
    assert steps["Gate"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    starts = [steps[step]["StartTime"] for step in ("Copy", "Train", "Evaluate", "Gate", "Register")]
    assert starts == sorted(starts)


def test_a_condition_that_does_not_hold_ends_the_execution_with_its_sentence(training, judging):
    name, given = judging
    arn = training.start(name, **given, floor="0.7")
    status, steps = training.followed(arn)
    assert status == "Failed"
    assert steps["Refused"]["FailureReason"] == "evaluation gate: AUC 0.65 is under 0.7"
    assert "Register" not in steps
    described = training.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    assert described["FailureReason"] == "Step failure: One or multiple steps failed."


def test_the_same_again_is_cached_where_the_step_says_so_and_a_changed_uri_is_not(training, judging):
    name, given = judging
    training.run(name, **given)
    arn = training.start(name, **given)
    _, steps = training.followed(arn)
    hits = {step for step, shown in steps.items() if "CacheHitResult" in shown}
    assert hits == {"Copy", "Train", "Evaluate"}
    _, steps = training.run(name, **{**given, "data": training.put("other/a.csv", "1")})
    assert "CacheHitResult" not in steps["Copy"]
    assert "CacheHitResult" not in steps["Train"], "its input is another execution's output"


def test_a_step_whose_job_fails_ends_the_execution_and_says_which_job(training):
    status, steps = training.run(
        training.pipeline(
            training.step("Bad", "end", "3", "no rows"), training.step("After", "say", "x", DependsOn=["Bad"])
        )
    )
    assert (status, statuses(steps)) == ("Failed", {"Bad": "Failed"})
    assert (
        steps["Bad"]["FailureReason"]
        == "ClientError: AlgorithmError: See job logs for more information, exit code: 3"
    )
    arn = steps["Bad"]["Metadata"]["ProcessingJob"]["Arn"]
    job = training.sagemaker.describe_processing_job(ProcessingJobName=arn.rpartition("/")[2])
    assert job["ExitMessage"] == "no rows"
    assert steps["Bad"]["AttemptCount"] == 1


def test_a_failed_execution_is_retried_from_the_step_that_failed(training):
    steps = [
        training.step("First", "say", "x"),
        training.step("Reads", "say", "y", inputs=[("late", f"s3://{BUCKET}/late")], DependsOn=["First"]),
    ]
    arn = training.start(training.pipeline(*steps))
    status, before = training.followed(arn)
    assert (status, statuses(before)) == ("Failed", {"First": "Succeeded", "Reads": "Failed"})
    training.put("late/file", "x")
    training.sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)
    status, after = training.followed(arn)
    assert (status, statuses(after)) == ("Succeeded", {"First": "Succeeded", "Reads": "Succeeded"})
    assert after["First"] == before["First"]


def test_a_stopped_execution_stops_its_job_and_starts_nothing_more(training):
    steps = [
        training.step("Long", "say", "begun", "wait", "600"),
        training.step("After", "say", "x", DependsOn=["Long"]),
    ]
    arn = training.start(training.pipeline(*steps))
    deadline = time.monotonic() + 120
    while "ProcessingJob" not in training.steps(arn)["Long"]["Metadata"] and time.monotonic() < deadline:
        time.sleep(0.1)
    training.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    status, steps = training.followed(arn, deadline=120)
    assert (status, statuses(steps)) == ("Stopped", {"Long": "Stopped"})
    job = steps["Long"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    assert training.ended(job)["ProcessingJobStatus"] == "Stopped"


def test_a_token_starts_one_execution(training):
    name, token = training.pipeline(training.step("Only", "say", "x")), uuid4().hex
    arns = {
        training.sagemaker.start_pipeline_execution(PipelineName=name, ClientRequestToken=token)[
            "PipelineExecutionArn"
        ]
        for _ in range(2)
    }
    assert len(arns) == 1
    listed = training.sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
    assert [one["PipelineExecutionArn"] for one in listed] == list(arns)
    training.followed(arns.pop())


def test_a_pipelines_role_makes_only_jobs_that_it_may(training):
    runner = training.sandbox.role(
        "staging", "idle", allow("sagemaker:DescribeProcessingJob"), trusts=SERVICE
    )
    name = f"pipeline-{uuid4().hex[:8]}"
    text = definition(training.step("Only", "say", "x"))
    training.sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=runner)
    status, steps = training.run(name)
    assert status == "Failed"
    assert steps["Only"]["FailureReason"].startswith(
        "ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: "
    )
    assert "sagemaker:CreateProcessingJob" in steps["Only"]["FailureReason"]


def test_a_definition_that_cannot_run_is_refused_when_the_pipeline_is_made(training):
    step = {"Name": "L", "Type": "Lambda", "Arguments": {}}
    with pytest.raises(ClientError, match="step L: the sandbox runs no step of type Lambda"):
        training.pipeline(step)


def test_parameters_that_the_pipeline_does_not_have_are_refused_when_it_is_started(training, judging):
    name, given = judging
    with pytest.raises(ClientError, match="no parameter months"):
        training.start(name, **given, months="3")


def test_a_pipeline_is_described_changed_and_deleted(training):
    name = training.pipeline(training.step("Only", "say", "x"))
    changed = definition(training.step("Other", "say", "x"))
    arn = training.sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=changed)["PipelineArn"]
    shown = training.sagemaker.describe_pipeline(PipelineName=name)
    assert (shown["PipelineDefinition"], shown["PipelineArn"]) == (changed, arn)
    training.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert training.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    training.sagemaker.delete_pipeline(PipelineName=name)
    with pytest.raises(ClientError, match="does not exist"):
        training.sagemaker.describe_pipeline(PipelineName=name)


def test_the_steps_of_the_repositorys_own_image_make_a_model_of_published_months(training, tmp_path):
    dataset.write(tmp_path, published(parse_month("2013-01"), parse_month("2013-02")))
    for path in tmp_path.rglob("*"):
        if path.is_file():
            key = f"datasets/two-months/{path.relative_to(tmp_path).as_posix()}"
            training.s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
    steps = training.sandbox.push(
        "staging", "job", "--file", CHECKOUT / "pipelines/steps/Dockerfile", CHECKOUT
    )
    examples = get("Steps.Featurize.ProcessingOutputConfig.Outputs['training'].S3Output.S3Uri")
    name = training.pipeline(
        made.processing(
            "Featurize",
            arguments=("featurize", "--model", "flights", "--", "--until", "2013-01"),
            inputs=[("data", f"s3://{BUCKET}/datasets/two-months")],
            outputs=[("training", out("training")), ("evaluation", out("evaluation"))],
            image=steps,
            role=training.role,
            isolated=True,
        ),
        made.training(
            "Train",
            channels=[("training", examples)],
            parameters={"model": "flights", "seed": "0", "trees": "5"},
            image=steps,
            role=training.role,
            output=out("models"),
        ),
    )
    status, shown = training.run(name)
    assert status == "Succeeded", shown
    job = training.sagemaker.describe_training_job(
        TrainingJobName=shown["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    )
    bucket, _, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    archive = training.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert set(tar.getnames()) == {"model.onnx", "schema.json", "metrics.json"}
