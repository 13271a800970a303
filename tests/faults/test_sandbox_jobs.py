"""Processing and training jobs in the sandbox: the image's own program, with SageMaker's directories and its role."""

import os
import signal
import subprocess
import sys
import time
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from monitoring import jobs
from monitoring.sources import window
from tests.conftest import CHECKOUT
from tests.faults.training import BUCKET, allow, look, training_in
from tests.unit.sandbox.training import pipelines
from tests.unit.sandbox.training.pipelines import source

pytestmark = pytest.mark.faults


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
    given = training.step("job", "say", "begun", "wait", "600")["Arguments"]
    training.sagemaker.create_processing_job(ProcessingJobName=name, **given)
    deadline = time.monotonic() + 120
    while "begun" not in _begun(training, name) and time.monotonic() < deadline:
        time.sleep(0.2)
    training.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert training.ended(name, deadline=120)["ProcessingJobStatus"] == "Stopped"


def test_a_jobs_instance_is_measured_while_it_runs(training):
    job = training.job("wait", "2")
    now = time.time()
    read = jobs.samples(training.sandbox.client("staging", "cloudwatch"), *window(now))
    measured = {(each.series.name, *each.values): each.value for each in read}
    host = ("processing", job["ProcessingJobName"], "algo-1")
    assert 0 < measured["job_memory_ratio", *host] < 1
    assert measured["job_cpu_ratio", *host] > 0
    assert 0 < measured["job_disk_ratio", *host] <= 1


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


@pytest.fixture(scope="module")
def three(training):
    """Names of three jobs that have ended, by when they were made; the second failed."""
    ends = [("say", "x"), ("end", "1", "no rows"), ("say", "y")]
    return [training.job(*act)["ProcessingJobName"] for act in ends]


def listed(training, **request):
    pages = training.sagemaker.get_paginator("list_processing_jobs").paginate(**request)
    return [each["ProcessingJobName"] for page in pages for each in page["ProcessingJobSummaries"]]


def test_jobs_are_listed_the_latest_first_over_all_pages(training, three):
    paged = listed(training, PaginationConfig={"PageSize": 1})
    assert [name for name in paged if name in three] == three[::-1]


def test_jobs_are_listed_by_status_name_and_time(training, three):
    made = [
        training.sagemaker.describe_processing_job(ProcessingJobName=name)["CreationTime"] for name in three
    ]
    failed = listed(training, StatusEquals="Failed", CreationTimeAfter=made[0], SortOrder="Ascending")
    assert failed == [three[1]]
    assert listed(training, NameContains=three[2][4:].upper()) == [three[2]]
    assert three[2] not in listed(training, CreationTimeBefore=made[2])
    (summary,) = training.sagemaker.list_processing_jobs(NameContains=three[1])["ProcessingJobSummaries"]
    assert summary["ExitMessage"] == "no rows"


def test_training_jobs_are_listed_apart_from_processing_jobs(training, three):
    name = trained(training)["TrainingJobName"]
    (summary,) = training.sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert (summary["TrainingJobStatus"], summary["SecondaryStatus"]) == ("Completed", "Completed")
    assert training.sagemaker.list_training_jobs(NameContains=three[0])["TrainingJobSummaries"] == []


def test_sandbox_logs_shows_what_a_job_printed(training):
    job = training.job("say", "first", "say", "second")["ProcessingJobName"]
    shown = training.sandbox.run("logs", job, "--lines", "1")
    heading, *lines = shown.stdout.splitlines()
    assert heading.startswith(f"== staging /aws/sagemaker/ProcessingJobs {job}/algo-1-")
    assert lines == ["second"]


def test_sandbox_logs_follows_a_job_while_it_runs(training):
    name = f"job-{uuid4().hex}"
    command = (sys.executable, "-m", "sandbox", "logs", name, "--follow")
    environment = {**os.environ, "SANDBOX_HOME": str(training.sandbox.home)}
    with subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True
    ) as following:
        given = training.step("job", "say", "begun", "say", "ended")["Arguments"]
        training.sagemaker.create_processing_job(ProcessingJobName=name, **given)
        lines = [following.stdout.readline().strip() for _ in range(3)]
        following.send_signal(signal.SIGINT)
        assert following.wait(timeout=120) == 130
    assert lines[1:] == ["begun", "ended"]


def test_a_job_that_outlasts_its_time_is_stopped_and_says_so(training):
    name = f"job-{uuid4().hex}"
    given = training.step("job", "say", "begun", "wait", "600")["Arguments"]
    training.sagemaker.create_processing_job(
        ProcessingJobName=name, StoppingCondition={"MaxRuntimeInSeconds": 1}, **given
    )
    assert training.ended(name, deadline=120)["ProcessingJobStatus"] == "Stopped"


def test_a_jobs_outputs_are_encrypted_with_the_key_that_it_names(training):
    key = training.sandbox.client("staging", "kms").create_key()["KeyMetadata"]["Arn"]
    training.sandbox.role(
        "staging",
        "keyed",
        allow(["s3:*", "ecr:*", "logs:*"]),
        allow(["kms:GenerateDataKey", "kms:Decrypt"], key),
        trusts={"Service": "sagemaker.amazonaws.com"},
    )
    role = training.role.replace("/jobs", "/keyed")
    step = training.step(
        *("job", "copy", "data", "out"),
        role=role,
        inputs=[("data", training.put("keyed/x.csv", "x"))],
        outputs=[("out", f"s3://{BUCKET}/keyed-out")],
    )["Arguments"]
    step["ProcessingOutputConfig"]["KmsKeyId"] = key
    name = f"job-{uuid4().hex}"
    training.sagemaker.create_processing_job(ProcessingJobName=name, **step)
    assert training.ended(name)["ProcessingJobStatus"] == "Completed"
    assert training.s3.head_object(Bucket=BUCKET, Key="keyed-out/x.csv")["SSEKMSKeyId"] == key


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"EnableManagedSpotTraining": True}, "does not act on EnableManagedSpotTraining"),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 90}},
            "does not act on StoppingCondition.MaxWaitTimeInSeconds",
        ),
    ],
)
def test_spot_training_is_refused_by_name(training, change, sentence):
    step = pipelines.training("T", image=training.image, role=training.role, output=f"s3://{BUCKET}/models")
    with pytest.raises(ClientError, match=sentence):
        training.sagemaker.create_training_job(TrainingJobName="spot", **{**step["Arguments"], **change})
