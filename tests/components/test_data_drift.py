"""What the jobs of data drift promise: only where config says so, one for each version with a baseline, in roles that name what they may."""

import json
from copy import deepcopy

import pytest

SCHEDULE = "aws:scheduler/schedule:Schedule"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
COMPONENT = "model-delivery:index:DataDrift"
NAME, BUCKET = "flights-staging", "flights-staging-registry-111111111111-eu-west-1"
DRIFT = {"schedule": "cron(0 2 * * ? *)", "instance": "ml.m5.large", "days": 400}
CAPTURE = {"percent": 100, "days": 30}
TRAINING = {"instance": "ml.m5.large", "runDays": 60}


def statements(recorder, name):
    return {each["Sid"]: each for each in recorder.only(POLICY, name).document("policy")["Statement"]}


def request(recorder, version="v1-1-0"):
    """What CreateProcessingJob is given for a version."""
    return json.loads(recorder.only(SCHEDULE, f"{NAME}-drift-{version}").inputs["target"]["input"])


@pytest.fixture(scope="module")
def judged(run):
    return run("staging", drift=json.dumps(DRIFT), capture=json.dumps(CAPTURE))


@pytest.fixture(scope="module")
def in_a_network(run):
    network = {"subnets": ["subnet-0a"], "securityGroups": ["sg-0b"]}
    training = json.dumps({**TRAINING, "network": network})
    return run("staging", drift=json.dumps(DRIFT), capture=json.dumps(CAPTURE), training=training)


def test_it_is_where_config_says_so_and_nowhere_else(judged, prod, run):
    assert {each.name for each in judged.of_type(SCHEDULE)} == {
        f"{NAME}-drift-v1-1-0",
        f"{NAME}-drift-v1-0-0",
    }
    assert judged.exports["driftSchedules"].keys() == {"v1.1.0", "v1.0.0"}
    for recorder in (prod, run("staging", drift=None)):
        assert recorder.of_type(SCHEDULE) == []
        assert recorder.of_type(COMPONENT) == []
        assert "driftSchedules" not in recorder.exports


def test_a_schedule_starts_a_job_at_configs_times_and_gives_up_before_the_next(judged):
    inputs = judged.only(SCHEDULE, f"{NAME}-drift-v1-1-0").inputs
    assert inputs["scheduleExpression"] == "cron(0 2 * * ? *)"
    assert inputs["flexibleTimeWindow"] == {"mode": "OFF"}
    target = inputs["target"]
    assert target["arn"] == "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob"
    assert target["roleArn"] == f"arn:test:{ROLE}:{NAME}-scheduler"
    assert target["retryPolicy"]["maximumEventAgeInSeconds"] < 24 * 3600


def test_a_job_judges_the_versions_own_requests_against_its_own_baseline(judged, registered):
    made = request(judged)
    assert made["AppSpecification"]["ContainerEntrypoint"] == ["python", "-m", "pipelines.data_drift"]
    digest = registered("v1.1.0")["digest"].replace(":", "/")
    arguments = made["AppSpecification"]["ContainerArguments"]
    assert dict(zip(arguments[::2], arguments[1::2], strict=True)) == {
        "--version": "v1.1.0",
        "--baseline": f"s3://{BUCKET}/evidence/{digest}/baseline.json",
        "--captured": f"s3://{BUCKET}/capture/{NAME}/v1-1-0",
        "--until": "<aws.scheduler.scheduled-time>",
        "--reports": f"s3://{BUCKET}/drift/{NAME}",
        "--verdicts": f"s3://{BUCKET}/verdicts/{NAME}.json",
        "--metrics": NAME,
    }
    assert made["AppSpecification"]["ImageUri"].endswith(f"/{NAME}-steps@sha256:{'5' * 64}")
    assert made["RoleArn"] == f"arn:test:{ROLE}:{NAME}-drift"


def test_a_jobs_name_is_another_one_for_each_attempt_and_fits_sagemaker(judged):
    name = request(judged)["ProcessingJobName"]
    assert name == f"{NAME}-drift-v1-1-0-<aws.scheduler.execution-id>"
    longest = "a" * 12 + "-" + "b" * 12 + "-drift-v99-99-99-" + "0" * 16
    assert len(longest) <= 63


def test_a_jobs_volume_is_under_the_environments_key_and_its_bill_has_tags(judged):
    made = request(judged)
    cluster = made["ProcessingResources"]["ClusterConfig"]
    assert cluster["VolumeKmsKeyId"] == f"arn:test:aws:kms/key:Key:{NAME}"
    assert (cluster["InstanceType"], cluster["InstanceCount"]) == ("ml.m5.large", 1)
    assert {"Key": "owner", "Value": "ml-platform"} in made["Tags"]


