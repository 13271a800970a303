"""Models are read with their execution role: what it may not read, SageMaker cannot serve."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ACCOUNTS, VERSION

pytestmark = pytest.mark.faults

TRUSTED = {"Service": "sagemaker.amazonaws.com"}


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.fixture(scope="module")
def role(sandbox):
    """Makes an execution role with these statements: `role("blind", allow(…))`."""
    return lambda name, *statements, trusts=TRUSTED, profile="staging": sandbox.role(
        profile, f"execution-{name}", *statements, trusts=trusts
    )


@pytest.fixture(scope="module")
def data(hosting):
    """A model's artifact, made for a model that the ordinary role serves."""
    hosting.model("artifact")
    return f"s3://{hosting.bucket}/artifact/model.tar.gz"


def create(hosting, name, role, data, image=None):
    container = {"Image": image or hosting.image, "ModelDataUrl": data}
    hosting.sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container)


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ([allow("ecr:*")], ["Could not access model data at s3://", '"s3:GetObject" permissions', "s3:GetObject on"]),
        ([allow("s3:*")], ["does not have BatchGetImage permission for the image", "ecr:GetAuthorizationToken"]),
        ([allow("s3:*"), allow("ecr:GetAuthorizationToken")], ["ecr:BatchCheckLayerAvailability"]),
    ],
)  # fmt: skip
def test_a_role_that_may_not_read_makes_no_model(hosting, role, data, statements, words):
    with pytest.raises(ClientError) as error:
        create(hosting, "unreadable", role("blind", *statements), data)
    for word in words:
        assert word in str(error.value)


def test_a_role_that_does_not_trust_sagemaker_makes_no_model(hosting, role, data):
    alone = role("distrustful", allow("s3:*"), allow("ecr:*"), trusts={"Service": "ec2.amazonaws.com"})
    with pytest.raises(ClientError, match="no resource-based policy allows the sts:AssumeRole action"):
        create(hosting, "distrusted", alone, data)


def test_a_role_that_does_not_exist_makes_no_model(hosting, data):
    with pytest.raises(ClientError, match="role/absent"):
        create(hosting, "roleless", "arn:aws:iam::111111111111:role/absent", data)


def test_a_role_that_lost_its_permission_starts_no_instance(hosting, role, data):
    fading = role("fading", allow("s3:*"), allow("ecr:*"))
    create(hosting, "fading", fading, data)
    role("fading", allow("ecr:*"))
    hosting.config("fading", {"fading": 1})
    hosting.sagemaker.create_endpoint(EndpointName="fading", EndpointConfigName="fading")
    shown = hosting.settled("fading")
    assert shown["EndpointStatus"] == "Failed"
    assert "Could not access model data" in shown["FailureReason"]


def test_another_accounts_image_takes_both_sides(hosting, sandbox, role, data):
    """Prod's model with staging's image and artifact, as far as staging lets it."""
    abroad = role("abroad", allow("s3:*"), allow("ecr:*"), profile="prod")
    prod = sandbox.client("prod", "sagemaker")
    container = {"Image": hosting.image, "ModelDataUrl": data}
    with pytest.raises(ClientError, match="no resource-based policy allows the ecr:"):
        prod.create_model(ModelName="abroad", ExecutionRoleArn=abroad, PrimaryContainer=container)
    friend = {"Principal": {"AWS": ACCOUNTS["prod"]}}
    pull = {
        "Effect": "Allow",
        "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        **friend,
    }
    shared = {"Version": VERSION, "Statement": [pull]}
    sandbox.client("staging", "ecr").set_repository_policy(
        repositoryName="echo", policyText=json.dumps(shared)
    )
    with pytest.raises(ClientError, match="no resource-based policy allows the s3:GetObject"):
        prod.create_model(ModelName="abroad", ExecutionRoleArn=abroad, PrimaryContainer=container)
    shared = {
        "Version": VERSION,
        "Statement": [allow("s3:GetObject", f"arn:aws:s3:::{hosting.bucket}/*", **friend)],
    }
    sandbox.client("staging", "s3").put_bucket_policy(Bucket=hosting.bucket, Policy=json.dumps(shared))
    prod.create_model(ModelName="abroad", ExecutionRoleArn=abroad, PrimaryContainer=container)
    sandbox.client("staging", "s3").delete_bucket_policy(Bucket=hosting.bucket)
