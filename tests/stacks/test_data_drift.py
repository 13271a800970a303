"""Data drift as `pulumi up` schedules it: time passes, the jobs run in their role, and what they found stands in S3 and CloudWatch."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipelines import dataset
from pipelines.data_drift import baseline as baselines
from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.bins import bins_of_numbers
from pipelines.flights.data import parse_month, published
from pipelines.flights.train import train
from tests.bits import SAMPLES
from tests.conftest import CHECKOUT
from tests.stacks.conftest import push
from tests.stacks.stack import Stack
from tests.stacks.training import Trained, image, role_of

# Each half is held without an engine: tests/components/test_data_drift.py, tests/faults/test_sandbox_scheduler.py.
pytestmark = [pytest.mark.stacks, pytest.mark.timeout(600)]
BUCKET, ENDPOINT = "flights-staging-registry-111111111111-eu-west-1", "flights-staging"
VERSION, VARIANT = "v1.0.0", "v1-0-0"
MONDAY = datetime(2013, 4, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
ROWS, A_LINE = 1200, 100
# On the second of May, which is no Monday: no job of drift's is due beside it.
PROPOSING, FIRST_OF_MAY, THIRD_OF_MAY = "cron(0 6 2 5 ? *)", "2013-05-01", "2013-05-03"
CHANCE = np.random.default_rng(7)


def temperatures(mean, rows):
    return CHANCE.normal(mean, 10, rows)


def baseline():
    """Of a model that knows temperatures about 50, and answers a probability."""
    rows = 5000
    return Baseline(
        model="flights",
        digest="sha256:" + "1" * 64,
        data_revision="sha256:" + "2" * 64,
        rows=rows,
        features={"temp": bins_of_numbers(temperatures(50, rows))},
        predictions={"late": bins_of_numbers(CHANCE.uniform(0, 1, rows))},
        history=(),
    )


def lines(moment, mean):
    """Captured invocations of an hour."""
    for start in range(0, ROWS, A_LINE):
        requests = [{"temp": value} for value in temperatures(mean, A_LINE).tolist()]
        answers = [{"probability": value} for value in CHANCE.uniform(0, 1, A_LINE).tolist()]
        bodies = {
            "endpointInput": ("INPUT", {"instances": requests}),
            "endpointOutput": ("OUTPUT", {"predictions": answers}),
        }
        yield {
            "captureData": {
                name: {
                    "observedContentType": "application/json",
                    "mode": mode,
                    "data": json.dumps(body),
                    "encoding": "JSON",
                }
                for name, (mode, body) in bodies.items()
            },
            "eventMetadata": {
                "eventId": f"{moment:%d}-{start}",
                "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            },
            "eventVersion": "0",
        }


@pytest.fixture(scope="module")
def stack(module_sandbox, tmp_path_factory):
    """Staging with one version that has a baseline, and three weeks of requests: as in training, then much colder."""
    made = Stack("staging", module_sandbox, tmp_path_factory.mktemp("staging"))
    made.config["config"].pop("model-delivery:build", None)
    made.set("training", {"instance": "ml.m5.large", "runDays": 60, "schedule": PROPOSING})
    made.no_release()
    made.up()
    image(made, f"{ENDPOINT}-steps", CHECKOUT / "pipelines" / "steps" / "Dockerfile")
    kept = made.folder / "baseline.json"
    kept.write_bytes(baselines.encode(baseline()))
    # A model that was trained: the gates hold what is proposed against it.
    bits = made.folder / f"{VERSION}.tar.gz"
    bits.write_bytes(train(parse_month("2013-01")).archive)
    samples = made.folder / "samples.json"
    samples.write_bytes(SAMPLES)
    made.register_approved(
        VERSION, push(made), bits, f"data-{VERSION}",
        "--evidence", f"baseline.json={kept}", "--samples", samples,
    )  # fmt: skip
    made.release(VERSION, VERSION)
    made.up()
    s3 = made.sandbox.client("staging", "s3")
    for week, mean in enumerate((50, 20, 20)):
        moment = MONDAY + week * WEEK + timedelta(days=2)
        body = "\n".join(json.dumps(line) for line in lines(moment, mean))
        key = f"capture/{ENDPOINT}/{VARIANT}/{moment:%Y/%m/%d/%H}/part.jsonl"
        s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode())
    return made


@pytest.fixture(scope="module")
def ran(stack):
    """What `sandbox clock run` printed, from the first week to the third Monday after it."""
    stack.sandbox.run("clock", "set", f"{MONDAY + timedelta(days=1):%Y-%m-%d}")
    until = f"{MONDAY + 3 * WEEK + timedelta(days=1):%Y-%m-%d}"
    done = stack.sandbox.run("clock", "run", until, check=False)
    assert done.returncode == 0, done.stderr + stack.sandbox.run("logs").stdout[-3000:]
    yield done.stdout.splitlines()
    stack.sandbox.run("clock", "real")


def jobs(stack):
    """The jobs that were made, the first first, as SageMaker describes them."""
    sagemaker = stack.sandbox.client("staging", "sagemaker")
    listed = sagemaker.list_processing_jobs(NameContains=f"{ENDPOINT}-drift-")["ProcessingJobSummaries"]
    names = sorted(listed, key=lambda each: each["CreationTime"])
    return [sagemaker.describe_processing_job(ProcessingJobName=each["ProcessingJobName"]) for each in names]


def read(stack, key):
    return json.loads(stack.sandbox.client("staging", "s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())


def test_each_monday_the_scripts_job_ran_in_its_role(stack, ran):
    assert [line.split()[0] for line in ran] == [f"{MONDAY + n * WEEK:%Y-%m-%d}T02:00:00Z" for n in (1, 2, 3)]
    made = jobs(stack)
    assert [each["ProcessingJobStatus"] for each in made] == ["Completed"] * 3, made
    assert {each["RoleArn"] for each in made} == {role_of(stack, f"{ENDPOINT}-drift-").arn}


def test_its_reports_say_what_moved_and_that_it_stayed_so(stack, ran):
    assert ran
    s3 = stack.sandbox.client("staging", "s3")
    keys = [
        each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"drift/{ENDPOINT}/")["Contents"]
    ]
    reports = [read(stack, key) for key in sorted(keys)]
    assert [report["severity"] for report in reports] == ["quiet", "moved", "drift"]
    assert [report["rows"] for report in reports] == [ROWS] * 3
    assert read(stack, f"verdicts/{ENDPOINT}.json")["drift"][VERSION]["severity"] == "drift"


def test_its_metrics_are_in_cloudwatch_at_the_clocks_time(stack, ran):
    assert ran
    cloudwatch = stack.sandbox.client("staging", "cloudwatch")
    of = {"Endpoint": ENDPOINT, "Version": VERSION}
    metric = {
        "Namespace": "ModelDelivery",
        "MetricName": "DriftRows",
        "Dimensions": [{"Name": name, "Value": value} for name, value in of.items()],
    }
    (shown,) = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {"Id": "rows", "MetricStat": {"Metric": metric, "Period": 86400, "Stat": "Maximum"}}
        ],
        StartTime=MONDAY,
        EndTime=MONDAY + 4 * WEEK,
        ScanBy="TimestampAscending",
    )["MetricDataResults"]
    days = [f"{moment:%m-%d}" for moment in shown["Timestamps"]]
    assert dict(zip(days, shown["Values"], strict=True)) == {"04-08": ROWS, "04-15": ROWS, "04-22": ROWS}


def told(stack):
    """What the alarms' topic was told of models, the first first."""
    messages = json.loads(stack.sandbox.run("messages", "--json").stdout)
    return [
        each["message"]
        for each in messages
        if each["topic"].endswith(f":{ENDPOINT}-alarms") and "retrained model" in each["subject"]
    ]


