"""Processing and training jobs in the sandbox: the image's own program, with SageMaker's directories and its role."""

import time
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.faults.training import BUCKET, allow, look, training_in
from tests.unit.sandbox.training import pipelines
from tests.unit.sandbox.training.pipelines import source

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def training(alone):
    return training_in(alone)


def messages(training, job, kind="Processing"):
    """What a job has in CloudWatch Logs."""
    logs = training.sandbox.client("staging", "logs")
    response = logs.filter_log_events(
        logGroupName=f"/aws/sagemaker/{kind}Jobs", logStreamNamePrefix=f"{job}/"
    )
    return [event["message"] for event in response["events"]]


def trained(training, **parameters):
    name = f"job-{uuid4().hex}"
    channels = [("training", training.put("examples/a.csv", "1"))]
    step = pipelines.training(
        "T",
        channels=channels,
        parameters=parameters,
        image=training.image,
        role=training.role,
        output=f"s3://{BUCKET}/models",
    )
    training.sagemaker.create_training_job(TrainingJobName=name, **step["Arguments"])
    return training.ended(name, "training")


def test_a_processing_job_reads_its_inputs_and_writes_its_outputs(training):
    training.put("data/one.csv", "1")
    training.put("data/two.csv", "2")
    inputs, outputs = [("data", f"s3://{BUCKET}/data")], [("out", f"s3://{BUCKET}/out")]
    job = training.job("say", "hello", "copy", "data", "out", inputs=inputs, outputs=outputs)
    assert job["ProcessingJobStatus"] == "Completed", job
    assert [training.read(f"s3://{BUCKET}/out/{name}.csv") for name in ("one", "two")] == ["1", "2"]
    assert messages(training, job["ProcessingJobName"]) == ["hello", "copied one.csv", "copied two.csv"]


def test_a_failed_processing_job_tells_its_message_and_its_status(training):
    job = training.job("say", "before", "end", "3", "validation gate: no rows")
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Failed", "validation gate: no rows")
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information, exit code: 3"
    assert messages(training, job["ProcessingJobName"]) == ["before"]


def test_a_prefix_without_objects_fails_the_job(training):
    job = training.job("say", "x", inputs=[("data", f"s3://{BUCKET}/nothing")])
    assert job["FailureReason"].startswith(
        f'ClientError: No S3 objects found under S3 URL "s3://{BUCKET}/nothing"'
    )


def test_a_training_job_leaves_a_model_in_s3(training):
    job = trained(training, seed="7")
    assert job["TrainingJobStatus"] == "Completed", job
    expected = f"s3://{BUCKET}/models/{job['TrainingJobName']}/output/model.tar.gz"
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": expected}
    assert training.s3.head_object(Bucket=BUCKET, Key=expected.removeprefix(f"s3://{BUCKET}/"))


def test_a_failed_training_job_tells_what_its_program_wrote(training):
    job = trained(training, failure="no convergence")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"] == "AlgorithmError: no convergence, exit code: 1"


def test_an_isolated_job_has_no_credentials_and_reaches_nothing(training):
    out = f"s3://{BUCKET}/isolated"
    job = training.job(
        "look", "out", str(training.sandbox.daemon["control"]), outputs=[("out", out)], isolated=True
    )
    assert job["ProcessingJobStatus"] == "Completed", job
    observed = look(training, f"{out}/look.json")
    assert [name for name in observed["names"] if name.startswith("AWS_")] == []
    assert not observed["reached"]


def test_a_job_with_a_network_has_its_roles_credentials(training):
    out = f"s3://{BUCKET}/open"
    training.job("look", "out", str(training.sandbox.daemon["control"]), outputs=[("out", out)])
    observed = look(training, f"{out}/look.json")
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" in observed["names"]
    assert observed["reached"]


def test_a_job_may_read_only_what_its_role_may(training):
    nothing = training.sandbox.role(
        "staging", "poor", allow("ecr:*"), trusts={"Service": "sagemaker.amazonaws.com"}
    )
    job = training.job("say", "x", role=nothing, inputs=[("data", training.put("flat/x.csv", "x"))])
    assert job["ProcessingJobStatus"] == "Failed"
    assert "s3:ListBucket" in job["FailureReason"]


def test_a_stopped_job_ends_and_is_stopped(training):
    name = f"job-{uuid4().hex}"
    given = training.step("job", "say", "begun", "wait", "100")["Arguments"]
    training.sagemaker.create_processing_job(ProcessingJobName=name, **given)
    deadline = time.monotonic() + 30
    while "begun" not in _begun(training, name) and time.monotonic() < deadline:
        time.sleep(0.2)
    training.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert training.ended(name, deadline=30)["ProcessingJobStatus"] == "Stopped"


def _begun(training, name):
    try:
        return messages(training, name)
    except ClientError:
        return []


def reading(local):
    return {"ProcessingInputs": [source("x", "s3://b/x", local)]}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"Environment": {"PYTHONPATH": "/elsewhere"}}, "takes no PYTHONPATH"),
        ({"ExperimentConfig": {"ExperimentName": "e"}}, "does not act on ExperimentConfig.ExperimentName"),
        (reading("/etc"), "LocalPath /etc is not there"),
        (reading("/opt/ml/../x"), r"LocalPath /opt/ml/\.\./x is not there"),
        (reading("/opt/ml-else"), "LocalPath /opt/ml-else is not there"),
    ],
)
def test_what_the_sandbox_does_not_do_for_a_job_is_refused_by_name(training, change, sentence):
    given = {**training.step("job", "say", "x")["Arguments"], **change}
    with pytest.raises(ClientError, match=sentence):
        training.sagemaker.create_processing_job(ProcessingJobName="refused", **given)


def test_the_name_of_a_job_is_taken_once(training):
    given = training.step("job", "say", "x")["Arguments"]
    training.sagemaker.create_processing_job(ProcessingJobName="once", **given)
    with pytest.raises(ClientError, match="ResourceInUse"):
        training.sagemaker.create_processing_job(ProcessingJobName="once", **given)
