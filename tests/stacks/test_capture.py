"""Config turns data capture on, changes it and turns it off again: requests are kept meanwhile, and a rollback that stands goes on standing."""

import json
import time

import pytest

from pipelines.capture import read
from tests.stacks.conftest import released
from tests.stacks.stack import Stack

# Each half is held without an engine: tests/components, tests/unit/provider, tests/faults/test_sandbox_capture.py.
pytestmark = [pytest.mark.stacks, pytest.mark.soak]
BUCKET = "flights-staging-registry-111111111111-eu-west-1"
ENDPOINT = "flights-staging"


@pytest.fixture(scope="module")
def stack(module_sandbox, tmp_path_factory):
    made = Stack("staging", module_sandbox, tmp_path_factory.mktemp("staging"))
    released(made)
    return made


def kept(stack):
    """Lines of all variants."""
    s3 = stack.sandbox.client("staging", "s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="capture/").get("Contents", [])
    bodies = [s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed]
    return [line for body in bodies for line in read(body.splitlines(), "capture")]


def invoke(stack, text):
    runtime = stack.sandbox.client("staging", "sagemaker-runtime")
    runtime.invoke_endpoint(
        EndpointName=ENDPOINT, ContentType="text/csv", Body=text.encode(), InferenceId=text
    )


def test_capture_is_config_and_moves_no_traffic(stack):
    stack.release("v1.1.0", "v1.1.0", "v1.0.0")
    stack.up()
    assert stack.modelctl("rollback", "--reason", "a drill").returncode == 0
    stack.set("capture", {"percent": 100, "days": 7})
    stack.set("monitoring", {"dashboard": True})
    assert stack.changes()["modeldelivery:index:Endpoint"] == "update"
    stack.up()
    assert stack.changes() == {}
    shown = stack.sandbox.client("staging", "cloudwatch").get_dashboard(DashboardName=ENDPOINT)
    assert "v1-0-0" in shown["DashboardBody"]
    for number in range(5):
        invoke(stack, f"row-{number}")
    end = time.monotonic() + 300
    while len(lines := kept(stack)) < 5:
        assert time.monotonic() < end, stack.sandbox.run("logs").stdout[-3000:]
        time.sleep(0.2)
    assert {line.inference for line in lines} == {f"row-{number}" for number in range(5)}
    assert json.loads(stack.modelctl("status", "--json").stdout)["serving"] == "v1.0.0"

    stack.config["config"].pop("model-delivery:capture")
    stack.config["config"].pop("model-delivery:monitoring")
    stack.up()
    assert stack.sandbox.client("staging", "cloudwatch").list_dashboards()["DashboardEntries"] == []
    invoke(stack, "not-kept")
    time.sleep(7)  # longer than lines wait before they are written
    assert len(kept(stack)) == 5
    status = json.loads(stack.modelctl("status", "--json").stdout)
    assert (status["serving"], status["live"]) == ("v1.0.0", "v1.1.0")
