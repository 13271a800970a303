"""EventBridge Scheduler in the sandbox: schedules start jobs in their role, by a clock that a person moves."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from botocore.exceptions import ClientError

from tests.faults.training import allow, training_in

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

ACCOUNT = "111111111111"
JOB = "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob"
EXECUTION = "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution"
SERVICE = {"Service": "scheduler.amazonaws.com"}


@pytest.fixture(scope="module")
def training(alone):
    return training_in(alone)


@pytest.fixture
def clock(training):
    """The moment to which the clock is set, in a past in which nothing else is due."""
    began = "2013-04-01T00:00:00Z"
    training.sandbox.run("clock", "set", "2013-04-01")
    yield datetime.fromisoformat(began)
    training.sandbox.run("clock", "real")


@pytest.fixture(scope="module")
def role(training):
    """Of schedules: it may make jobs called `drift-…`, and pass their role."""
    return training.sandbox.role(
        "staging",
        "scheduler",
        allow(
            ["sagemaker:CreateProcessingJob", "sagemaker:AddTags"],
            f"arn:aws:sagemaker:*:{ACCOUNT}:processing-job/drift-*",
        ),
        allow("iam:PassRole", training.role),
        trusts=SERVICE,
    )


@pytest.fixture
def schedules(training):
    """A client; what a test made is gone after it."""
    client = training.sandbox.client("staging", "scheduler")
    yield client
    for each in client.list_schedules()["Schedules"]:
        client.delete_schedule(Name=each["Name"])


def put(
    schedules,
    training,
    role,
    *arguments,
    name="daily",
    prefix="drift",
    expression="cron(0 2 * * ? *)",
    **more,
):
    given = training.step("job", *arguments)["Arguments"]
    text = json.dumps({"ProcessingJobName": f"{prefix}-<aws.scheduler.execution-id>", **given})
    schedules.create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": JOB, "RoleArn": role, "Input": text},
        **more,
    )


def run(training, until):
    """The lines of `sandbox clock run`."""
    return training.sandbox.run("clock", "run", until.isoformat()).stdout.splitlines()


def jobs(training, prefix="drift-"):
    listed = training.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    return [each for each in listed if each["ProcessingJobName"].startswith(prefix)]


def names(training):
    return {job["ProcessingJobName"] for job in jobs(training)}


def begun(training, before):
    """The name of the job that there was not before, once there is one."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if made := names(training) - before:
            (name,) = made
            return name
        time.sleep(0.2)
    raise AssertionError(before)


def printed(training, job):
    logs = training.sandbox.client("staging", "logs")
    name = job["ProcessingJobName"]
    events = logs.filter_log_events(
        logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix=f"{name}/"
    )
    return [event["message"] for event in events["events"]]


def test_each_due_time_starts_a_job_of_its_own_which_has_ended_before_the_next(
    training, schedules, role, clock
):
    put(schedules, training, role, "say", "until <aws.scheduler.scheduled-time>", "wait", "0.5")
    lines = run(training, clock + timedelta(days=3))
    assert [line.split()[:3] for line in lines] == [
        [f"2013-04-0{day}T02:00:00Z", "daily", "started"] for day in (1, 2, 3)
    ]
    done = sorted(jobs(training), key=lambda job: job["CreationTime"])
    assert [printed(training, job) for job in done] == [
        [f"until 2013-04-0{day}T02:00:00Z"] for day in (1, 2, 3)
    ]
    assert {job["ProcessingJobStatus"] for job in done} == {"Completed"}
    for before, after in pairwise(done):
        assert before["ProcessingEndTime"] <= after["CreationTime"]
    assert training.sandbox.run("clock").stdout.startswith("2013-04-04T00:00:")


def test_a_job_that_the_role_may_not_make_is_refused_and_the_line_says_why(training, schedules, role, clock):
    put(schedules, training, role, "say", "x", prefix="other")
    (line,) = run(training, clock + timedelta(days=1))
    assert "refused: " in line
    assert "sagemaker:CreateProcessingJob" in line
    assert jobs(training, "other") == []