def test_a_job_runs_in_the_network_of_training_and_its_role_may_be_reached_there(judged, in_a_network):
    assert "VpcConfig" not in request(judged)["NetworkConfig"]
    assert request(in_a_network)["NetworkConfig"]["VpcConfig"] == {
        "SecurityGroupIds": ["sg-0b"],
        "Subnets": ["subnet-0a"],
    }
    interfaces = statements(in_a_network, f"{NAME}-drift")["Interfaces"]["Resource"]
    assert "arn:aws:ec2:eu-west-1:111111111111:subnet/subnet-0a" in interfaces
    assert "Interfaces" not in statements(judged, f"{NAME}-drift")


def test_scheduler_makes_jobs_of_that_name_in_the_jobs_role_alone(judged):
    (trust,) = judged.only(ROLE, f"{NAME}-scheduler").document("assumeRolePolicy")["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}
    allowed = statements(judged, f"{NAME}-scheduler")
    jobs = f"arn:aws:sagemaker:eu-west-1:111111111111:processing-job/{NAME}-drift-*"
    assert allowed["Jobs"]["Resource"] == [jobs]
    assert allowed["RoleOfJobs"]["Resource"] == [f"arn:test:{ROLE}:{NAME}-drift"]
    assert allowed["RoleOfJobs"]["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }


def test_a_job_writes_reports_and_verdicts_and_its_own_metrics_and_nothing_else(judged):
    allowed = statements(judged, f"{NAME}-drift")
    writes = [each for each in allowed.values() if "s3:PutObject" in each["Action"]]
    assert [each["Resource"] for each in writes] == [
        [f"arn:aws:s3:::{BUCKET}/drift/{NAME}/*", f"arn:aws:s3:::{BUCKET}/verdicts/{NAME}.json"]
    ]
    assert allowed["Inputs"]["Resource"] == [
        f"arn:aws:s3:::{BUCKET}/capture/{NAME}/*",
        f"arn:aws:s3:::{BUCKET}/evidence/*/baseline.json",
    ]
    assert allowed["Metrics"]["Condition"] == {"StringEquals": {"cloudwatch:namespace": "ModelDelivery"}}
    actions = {action for each in allowed.values() for action in each["Action"]}
    assert not {action for action in actions if action.startswith(("sagemaker:", "iam:", "s3:Delete"))}


def test_reports_and_labels_end_after_configs_days(judged, run):
    rules = {each["id"]: each for each in judged.only(LIFECYCLE, f"{NAME}-registry").inputs["rules"]}
    for folder in ("drift", "quality", "labels"):
        assert (rules[folder]["filter"], rules[folder]["expiration"]) == (
            {"prefix": f"{folder}/"},
            {"days": 400},
        )
    without = run("staging", drift=None).only(LIFECYCLE, f"{NAME}-registry").inputs["rules"]
    assert not {"drift", "quality", "labels"} & {each["id"] for each in without}


def test_a_version_without_a_baseline_has_no_job_and_is_named(run):
    recorder = run(
        "staging", without_baseline={"v1.0.0"}, drift=json.dumps(DRIFT), capture=json.dumps(CAPTURE)
    )
    assert [each.name for each in recorder.of_type(SCHEDULE)] == [f"{NAME}-drift-v1-1-0"]
    assert [each for each in recorder.messages if each.startswith("v1.0.0: no baseline")]


def test_until_an_image_of_the_steps_is_pushed_there_is_no_job_and_a_sentence_says_so(run):
    recorder = run("staging", step_image=None, drift=json.dumps(DRIFT), capture=json.dumps(CAPTURE))
    assert recorder.of_type(SCHEDULE) == []
    assert recorder.exports["driftSchedules"] == {}
    assert statements(recorder, f"{NAME}-drift"), "so that what policies except stands as it will"
    assert [each for each in recorder.messages if "no image of the steps is in flights-staging-steps" in each]


def test_a_newer_image_of_the_steps_changes_the_image_of_each_schedules_jobs_and_nothing_else(judged, run):
    digest = "sha256:" + 64 * "6"
    newer = run(
        "staging",
        step_image=f"{request(judged)['AppSpecification']['ImageUri'].partition('@')[0]}@{digest}",
        drift=json.dumps(DRIFT),
        capture=json.dumps(CAPTURE),
    )
    before, after = (
        {(each.type, each.name): deepcopy(dict(each.inputs)) for each in recorder.resources}
        for recorder in (judged, newer)
    )
    assert before.keys() == after.keys()
    differing = {key for key in before if before[key] != after[key]}
    assert differing == {(SCHEDULE, f"{NAME}-drift-v1-1-0"), (SCHEDULE, f"{NAME}-drift-v1-0-0")}
    for key in differing:
        made = json.loads(after[key]["target"]["input"])
        assert made["AppSpecification"]["ImageUri"].endswith(f"-steps@{digest}")
        made["AppSpecification"]["ImageUri"] = request(judged)["AppSpecification"]["ImageUri"]
        before[key]["target"]["input"] = json.loads(before[key]["target"]["input"])
        assert {**after[key], "target": {**after[key]["target"], "input": made}} == before[key]
