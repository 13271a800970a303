"""A container of another kind, built by another tool: pushed, registered with its samples, served, rolled back, like any other."""

import json
import platform
import subprocess
import sys

import pytest

from tests.bits import packed
from tests.conftest import CHECKOUT
from tests.containers.perl.image import PERL, saved
from tests.stacks.stack import Stack

pytestmark = [
    pytest.mark.stacks,
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        platform.machine() != "x86_64" or not PERL.exists(),
        reason="the image is made of this machine's own perl",
    ),
]

SAMPLES = json.dumps([{"content_type": "text/csv", "body": "1,2", "accept": "application/json"}]).encode()


@pytest.fixture(scope="module")
def stack(module_sandbox, tmp_path_factory):
    """v1.1.0 serves, whose factor is 3; v1.0.0, whose factor is 2, did before."""
    stack = Stack("staging", module_sandbox, tmp_path_factory.mktemp("staging"))
    stack.no_release()
    stack.up()
    pushed = subprocess.run(
        [
            *(sys.executable, "-m", "sandbox", "image", "--profile", "staging", "--repository", "flights-staging"),
            *("--archive", str(saved(stack.folder / "perl.tar"))),
        ],
        cwd=CHECKOUT, env=stack.env, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    for version, factor in (("v1.0.0", b"2\n"), ("v1.1.0", b"3\n")):
        archive = stack.folder / f"{version}.tar.gz"
        archive.write_bytes(packed({"factor.txt": factor}, samples=SAMPLES))
        stack.modelctl(
            "register", "--version", version, "--image", pushed.stdout.strip(),
            "--artifact", archive, "--data-revision", "none",
        )  # fmt: skip
    stack.release("v1.0.0", "v1.0.0", "v1.1.0")
    stack.up()
    stack.release("v1.1.0", "v1.0.0", "v1.1.0")
    stack.up()
    return stack


def predictions(stack):
    runtime = stack.sandbox.client("staging", "sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName="flights-staging", Body=b"1,2.5", ContentType="text/csv")
    return json.loads(answer["Body"].read())["predictions"]


def test_it_serves_and_is_rolled_back_by_weights_alone(stack):
    assert predictions(stack) == [3, 7.5]

    stack.modelctl("rollback", "--reason", "wrong factor")

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