def test_a_schedule_starts_a_pipeline_once_a_due_time_and_time_waits_for_its_end(training, schedules, clock):
    until = {"Get": "Parameters.Until"}
    training.pipeline(
        training.step("Say", "say", until, "wait", "0.5"),
        parameters=[{"Name": "Until", "Type": "String"}],
        name="nightly",
    )
    role = training.sandbox.role(
        "staging",
        "pipeline-scheduler",
        allow("sagemaker:StartPipelineExecution", f"arn:aws:sagemaker:*:{ACCOUNT}:pipeline/nightly"),
        trusts=SERVICE,
    )
    given = {
        "PipelineName": "nightly",
        "PipelineParameters": [{"Name": "Until", "Value": "<aws.scheduler.scheduled-time>"}],
        "ClientRequestToken": "nightly-until-<aws.scheduler.scheduled-time>",
    }
    schedules.create_schedule(
        Name="nightly",
        ScheduleExpression="cron(0 2 * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": EXECUTION, "RoleArn": role, "Input": json.dumps(given)},
    )
    lines = run(training, clock + timedelta(days=2))
    assert [line.split()[:3] for line in lines] == [
        [f"2013-04-0{day}T02:00:00Z", "nightly", "started"] for day in (1, 2)
    ]
    training.sandbox.run("clock", "set", "2013-04-01")
    assert len(run(training, clock + timedelta(days=1))) == 1
    listed = training.sagemaker.list_pipeline_executions(PipelineName="nightly")["PipelineExecutionSummaries"]
    assert [each["PipelineExecutionStatus"] for each in listed] == ["Succeeded", "Succeeded"]
    done = sorted(jobs(training, "pipelines-"), key=lambda job: job["CreationTime"])
    assert [printed(training, job) for job in done] == [[f"2013-04-0{day}T02:00:00Z"] for day in (1, 2)]


def test_a_role_that_may_not_pass_the_jobs_role_starts_nothing_and_the_line_says_so(
    training, schedules, clock
):
    makes = training.sandbox.role(
        "staging",
        "passes-nothing",
        allow(
            ["sagemaker:CreateProcessingJob", "sagemaker:AddTags"],
            f"arn:aws:sagemaker:*:{ACCOUNT}:processing-job/drift-*",
        ),
        trusts=SERVICE,
    )
    before = jobs(training)
    put(schedules, training, makes, "say", "x")
    (line,) = run(training, clock + timedelta(days=1))
    assert "refused: " in line
    assert "iam:PassRole" in line
    assert jobs(training) == before


def test_a_job_that_fails_ends_the_wait_and_the_next_time_is_carried_out(training, schedules, role, clock):
    before = len(jobs(training))
    put(schedules, training, role, "end", "3", "no rows")
    assert len(run(training, clock + timedelta(days=2))) == 2
    ended = sorted(jobs(training), key=lambda job: job["CreationTime"])[before:]
    assert [job["ProcessingJobStatus"] for job in ended] == ["Failed", "Failed"]


def test_a_schedule_that_is_deleted_leaves_its_job_to_its_end(training, schedules, role, clock):
    del clock
    before = names(training)
    put(schedules, training, role, "wait", "2", expression="rate(1 day)")
    job = begun(training, before)
    schedules.delete_schedule(Name="daily")
    assert training.ended(job)["ProcessingJobStatus"] == "Completed"


def test_a_clock_that_is_set_starts_nothing_that_lies_between(training, schedules, role, clock):
    put(schedules, training, role, "say", "x", name="hourly", expression="cron(0 * * * ? *)")
    assert len(run(training, clock + timedelta(minutes=61))) == 1
    training.sandbox.run("clock", "set", "2013-05-01T00:30")
    assert run(training, datetime(2013, 5, 1, 0, 59, tzinfo=UTC)) == []
    (line,) = run(training, datetime(2013, 5, 1, 1, 1, tzinfo=UTC))
    assert line.startswith("2013-05-01T01:00:00Z  hourly  started")


@pytest.mark.usefixtures("clock")
def test_time_does_not_run_back(training):
    done = training.sandbox.run("clock", "run", "2013-03-01", check=False)
    assert done.returncode == 1
    assert "time does not run back: it is 2013-04-01" in done.stderr


def test_a_role_that_scheduler_may_not_take_on_makes_no_schedule(training, schedules):
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role"):
        put(schedules, training, training.role, "say", "x")


