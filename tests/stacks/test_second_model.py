"""A model that nobody here trains for a living goes the same road: registered, served and rolled back."""

import json

import pytest

from tests.conftest import CHECKOUT
from tests.models import iris
from tests.stacks.conftest import push
from tests.stacks.stack import Stack

pytestmark = pytest.mark.stacks


def register(stack, version, archive, image):
    path = stack.folder / f"{version}.tar.gz"
    path.write_bytes(archive)
    stack.register_approved(version, image, path, "irises", "--model", "iris")


def test_a_model_of_three_classes_is_released_verified_at_weight_0_and_rolled_back(module_sandbox, tmp_path):
    stack = Stack("staging", module_sandbox, tmp_path)
    stack.set("model", "iris")
    stack.without_data()
    stack.no_release()
    stack.up()
    image = push(stack, CHECKOUT, "--file", "pipelines/server/Dockerfile", repository="iris")
    for version, regularization in (("v1.0.0", 0.1), ("v1.1.0", 1.0)):
        register(stack, version, iris.train(regularization), image)
    stack.release("v1.1.0", "v1.1.0", "v1.0.0")
    stack.up()
    runtime = module_sandbox.client("staging", "sagemaker-runtime")
    rows, species = iris.instances(20)

    def answered():
        answer = runtime.invoke_endpoint(
            EndpointName="iris-staging", ContentType="application/json", Body=json.dumps(rows)
        )
        document = json.loads(answer["Body"].read())
        right = sum(p["class"] == name for p, name in zip(document["predictions"], species, strict=True))
        return document["model_version"], right

    verified = stack.modelctl("verify", "--version", "v1.0.0", "--model", "iris")
    assert "v1.0.0 is verified: " in verified.stdout
    version, right = answered()
    assert version == "v1.1.0"
    assert right >= 18
    stack.modelctl("rollback", "--to", "v1.0.0", "--reason", "v1.0.0 was better", "--model", "iris")
    assert answered()[0] == "v1.0.0"
