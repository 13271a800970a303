"""The training pipeline as `pulumi up` makes it: an execution of it makes a version, or ends with a gate's sentence."""

import json

import pytest

from modeldelivery.release.naming import record_key
from tests.stacks.training import COMMIT, PLACE, training_in

pytestmark = [pytest.mark.stacks, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def trained(module_sandbox, tmp_path_factory):
    return training_in(module_sandbox, tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="module")
def made(trained):
    """An execution that came to a version: its status and its steps."""
    return trained.run()


def test_an_execution_makes_a_version_whose_record_names_where_it_comes_from(trained, made):
    status, steps = made
    assert status == "Succeeded", trained.told(steps["Register"])
    assert steps.keys() == {"Validate", "Validated", "Featurize", "Train", "Evaluate", "Judged", "Register"}
    record = json.loads(
        trained.s3.get_object(Bucket=PLACE.registry_bucket, Key=record_key("v1.2.0"))["Body"].read()
    )
    assert record["source"]["commit"] == COMMIT
    assert f"/pipeline/{PLACE.pipeline}/execution/" in record["source"]["execution"]
    assert record["data_revision"] == trained.usual["DataRevision"]
    assert record["evidence"].keys() == {
        "evaluation.json",
        "evaluation.html",
        "validation.json",
        "validation.html",
    }