def test_only_who_may_pass_the_role_makes_a_schedule(training, role):
    maker = training.sandbox.role("staging", "schedule-maker", allow("scheduler:*"))
    assumed = training.sandbox.assumed("staging", maker).client("scheduler")
    with pytest.raises(ClientError, match="iam:PassRole"):
        put(assumed, training, role, "say", "x")


def test_what_is_not_acted_on_is_refused_by_name(schedules, role):
    queue = {"DeadLetterConfig": {"Arn": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"}}
    with pytest.raises(ClientError, match=r"Target\.DeadLetterConfig"):
        schedules.create_schedule(
            Name="daily",
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": JOB, "RoleArn": role, "Input": "{}", **queue},
        )


def test_metrics_without_a_time_are_of_the_clock_and_a_clock_set_back_goes_on_as_before(training, clock):
    cloudwatch = training.sandbox.client("staging", "cloudwatch")

    def put_and_count(since):
        cloudwatch.put_metric_data(Namespace="Clocked", MetricData=[{"MetricName": "M", "Value": 1}])
        shown = cloudwatch.get_metric_statistics(
            Namespace="Clocked",
            MetricName="M",
            StartTime=since - timedelta(minutes=1),
            EndTime=since + timedelta(minutes=10),
            Period=60,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in shown["Datapoints"])

    assert put_and_count(clock) == 1
    training.sandbox.run("clock", "real")
    assert put_and_count(datetime.now(UTC)) == 1


@pytest.mark.soak
def test_what_is_throttled_is_tried_again_as_another_attempt(training, schedules, role, clock):
    # As often as one attempt tries by itself.
    training.sandbox.fault(kind="throttle", service="sagemaker", action="CreateProcessingJob", count=3)
    put(schedules, training, role, "say", "attempt <aws.scheduler.attempt-number>", name="throttled")
    (line,) = run(training, clock + timedelta(hours=3))
    assert "started" in line
    newest = max(jobs(training), key=lambda job: job["CreationTime"])
    assert printed(training, newest) == ["attempt 2"]


@pytest.mark.soak
def test_two_schedules_of_one_time_start_two_jobs(training, schedules, role, clock):
    for name in ("one", "two"):
        put(schedules, training, role, "say", name, name=name)
    lines = run(training, clock + timedelta(hours=3))
    assert sorted(line.split()[1] for line in lines) == ["one", "two"]
    assert sorted(
        printed(training, job)[0] for job in sorted(jobs(training), key=lambda job: job["CreationTime"])[-2:]
    ) == ["one", "two"]


@pytest.mark.soak
def test_time_goes_on_while_jobs_run_and_a_second_run_of_a_schedule_overlaps_the_first(
    training, schedules, role, clock
):
    put(schedules, training, role, "wait", "75", name="minutely", expression="cron(* * * * ? *)")
    lines = run(training, clock + timedelta(seconds=90))
    assert len(lines) >= 2
    first, second = sorted(jobs(training), key=lambda job: job["CreationTime"])[-2:]
    assert second["CreationTime"] < training.ended(first["ProcessingJobName"])["ProcessingEndTime"]


@pytest.mark.soak
def test_a_clock_that_runs_past_many_due_times_carries_out_each_once_and_one_that_is_set_past_them_none(
    training, schedules, role, clock
):
    put(schedules, training, role, "say", "x", name="hourly", expression="rate(6 hours)", StartDate=clock)
    assert [line.split()[0] for line in run(training, clock + timedelta(days=1))] == [
        f"2013-04-0{day}T{hour:02}:00:00Z" for day, hour in ((1, 6), (1, 12), (1, 18), (2, 0))
    ]
    training.sandbox.run("clock", "set", "2013-04-09T05:59")
    assert [line.split()[0] for line in run(training, datetime(2013, 4, 9, 6, 1, tzinfo=UTC))] == [
        "2013-04-09T06:00:00Z"
    ]


@pytest.mark.soak
def test_a_job_that_is_killed_ends_the_wait(training, schedules, role, clock):
    put(schedules, training, role, "wait", "600", name="killed")
    before = names(training)
    with ThreadPoolExecutor(1) as pool:
        lines = pool.submit(run, training, clock + timedelta(hours=3))
        training.sagemaker.stop_processing_job(ProcessingJobName=begun(training, before))
        (line,) = lines.result(timeout=300)
    assert line.split()[1:3] == ["killed", "started"]