def propose(stack):
    """The lines of a clock that runs through the second of May; it shows afterwards what it showed before."""
    before = stack.sandbox.run("clock").stdout.split()[0].rstrip("Z,")
    stack.sandbox.run("clock", "set", FIRST_OF_MAY)
    lines = stack.sandbox.run("clock", "run", THIRD_OF_MAY).stdout.splitlines()
    stack.sandbox.run("clock", "set", before)
    return lines


def publish(stack, folder, months):
    """A data set to where the pipeline reads it."""
    dataset.write(folder, months)
    Trained(stack).publish(folder)


@pytest.fixture(scope="module")
def proposed(stack, ran, tmp_path_factory):
    """Months of which the first has one line of weather: the validation gate stops a model of them."""
    assert ran
    months = published(parse_month("2013-01"), parse_month("2013-02"))
    months["weather/2013-01.csv"] = b"".join(months["weather/2013-01.csv"].splitlines(keepends=True)[:1])
    publish(stack, tmp_path_factory.mktemp("months") / "data", months)
    return propose(stack)


def executions(stack):
    listed = stack.sandbox.client("staging", "sagemaker").list_pipeline_executions(PipelineName=ENDPOINT)
    return listed["PipelineExecutionSummaries"]


def test_new_months_are_trained_on_when_they_are_due_and_the_topic_is_told_once_what_became_of_it(
    stack, proposed
):
    (line,) = proposed
    assert line.startswith(f"2013-05-02T06:00:00Z  {ENDPOINT}-proposal-")
    assert f"started processing-job/{ENDPOINT}-proposal-" in line
    (message,) = told(stack)
    assert message.startswith(
        "a model of flights on 2013-01 to 2013-01 is not proposed: v1.1.0 is stopped: validation gate: "
    )
    assert [each["PipelineExecutionStatus"] for each in executions(stack)] == ["Failed"]
    assert propose(stack) != []
    assert (told(stack), len(executions(stack))) == ([message], 1)
    (act,) = read(stack, f"acts/{ENDPOINT}.json")["acts"]
    assert (act["kind"], act["outcome"]) == ("propose", "stopped")


