"""An endpoint that is not as it should be is named by everything that looks at it, and `up` never calls it unchanged."""

import time

import pytest

from tests.stacks.stack import EngineError

# `status`, preview, up and drift are held to the findings one by one without an engine (tests/unit); this is all of them at once.
pytestmark = [pytest.mark.stacks, pytest.mark.sequence, pytest.mark.soak, pytest.mark.timeout(600)]

NAME = "flights-staging"
IMPAIRED = "the endpoint is UpdateRollbackFailed"


@pytest.fixture(scope="module")
def impaired(staging):
    """Staging after a change of the fleet that SageMaker could neither make nor take back: it serves a mix."""
    staging.sandbox.fault(kind="rollback_failed", endpoint=NAME)
    staging.release("v1.0.0", "v1.1.0", "v1.0.0")
    with pytest.raises(EngineError):
        staging.up()
    staging.release("v1.0.0", "v1.0.0")
    end = time.monotonic() + 300
    sagemaker = staging.sandbox.client("staging", "sagemaker")
    while sagemaker.describe_endpoint(EndpointName=NAME)["EndpointStatus"] != "UpdateRollbackFailed":
        assert time.monotonic() < end
        time.sleep(0.2)
    return staging


def review(stack, command):
    return stack.review(command, stack.folder / "review")


def test_a_preview_names_it_and_does_not_say_that_nothing_changes(impaired):
    done = review(impaired, "preview")
    assert "and its endpoint is degraded" in done.stdout, done.stdout + done.stderr
    assert IMPAIRED in done.stdout
    assert "modeldelivery:index:Endpoint" in impaired.changes()


def test_drift_names_it(impaired):
    done = review(impaired, "drift")
    assert IMPAIRED in done.stdout, done.stdout + done.stderr


def test_a_check_of_its_status_ends_with_7(impaired):
    done = impaired.modelctl("status", "--check", check=False)
    assert done.returncode == 7, done.stdout + done.stderr
    assert IMPAIRED in done.stdout


def test_an_up_either_mends_it_or_fails(impaired):
    try:
        output = impaired.up()
    except EngineError as error:
        output = str(error)
    else:
        shown = impaired.sandbox.client("staging", "sagemaker").describe_endpoint(EndpointName=NAME)
        assert shown["EndpointStatus"] == "InService"
    assert "UpdateRollbackFailed" in output
