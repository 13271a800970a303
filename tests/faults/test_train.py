"""`modelctl train` by the repository's own pipeline: what is left when anything of it is killed, at every step and call.

tests/stacks/test_training.py has its end, its rerun and a sample of the kills.
"""

import hashlib
import signal

import pytest

from modeldelivery.release.errors import Exit
from tests.faults.kill import every, killed
from tests.faults.trained import STEPS, trains_in

pytestmark = [pytest.mark.faults, pytest.mark.soak, pytest.mark.timeout(600)]

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
REGISTRAR = every({"PutObject": 8, "CreateModelPackage": 1})


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
    trains.refuse_half(version)


@pytest.mark.parametrize("point", REGISTRAR, ids=str)
@pytest.mark.usefixtures("first")
def test_a_registration_that_is_killed_at_a_call_of_its_own_is_finished_by_the_rerun(trains, version, point):
    assert trains.kill_registration(version, point) == Exit.FAILED
    assert trains.train(version).status == Exit.DONE
    trains.refuse_half(version)


@pytest.mark.parametrize("point", FOLLOWER, ids=str)
@pytest.mark.usefixtures("first")
def test_a_follower_that_is_killed_leaves_one_execution_which_the_rerun_follows(trains, version, point):
    before = trains.executions()
    killed(
        trains.sandbox,
        version,
        point,
        lambda caller: trains.start(*trains.training(version), AWS_SDK_UA_APP_ID=caller),
    )
    assert trains.train(version).status == Exit.DONE
    assert len(trains.executions()) == len(before) + 1
    trains.refuse_half(version)


@pytest.mark.usefixtures("first")
def test_an_interrupted_follower_says_how_to_follow_and_how_to_stop(trains, version):
    process = trains.start(*trains.training(version))
    trains.reach("Register")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    (arn,) = trains.executions()[:1]
    assert process.returncode == Exit.INTERRUPTED
    assert f"{arn} goes on: run the same command again to follow it" in err
    assert f"aws sagemaker stop-pipeline-execution --pipeline-execution-arn {arn}" in out + err
    trains.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    stopped = trains.train(version)
    assert stopped.status in {Exit.DONE, Exit.FAILED}
    assert trains.train(version).status == Exit.DONE
    trains.refuse_half(version)
