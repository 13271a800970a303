"""What the schedule of proposals promises: only where config says so, one job, in roles that name what they may, told to the alarms' topic."""

import json

import pytest
import yaml

from tests.conftest import CHECKOUT

SCHEDULE = "aws:scheduler/schedule:Schedule"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"
NAME, BUCKET, DATA = (
    "flights-staging",
    "flights-staging-registry-111111111111-eu-west-1",
    "flights-data-111111111111-eu-west-1",
)
TRAINING = {"instance": "ml.m5.large", "runDays": 60, "schedule": "cron(0 6 2 * ? *)"}
TOPIC = "arn:aws:sns:eu-west-1:111111111111:flights-staging-alarms"


def statements(recorder, name):
    return {each["Sid"]: each for each in recorder.only(POLICY, name).document("policy")["Statement"]}


def request(recorder):
    return json.loads(recorder.only(SCHEDULE, f"{NAME}-proposal").inputs["target"]["input"])


def arguments(recorder):
    given = request(recorder)["AppSpecification"]["ContainerArguments"]
    return dict(zip(given[::2], given[1::2], strict=True))


@pytest.fixture(scope="module")
def proposing(run):
    return run("staging", training=json.dumps(TRAINING))


def test_it_is_where_config_says_so_and_nowhere_else(proposing, prod, run):
    assert proposing.exports["proposalSchedule"]
    for recorder in (prod, run("staging", training=json.dumps({"instance": "ml.m5.large", "runDays": 60}))):
        assert [each for each in recorder.of_type(SCHEDULE) if "proposal" in each.name] == []
        assert recorder.of_type("model-delivery:index:Proposals") == []
        assert "proposalSchedule" not in recorder.exports


def test_it_starts_a_job_of_the_program_at_configs_times_on_the_smallest_instance(proposing):
    inputs = proposing.only(SCHEDULE, f"{NAME}-proposal").inputs
    assert inputs["scheduleExpression"] == "cron(0 6 2 * ? *)"
    assert inputs["flexibleTimeWindow"] == {"mode": "OFF"}
    assert inputs["target"]["arn"] == "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob"
    assert inputs["target"]["roleArn"] == f"arn:test:{ROLE}:{NAME}-schedule-proposal"
    made = request(proposing)
    assert made["AppSpecification"]["ContainerEntrypoint"] == ["python", "-m", "pipelines.proposal"]
    assert made["ProcessingResources"]["ClusterConfig"]["InstanceType"] == "ml.t3.medium"
    assert made["ProcessingJobName"] == f"{NAME}-proposal-<aws.scheduler.execution-id>"
    assert made["RoleArn"] == f"arn:test:{ROLE}:{NAME}-proposal"
    assert {"Key": "owner", "Value": "ml-platform"} in made["Tags"]


def test_a_training_is_followed_for_less_than_the_job_may_run(proposing):
    longest = request(proposing)["StoppingCondition"]["MaxRuntimeInSeconds"]
    assert int(arguments(proposing)["--timeout"]) <= longest - 600


def test_the_job_is_given_the_environments_places_and_the_projects_parameters(proposing):
    given = arguments(proposing)
    image = request(proposing)["AppSpecification"]["ImageUri"]
    parameters = yaml.safe_load((CHECKOUT / "params.yaml").read_text())
    assert json.loads(given.pop("--parameters")) == {
        "fit": parameters["fit"],
        "evaluation": parameters["evaluation"],
    }
    assert given == {
        "--env": "staging",
        "--model": "flights",
        "--registry": f"s3://{BUCKET}",
        "--data-bucket": DATA,
        "--acts": f"s3://{BUCKET}/acts/{NAME}.json",
        "--step-image": image,
        "--topic": TOPIC,
        "--timeout": given["--timeout"],
    }
    assert image.endswith(f"/{NAME}-steps@sha256:{'5' * 64}")


def test_it_tells_the_topic_that_config_names_for_alarms(run):
    topic = "arn:aws:sns:eu-west-1:333333333333:on-call"
    alarms = {"maxErrorRatePercent": 1, "maxLatencyMs": 500, "topic": topic}
    recorder = run("staging", training=json.dumps(TRAINING), alarms=json.dumps(alarms))
    assert arguments(recorder)["--topic"] == topic
    assert statements(recorder, f"{NAME}-proposal")["Topic"]["Resource"] == [topic]


def test_a_job_runs_in_the_network_of_training(proposing, run):
    network = {"subnets": ["subnet-0a"], "securityGroups": ["sg-0b"]}
    recorder = run("staging", training=json.dumps({**TRAINING, "network": network}))
    assert "VpcConfig" not in request(proposing)["NetworkConfig"]
    assert request(recorder)["NetworkConfig"]["VpcConfig"] == {
        "SecurityGroupIds": ["sg-0b"],
        "Subnets": ["subnet-0a"],
    }
    assert "Interfaces" in statements(recorder, f"{NAME}-proposal")


def test_scheduler_makes_jobs_of_that_name_in_the_jobs_role_alone(proposing):
    (trust,) = proposing.only(ROLE, f"{NAME}-schedule-proposal").document("assumeRolePolicy")["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    allowed = statements(proposing, f"{NAME}-schedule-proposal")
    assert allowed["Jobs"]["Resource"] == [
        f"arn:aws:sagemaker:eu-west-1:111111111111:processing-job/{NAME}-proposal-*"
    ]
    assert allowed["RoleOfJobs"]["Resource"] == [f"arn:test:{ROLE}:{NAME}-proposal"]


def test_the_job_starts_and_follows_the_one_pipeline_and_writes_acts_alone(proposing):
    allowed = statements(proposing, f"{NAME}-proposal")
    pipeline = f"arn:aws:sagemaker:eu-west-1:111111111111:pipeline/{NAME}"
    assert allowed["Pipeline"]["Resource"] == [pipeline]
    assert allowed["Executions"]["Resource"] == [f"{pipeline}/execution/*"]
    writes = {
        resource
        for each in allowed.values()
        if "s3:PutObject" in each["Action"]
        for resource in each["Resource"]
    }
    assert writes == {
        f"arn:aws:s3:::{BUCKET}/acts/{NAME}.json",
        f"arn:aws:s3:::{BUCKET}/artifacts/*/none.json",
    }
    actions = {action for each in allowed.values() for action in each["Action"]}
    assert not actions & {"iam:PassRole", "sagemaker:StopPipelineExecution", "sagemaker:CreateModelPackage"}
    assert [each["Sid"] for each in allowed.values() if each["Resource"] == ["*"]] == ["ImageLogin"]


def test_until_an_image_of_the_steps_is_pushed_nothing_is_proposed_and_a_sentence_says_so(run):
    recorder = run("staging", step_image=None, training=json.dumps(TRAINING))
    assert recorder.of_type(SCHEDULE) == []
    assert "proposalSchedule" not in recorder.exports
    assert statements(recorder, f"{NAME}-proposal"), "so that what policies except stands as it will"
    assert [
        each
        for each in recorder.messages
        if "no image of the steps is in flights-staging-steps, so that no model" in each
    ]


def test_where_nothing_serves_nothing_is_proposed(run):
    recorder = run("staging", registered=frozenset(), training=json.dumps(TRAINING))
    assert recorder.of_type(SCHEDULE) == []
    assert [each for each in recorder.messages if "no model is proposed" in each] == []