@pytest.mark.soak
def test_a_model_that_passes_is_proposed_with_the_tag_to_push_and_is_not_registered(
    stack, proposed, tmp_path
):
    assert proposed
    before = len(told(stack))
    publish(stack, tmp_path / "data", published(parse_month("2013-01"), parse_month("2013-03")))
    assert propose(stack) != []
    (message,) = told(stack)[before:]
    assert "which passes its gates on 2013-03" in message, message
    assert "`git tag flights@v1.1.0`, push the tag" in message
    s3 = stack.sandbox.client("staging", "s3")
    records = s3.list_objects_v2(Bucket=BUCKET, Prefix="versions/")["Contents"]
    assert [each["Key"] for each in records] == [f"versions/{VERSION}.json"]


# What happens in a role's name on AWS and the sandbox does not show; why.
PULL = {
    *("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    "ecr:GetAuthorizationToken",
}
UNSEEN = {
    "drift": {*PULL, "logs:DescribeLogStreams"},
    "scheduler": set(),
    # Whichever job is the first to print makes the log group: here drift's. A training that failed is gone on with; one that passes
    # has a job that measured it.
    "proposal": {
        *(*PULL, "logs:CreateLogGroup", "logs:DescribeLogStreams"),
        *("sagemaker:RetryPipelineExecution", "sagemaker:DescribeProcessingJob"),
    },
    "schedule-proposal": set(),
}


@pytest.mark.parametrize("name", ["drift", "scheduler", "proposal", "schedule-proposal"])
def test_each_role_has_what_was_taken_and_nothing_more(stack, ran, proposed, name):
    assert ran
    assert proposed
    role = role_of(stack, f"{ENDPOINT}-{name}-")
    calls = [call for call in stack.sandbox.calls() if call["role"] == role.arn]
    assert [call for call in calls if call["denied"]] == []
    assert {need["action"] for call in calls for need in call["needs"]} | UNSEEN[name] == role.actions


@pytest.mark.soak
def test_a_preview_after_it_shows_no_change(stack):
    assert stack.changes() == {}


@pytest.mark.soak
def test_a_week_without_requests_is_judged_by_nobody_and_verdicts_that_are_gone_are_written_anew(stack, ran):
    assert ran
    before = len(jobs(stack))
    stack.sandbox.client("staging", "s3").delete_object(Bucket=BUCKET, Key=f"verdicts/{ENDPOINT}.json")
    stack.sandbox.run("clock", "run", f"{MONDAY + 4 * WEEK + timedelta(days=1):%Y-%m-%d}")
    assert [each["ProcessingJobStatus"] for each in jobs(stack)[before:]] == ["Completed"]
    assert read(stack, f"verdicts/{ENDPOINT}.json")["drift"][VERSION]["severity"] == "unjudged"
