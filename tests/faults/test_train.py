"""`modelctl train` by the repository's own pipeline: its end, its rerun, and what is left when anything of it is killed."""

import hashlib
import signal

import pytest

from modeldelivery.release.errors import Exit
from modeldelivery.release.naming import evidence_key
from tests.faults.kill import Point, every, hold, killed, parameters
from tests.faults.trained import PLACE, trains_in

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

STEPS = ["Validate", "Featurize", "Train", "Evaluate", "Register"]
# Calls of the follower of a training with a champion that is none yet, until it looks at its execution.
FOLLOWER = every(
    {
        "GetObject": 2,
        "HeadObject": 1,
        "DescribeImages": 2,
        "DescribePipeline": 1,
        "ListPipelineExecutions": 1,
        "PutObject": 1,
        "StartPipelineExecution": 1,
        "DescribePipelineExecution": 2,
        "ListPipelineExecutionSteps": 1,
        "UpdateModelPackage": 1,
    }
)
# Calls of `modelctl register` in the last step; before them nothing is written.
REGISTRAR = every({"PutObject": 6, "CreateModelPackage": 1})
SAMPLE = [Point("StartPipelineExecution", 0, ran=True)]
SAMPLE_OF_REGISTRAR = [Point("CreateModelPackage", 0, ran=True)]


@pytest.fixture(scope="module")
def trains(alone, tmp_path_factory):
    return trains_in(alone, tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def first(trains):
    """v1.0.0, trained from nothing."""
    return trains.train("v1.0.0")


@pytest.fixture
def version(request):
    """A version of the test's own."""
    number = int.from_bytes(hashlib.sha256(request.node.nodeid.encode()).digest()[:3])
    return f"v2.0.{number}"


def refuse_half(trains, version):
    """Exactly one package, approved; every document that the record names is there with its bytes, and no other."""
    (package,) = trains.packages(version)
    record = trains.record(version)
    assert (record.package_arn, package["ModelApprovalStatus"]) == (package["ModelPackageArn"], "Approved")
    kept = {name: evidence_key(record.digests.id, name) for name in record.evidence}
    assert trains.keys(evidence_key(record.digests.id, "")) == set(kept.values())
    for name, key in kept.items():
        body = trains.s3.get_object(Bucket=PLACE.registry_bucket, Key=key)["Body"].read()
        assert f"sha256:{hashlib.sha256(body).hexdigest()}" == record.evidence[name]


def test_a_version_is_trained_judged_registered_and_approved(trains, first):
    assert first.status == Exit.DONE, first.err
    steps = [step["name"] for step in first.document["detail"]["steps"]]
    assert [step for step in steps if step in STEPS] == STEPS
    refuse_half(trains, "v1.0.0")
    record = trains.record("v1.0.0")
    assert record.source.execution == first.document["detail"]["execution"]
    assert set(record.evidence) == {
        *("validation.json", "validation.html", "evaluation.json", "evaluation.html", "metrics.json"),
    }


def test_the_same_again_is_done_already_and_starts_nothing(trains, first):
    before = trains.executions()
    again = trains.train("v1.0.0")
    assert (again.status, again.document["outcome"]) == (Exit.DONE, "already")
    assert trains.executions() == before
    assert again.document["detail"]["record"] == first.document["detail"]["record"]


@pytest.mark.usefixtures("first")
def test_its_lineage_is_whole_but_for_the_endpoint(trains):
    shown = trains.modelctl("lineage", "--version", "v1.0.0").document
    missing = {link["kind"] for link in shown["links"] if link.get("missing")}
    assert missing == {"variant"}
    assert {"execution", "step", "data", "gate", "evidence"} <= {link["kind"] for link in shown["links"]}


@pytest.mark.soak
@pytest.mark.usefixtures("first")
def test_a_worse_model_stops_at_its_gate_with_its_sentence_and_is_not_tried_again(trains):
    worse = ("--fit", "trees=1", "--fit", "learning_rate=0.0001")
    before = trains.executions()
    ended = [trains.train("v1.1.0", *worse) for _ in range(2)]
    assert [each.status for each in ended] == [Exit.GATE, Exit.GATE], ended[0].err
    assert ended[0].document["summary"].startswith("v1.1.0 is stopped: evaluation gate: ")
    assert len(trains.executions()) == len(before) + 1
    assert trains.record("v1.1.0") is None
    execution = ended[0].document["detail"]["execution"].rpartition("/")[2]
    assert f"runs/{execution}/Evaluate/evaluation/evaluation.html" in trains.keys(f"runs/{execution}/")


@pytest.mark.soak
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.usefixtures("first")
def test_a_job_that_is_killed_fails_its_execution_and_the_rerun_goes_on(trains, version, step):
    if step != "Register":
        trains.forget()
    process = trains.start(*trains.training(version))
    trains.kill_job(step)
    _, err = process.communicate(timeout=300)
    assert process.returncode == Exit.FAILED, err
    assert f"{step}: " in err
    assert trains.train(version).status == Exit.DONE
    refuse_half(trains, version)


@pytest.mark.parametrize("points", parameters(REGISTRAR, SAMPLE_OF_REGISTRAR))
@pytest.mark.usefixtures("first")
def test_a_registration_that_is_killed_at_a_call_of_its_own_is_finished_by_the_rerun(trains, version, points):
    (point,) = points
    process = trains.start(*trains.training(version))
    trains.reach("Register")
    hold(trains.sandbox, "", point)
    held = trains.sandbox.held("", deadline=90)
    assert held, process.communicate(timeout=300)
    trains.kill_job("Register")
    trains.sandbox.clear_faults()
    assert process.wait(timeout=300) == Exit.FAILED
    assert trains.train(version).status == Exit.DONE
    refuse_half(trains, version)


@pytest.mark.parametrize("points", parameters(FOLLOWER, SAMPLE))
@pytest.mark.usefixtures("first")
def test_a_follower_that_is_killed_leaves_one_execution_which_the_rerun_follows(trains, version, points):
    (point,) = points
    before = trains.executions()
    killed(
        trains.sandbox,
        version,
        point,
        lambda caller: trains.start(*trains.training(version), AWS_SDK_UA_APP_ID=caller),
    )
    assert trains.train(version).status == Exit.DONE
    assert len(trains.executions()) == len(before) + 1
    refuse_half(trains, version)


@pytest.mark.soak
@pytest.mark.usefixtures("first")
def test_an_interrupted_follower_says_how_to_follow_and_how_to_stop(trains, version):
    process = trains.start(*trains.training(version))
    trains.reach("Register")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    (arn,) = trains.executions()[:1]
    assert process.returncode == Exit.INTERRUPTED
    assert f"{arn} goes on: run the same command again to follow it" in err
    assert f"aws sagemaker stop-pipeline-execution --pipeline-execution-arn {arn}" in out + err
    trains.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    stopped = trains.train(version)
    assert stopped.status in {Exit.DONE, Exit.FAILED}
    assert trains.train(version).status == Exit.DONE
    refuse_half(trains, version)
