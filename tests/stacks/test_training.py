"""The training pipeline as `pulumi up` makes it: an execution of it makes a version, or ends with a gate's sentence.

tests/faults/test_train.py kills it at every step and call; here is a sample.
"""

import hashlib
import json

import pytest

from modeldelivery.release.errors import Exit
from pipelines import dataset
from pipelines.flights.data import parse_month, published
from tests.faults.kill import Point, killed
from tests.faults.trained import COMMIT, PLACE, STEPS
from tests.stacks.training import FIRST, UNTIL, data_of, training_in

WORSE = {"Version": "v1.3.0", "Fit": '{"seed":0,"trees":1}'}

pytestmark = [pytest.mark.stacks, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def trained(module_sandbox, tmp_path_factory):
    return training_in(module_sandbox, tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="module", autouse=True)
def made(trained):
    """How `modelctl train` ended with v1.2.0, before anything else happens."""
    ended = trained.trains.train("v1.2.0")
    assert ended.status == Exit.DONE, ended.err
    trained.usual = ended.document["detail"]["inputs"]
    return ended


def test_a_version_is_trained_judged_registered_and_approved_and_its_record_names_where_it_comes_from(
    trained, made
):
    detail = made.document["detail"]
    assert [step["name"] for step in detail["steps"] if step["name"] in STEPS] == STEPS
    trained.trains.refuse_half("v1.2.0")
    record = trained.trains.record("v1.2.0")
    assert (record.source.commit, record.source.execution) == (COMMIT, detail["execution"])
    assert f":pipeline/{PLACE.pipeline}/execution/" in record.source.execution
    assert record.digests.data == trained.usual["DataRevision"]
    assert record.metrics["auc"] > 0.5
    assert record.evidence.keys() == {
        "evaluation.json",
        "evaluation.html",
        "metrics.json",
        "validation.json",
        "validation.html",
        "baseline.json",
    }


def test_an_executions_version_names_its_metrics_and_is_registered_by_the_execution(trained):
    record = trained.trains.record("v1.2.0")
    assert record.registered_by == record.source.execution
    package = trained.sagemaker.describe_model_package(ModelPackageName=record.package_arn)
    statistics = package["ModelMetrics"]["ModelQuality"]["Statistics"]
    bucket, _, key = statistics["S3Uri"].removeprefix("s3://").partition("/")
    body = trained.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert statistics["ContentDigest"] == "sha256:" + hashlib.sha256(body).hexdigest()
    assert json.loads(body) == record.metrics
    assert package["MetadataProperties"] == {"CommitId": COMMIT, "GeneratedBy": record.registered_by}


def test_the_same_command_again_is_done_already_and_starts_nothing(trained, made):
    before = trained.trains.executions()
    again = trained.trains.train("v1.2.0")
    assert (again.status, again.document["outcome"]) == (Exit.DONE, "already")
    assert trained.trains.executions() == before
    assert again.document["detail"]["record"] == made.document["detail"]["record"]


def test_its_lineage_is_whole_but_for_the_endpoint(trained):
    shown = trained.trains.modelctl("lineage", "--version", "v1.2.0").document
    assert {link["kind"] for link in shown["links"] if link.get("missing")} == {"variant"}
    assert {"execution", "step", "data", "gate", "evidence"} <= {link["kind"] for link in shown["links"]}
    (image,) = (link["name"] for link in shown["links"] if link.get("about") == "of the steps")
    assert f"/{PLACE.step_repository}@sha256:" in image


def test_a_registration_that_is_killed_once_its_package_is_made_is_finished_by_the_rerun(trained):
    point = Point("CreateModelPackage", 0, ran=True)
    assert trained.trains.kill_registration("v2.0.0", point) == Exit.FAILED
    assert trained.trains.train("v2.0.0").status == Exit.DONE
    trained.trains.refuse_half("v2.0.0")


def test_a_follower_that_is_killed_leaves_one_execution_which_the_rerun_follows(trained):
    trains, before = trained.trains, trained.trains.executions()
    killed(
        trains.sandbox,
        "follower",
        Point("StartPipelineExecution", 0, ran=True),
        lambda caller: trains.start(*trains.training("v2.1.0"), AWS_SDK_UA_APP_ID=caller),
    )
    assert trains.train("v2.1.0").status == Exit.DONE
    assert len(trains.executions()) == len(before) + 1
    trains.refuse_half("v2.1.0")


@pytest.mark.soak
def test_a_preview_after_it_shows_no_change(trained):
    assert trained.stack.changes() == {}


def test_the_same_inputs_again_come_from_the_cache_and_add_no_package(trained):
    before = trained.packages()
    status, steps = trained.run()
    assert status == "Succeeded", trained.told(steps["Register"])
    assert {name for name, step in steps.items() if "CacheHitResult" in step} == {
        "Validate",
        "Featurize",
        "Train",
        "Evaluate",
    }
    assert trained.packages() == before != []


def test_a_proposal_passes_its_gates_and_registers_nothing(trained):
    before = trained.packages()
    ended = trained.trains.train("v2.9.0", "--propose")
    assert ended.status == Exit.DONE, ended.err
    steps = {step["name"]: step["status"] for step in ended.document["detail"]["steps"]}
    assert steps["Registers"] == "Succeeded"
    assert "Register" not in steps
    assert trained.packages() == before
    assert trained.trains.record("v2.9.0") is None


def test_a_worse_model_is_stopped_with_the_gates_sentence_and_its_report_is_kept(trained):
    status, steps = trained.run(**WORSE)
    assert status == "Failed"
    reason = steps["EvaluateStopped"]["FailureReason"]
    assert reason.startswith("evaluation gate: ")
    assert "Register" not in steps
    (report,) = trained.left(steps["Evaluate"], "evaluation/evaluation.json")
    assert json.loads(report)["reason"] == reason.removeprefix("evaluation gate: ")
    assert trained.left(steps["Evaluate"], "evaluation/evaluation.html")
    assert trained.keys("versions/v1.3.0") == []


@pytest.mark.soak
def test_data_that_is_not_as_expected_is_stopped_with_the_gates_sentence_and_its_report_is_kept(
    trained, tmp_path
):
    months = published(parse_month(FIRST), parse_month(UNTIL).following)
    months["weather/2013-01.csv"] = b"".join(months["weather/2013-01.csv"].splitlines(keepends=True)[:1])
    dataset.write(tmp_path / "data", months)
    status, steps = trained.run(Version="v1.3.0", **data_of(trained.publish(tmp_path / "data")))
    assert status == "Failed"
    assert steps.keys() == {"Validate", "Validated", "ValidateStopped"}
    reason = steps["ValidateStopped"]["FailureReason"]
    assert reason.startswith("validation gate: ")
    assert "weather" in reason
    (report,) = trained.left(steps["Validate"], "validation/validation.json")
    assert json.loads(report)["passed"] is False
    assert trained.left(steps["Validate"], "validation/validation.html")


# What SageMaker does in a role's name and the sandbox does not show, by role; why AWS needs it.
UNSEEN = {
    # It stops its jobs; the sandbox does so without a call.
    "pipeline": {"sagemaker:StopProcessingJob", "sagemaker:StopTrainingJob"},
    # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    # Whichever job is the first to print makes the log group: here the registrar's.
    "training": {"logs:CreateLogGroup", "logs:DescribeLogStreams"},
    # … and the rest of a large artifact, of which a part could not be uploaded.
    "registrar": {"logs:DescribeLogStreams", "s3:AbortMultipartUpload"},
}
# An execution that takes what the usual one need not: a step that prints something, a package that is looked for among others.
MORE = {"training": WORSE, "registrar": {"Version": "v1.2.1"}}
# Taken for every pull of the image, before the job has a call of its own.
PULL = {
    *("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    "ecr:GetAuthorizationToken",
}


@pytest.mark.parametrize("name", ["training", "registrar"])
def test_a_jobs_role_has_what_its_jobs_take_and_nothing_more(trained, name):
    trained.run(**MORE[name])
    role = trained.role(name)
    calls = [call for call in trained.stack.sandbox.calls() if call["role"] == role.arn]
    taken = {need["action"] for call in calls for need in call["needs"]}
    assert taken | PULL | UNSEEN[name] == role.actions
    assert [call for call in calls if call["denied"]] == []


def fresh(action):
    """Parameters of an execution that takes the action: a step that comes from the cache takes none."""
    return {"Fit": '{"seed":1}'} if action.endswith("TrainingJob") else {"Version": "v1.4.0"}


@pytest.mark.soak
def test_without_any_one_action_of_the_pipelines_role_an_execution_fails_for_want_of_it(trained):
    role = trained.role("pipeline")
    outcomes = {}
    for action in sorted(role.actions - UNSEEN["pipeline"]):
        with role.without(action):
            status, steps = trained.run(**fresh(action))
        reasons = " ".join(step.get("FailureReason", "") for step in steps.values())
        outcomes[action] = (status, action in reasons)
    assert outcomes == dict.fromkeys(outcomes, ("Failed", True))
    assert outcomes


@pytest.mark.soak
@pytest.mark.parametrize("name", ["training", "registrar"])
def test_without_any_one_action_of_a_pull_a_job_fails_for_want_of_it(trained, name):
    role = trained.role(name)
    outcomes = {}
    for number, action in enumerate(sorted(PULL)):
        skip = {"gates": ["latency"], "by": "ada@example.com", "because": f"drill number {number}"}
        given = {"training": {"Skip": json.dumps(skip)}, "registrar": {"Version": "v1.4.0"}}[name]
        with role.without(action):
            status, steps = trained.run(**given)
        outcomes[action] = (status, any(action in step.get("FailureReason", "") for step in steps.values()))
    assert outcomes == dict.fromkeys(PULL, ("Failed", True))
