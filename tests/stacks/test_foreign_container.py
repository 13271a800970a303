"""A container of another kind, built by another tool: pushed, registered with its samples, served, rolled back, like any other."""

import json

import pytest

from tests.bits import packed
from tests.containers.perl.image import NEEDED, saved
from tests.stacks.conftest import push
from tests.stacks.stack import Stack

pytestmark = [
    pytest.mark.stacks,
    NEEDED,
]

SAMPLES = json.dumps([{"content_type": "text/csv", "body": "1,2", "accept": "application/json"}]).encode()


@pytest.fixture(scope="module")
def stack(module_sandbox, tmp_path_factory):
    """v1.1.0 serves, whose factor is 3; v1.0.0, whose factor is 2, is beside it."""
    stack = Stack("staging", module_sandbox, tmp_path_factory.mktemp("staging"))
    stack.without_data()
    stack.no_release()
    stack.up()
    image = push(stack, saved(stack.folder / "perl.tar"), "--archive")
    for version, factor in (("v1.0.0", b"2\n"), ("v1.1.0", b"3\n")):
        archive = stack.folder / f"{version}.tar.gz"
        archive.write_bytes(packed({"factor.txt": factor}, samples=SAMPLES))
        stack.register_approved(version, image, archive, "none")
    stack.release("v1.1.0", "v1.1.0", "v1.0.0")
    stack.up()
    return stack


def predictions(stack):
    runtime = stack.sandbox.client("staging", "sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName="flights-staging", Body=b"1,2.5", ContentType="text/csv")
    return json.loads(answer["Body"].read())["predictions"]


def test_it_serves_and_is_rolled_back_by_weights_alone(stack):
    assert predictions(stack) == [3, 7.5]

    stack.modelctl("rollback", "--to", "v1.0.0", "--reason", "wrong factor")

    assert predictions(stack) == [2, 5]
    assert stack.status()["serving"] == "v1.0.0"


def test_its_package_says_what_its_samples_send_and_accept(stack):
    sagemaker = stack.sandbox.client("staging", "sagemaker")
    (package, *_) = sagemaker.list_model_packages(ModelPackageGroupName="flights-staging")[
        "ModelPackageSummaryList"
    ]
    shown = sagemaker.describe_model_package(ModelPackageName=package["ModelPackageArn"])[
        "InferenceSpecification"
    ]

    assert shown["SupportedContentTypes"] == ["text/csv"]
    assert shown["SupportedResponseMIMETypes"] == ["application/json"]
