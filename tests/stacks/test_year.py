"""`make year` where it is typed: months through an endpoint as `pulumi up` made it, judged, told by `modelctl status`, and shown."""

import json
import subprocess
import sys

import pytest

from modeldelivery.release.errors import Exit
from tests.conftest import CHECKOUT
from tests.faults.trained import PLACE
from tests.stacks.training import training_in

# Each part is held without an endpoint: tests/unit/pipelines, tests/unit/tools/test_react.py, tests/unit/tools/test_year.py.
pytestmark = [pytest.mark.stacks, pytest.mark.soak, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def stack(module_sandbox, tmp_path_factory):
    """A version that the environment's own pipeline trained on January serves, and what it is asked is kept."""
    trained = training_in(module_sandbox, tmp_path_factory.mktemp("year"))
    ended = trained.trains.train("v1.0.0")
    assert ended.status == Exit.DONE, ended.err
    trained.stack.release("v1.0.0", "v1.0.0")
    trained.stack.up()
    return trained.stack


def year(stack):
    done = subprocess.run(
        [sys.executable, "-m", "tools.year", *YEAR],
        cwd=CHECKOUT, env={**stack.env, "AWS_PROFILE": "staging"}, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


YEAR = ("--env", "staging", "--by-schedule", "--first", "2013-02", "--until", "2013-02", "--dry-run")


def test_a_month_is_played_judged_and_told_and_not_played_again(stack):
    first, *lines = year(stack)
    assert first.startswith("2013-02: ")
    assert first.endswith("of them captured")
    weeks = [line.split(": ")[1] for line in lines if line.startswith("  week before")]
    assert len(weeks) == 3  # that ended and began in February
    assert set(weeks) <= {"quiet", "moved", "drift"}
    (judged,) = (line for line in lines if line.startswith("  by labels: "))
    shown = json.loads(stack.modelctl("status", "--json").stdout)["versions"][0]
    assert shown["drift"]["verdict"] == weeks[-1]
    assert shown["quality"]["verdict"] == judged.split(": ")[1]
    assert (shown["drift"]["last"], shown["quality"]["last"]) == ("2013-02-25", "2013-02-28")
    page = (CHECKOUT / "build/page/staging.html").read_text()
    assert "2013-02-01 to 2013-02-28" in page
    kept = stack.sandbox.client("staging", "s3").list_objects_v2(
        Bucket=PLACE.registry_bucket, Prefix="drift/"
    )
    assert [each["Key"].rpartition("/")[0] for each in kept["Contents"]] == [
        "drift/flights-staging/v1.0.0"
    ] * 3

    again, *_ = year(stack)
    assert again.startswith("2013-02: played before (s3://")
