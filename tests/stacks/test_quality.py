"""The whole of it on one endpoint: a month of flights is played, its labels come later, the month is judged, and something follows."""

import subprocess
import sys

import pytest
from msgspec import structs

from pipelines.flights import play
from pipelines.flights.data import read_months
from pipelines.gates import report as evaluations
from pipelines.months import Month
from pipelines.quality import report
from pipelines.server import artifact
from tests.conftest import CHECKOUT, Sandbox, hosting_in
from tests.faults.model_server import archive
from tests.faults.test_sandbox_capture import PREFIX, Kept, config, writer
from tests.unit.pipelines.quality.test_showing import evaluation

# Each part is held without an endpoint: tests/unit/pipelines/quality, tests/unit/tools/test_react.py.
pytestmark = [pytest.mark.sandbox, pytest.mark.soak, pytest.mark.timeout(900)]
FEBRUARY = Month(2013, 2)
VARIANT, ENDPOINT = "v1-0-0", "judged"


def run(sandbox, *command):
    """Exit status and output of one of the project's programs, in the sandbox as staging."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command), "--profile", "staging"],
        cwd=CHECKOUT, env=sandbox.env, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def hosting(tmp_path_factory):
    """A sandbox that waits for a model server as long as a busy machine takes to start one."""
    sandbox = Sandbox(
        tmp_path_factory.mktemp("judged"), "weights=0.05:0.1,endpoint=0.02:0.05,ping=120,unseen=0,seed=7"
    )
    sandbox.run("up")
    yield hosting_in(sandbox, "staging")
    sandbox.run("down", "--purge")


@pytest.fixture(scope="module")
def endpoint(hosting):
    """The real model server, which keeps everything that it is asked."""
    repository = "flights-judged"
    hosting.sandbox.client(hosting.profile, "ecr").create_repository(
        repositoryName=repository, imageTagMutability="IMMUTABLE"
    )
    build = (
        "sandbox",
        "image",
        "--repository",
        repository,
        "--file",
        "pipelines/server/Dockerfile",
        CHECKOUT,
    )
    status, output = run(hosting.sandbox, *build)
    assert status == 0, output
    key = "judged/model.tar.gz"
    hosting.sandbox.client(hosting.profile, "s3").put_object(Bucket=hosting.bucket, Key=key, Body=archive())
    role = writer(hosting)
    hosting.sagemaker.create_model(
        ModelName=VARIANT,
        ExecutionRoleArn=role,
        PrimaryContainer={
            "Image": output.strip().splitlines()[-1],
            "ModelDataUrl": f"s3://{hosting.bucket}/{key}",
            "Environment": {"MODEL_VERSION": "v1.0.0", "MODEL_SHA256": artifact.digest(archive())},
        },
    )
    plain = {"CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]}}
    hosting.config(ENDPOINT, {VARIANT: 100}, DataCaptureConfig=config(hosting, **plain))
    return hosting.endpoint(ENDPOINT, ENDPOINT)


def test_a_month_that_is_played_is_judged_by_the_labels_that_come_later(hosting, endpoint, tmp_path):
    hours = list(play.hours(FEBRUARY, FEBRUARY))
    play.send(hosting.runtime, endpoint, iter(hours))
    Kept(hosting, endpoint).until(VARIANT, len(hours))
    bucket, sandbox = f"s3://{hosting.bucket}", hosting.sandbox
    months = ("--first", FEBRUARY, "--until", FEBRUARY)
    status, output = run(sandbox, "pipelines.flights.play", "labels", "--to", f"{bucket}/labels", *months)
    assert status == 0, output

    (tmp_path / "model.tar.gz").write_bytes(archive())
    subject = evaluations.Subject(digest=artifact.digest(archive()))
    before = structs.replace(evaluation(value=0.9, low=0.89, high=0.91), challenger=subject)
    (tmp_path / "evaluation.json").write_bytes(evaluations.encode(before))
    status, output = run(
        *(sandbox, "pipelines.quality", "--recipe", "flights", "--version", "v1.0.0"),
        *("--model", tmp_path / "model.tar.gz", "--evaluation", tmp_path / "evaluation.json"),
        *("--captured", f"{bucket}/{PREFIX}/{endpoint}", "--labels", f"{bucket}/labels"),
        *("--reports", f"{bucket}/quality", "--cloudwatch", endpoint),
        *("--first", "2013-02-01", "--last", "2013-02-28"),
    )
    assert status == 3, output
    place = output.strip().splitlines()[-1].removeprefix(f"{bucket}/")
    body = sandbox.client("staging", "s3").get_object(Bucket=hosting.bucket, Key=place)["Body"].read()
    judged = report.decode(body, place)
    flights = read_months(FEBRUARY, FEBRUARY).flights
    arrived = int(flights["arr_delay"].notna().sum())
    assert (judged.joined.cases, judged.joined.unlabelled) == (arrived, len(flights) - arrived)
    assert (judged.joined.unanswered, judged.joined.unreadable, judged.joined.repeated_predictions) == (
        0,
        0,
        0,
    )
    assert judged.overall.days == 28

    acts = (
        *("tools.react", "--env", "staging", "--quality", f"{bucket}/quality"),
        *("--drift", f"{bucket}/drift", "--acts", f"{bucket}/acts"),
    )
    status, output = run(sandbox, *acts, "--dry-run")
    assert (status, output.partition(":")[0]) == (0, "would propose")
