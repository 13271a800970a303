"""Roles have what they need and nothing more: each does its whole work with its committed policies, with the real engine.

One life of an environment, from an empty account until it is taken down, shows it all; what a role may not do is tried
while the endpoint serves.
"""

import random

import pytest
from botocore.exceptions import ClientError

from tests.stacks.roles import actions, live, missed
from tools.roles.flows import (
    APPROVER,
    DEPLOY,
    GATES,
    OPERATOR,
    PREVIEW,
    PUSHER,
    READER,
    REGISTRAR,
    ROLES,
    TEARDOWN,
    TRAINER,
)
from tools.roles.policies import attached, committed, derived, names
from tools.roles.site import PLACE, STATE_BUCKET, FlowError, Site
from tools.roles.unseen import unseen

pytestmark = [pytest.mark.stacks, pytest.mark.timeout(900)]

QUICK = "weights=0.05:0.1,endpoint=0.02:0.05,ping=20,unseen=0,seed=7"
BUCKET = PLACE.registry_bucket
LIVES = 1  # in the soak; each is ten minutes, and its seed says what is tried in them

# A step of a role, and an action without which it fails: the others are tried in the soak.
SAMPLE = {
    "pushes an image": ["ecr:PutImage"],
    "registers v1.0.0": ["s3:PutObject", "sagemaker:CreateModelPackage"],
    "rolls back": ["sagemaker:UpdateEndpointWeightsAndCapacities"],
    "goes on with v2.2.0": ["sagemaker:RetryPipelineExecution"],
}
# Another's work, by the role that tries it.
STRAYS = {
    "preview writes the journal": (PREVIEW, "s3", "put_object", {"Bucket": BUCKET, "Key": PLACE.journal_key, "IfNoneMatch": "*"}),
    "preview moves traffic": (PREVIEW, "sagemaker", "update_endpoint_weights_and_capacities", {"EndpointName": PLACE.endpoint, "DesiredWeightsAndCapacities": [{"VariantName": "v1-0-0", "DesiredWeight": 1}]}),
    "preview writes the state": (PREVIEW, "s3", "put_object", {"Bucket": STATE_BUCKET, "Key": ".pulumi/stacks/x.json"}),
    "registrar moves traffic": (REGISTRAR, "sagemaker", "update_endpoint_weights_and_capacities", {"EndpointName": PLACE.endpoint, "DesiredWeightsAndCapacities": [{"VariantName": "v1-0-0", "DesiredWeight": 1}]}),
    "registrar writes the journal": (REGISTRAR, "s3", "put_object", {"Bucket": BUCKET, "Key": PLACE.journal_key, "IfNoneMatch": "*"}),
    "registrar approves a version": (REGISTRAR, "sagemaker", "update_model_package", {"ModelPackageArn": f"arn:aws:sagemaker:{PLACE.region}:{PLACE.account}:model-package/{PLACE.package_group}/1", "ModelApprovalStatus": "Approved"}),
    "approver moves traffic": (APPROVER, "sagemaker", "update_endpoint_weights_and_capacities", {"EndpointName": PLACE.endpoint, "DesiredWeightsAndCapacities": [{"VariantName": "v1-0-0", "DesiredWeight": 1}]}),
    "approver writes a version's record": (APPROVER, "s3", "put_object", {"Bucket": BUCKET, "Key": "versions/v9.9.9.json", "IfNoneMatch": "*"}),
    "trainer registers a version": (TRAINER, "s3", "put_object", {"Bucket": BUCKET, "Key": "versions/v9.9.9.json", "IfNoneMatch": "*"}),
    "trainer approves a version": (TRAINER, "sagemaker", "update_model_package", {"ModelPackageArn": f"arn:aws:sagemaker:{PLACE.region}:{PLACE.account}:model-package/{PLACE.package_group}/1", "ModelApprovalStatus": "Approved"}),
    "trainer changes the pipeline": (TRAINER, "sagemaker", "update_pipeline", {"PipelineName": PLACE.pipeline, "PipelineDescription": "mine"}),
    "trainer writes data": (TRAINER, "s3", "put_object", {"Bucket": PLACE.data_bucket, "Key": "datasets/sha256/x", "IfNoneMatch": "*"}),
    "gates move traffic": (GATES, "sagemaker", "update_endpoint_weights_and_capacities", {"EndpointName": PLACE.endpoint, "DesiredWeightsAndCapacities": [{"VariantName": "v1-0-0", "DesiredWeight": 1}]}),
    "reader starts a training": (READER, "sagemaker", "start_pipeline_execution", {"PipelineName": PLACE.pipeline, "ClientRequestToken": "t" * 32}),
    "reader approves a version": (READER, "sagemaker", "update_model_package", {"ModelPackageArn": f"arn:aws:sagemaker:{PLACE.region}:{PLACE.account}:model-package/{PLACE.package_group}/1", "ModelApprovalStatus": "Approved"}),
    "deploy starts a training": (DEPLOY, "sagemaker", "start_pipeline_execution", {"PipelineName": PLACE.pipeline, "ClientRequestToken": "t" * 32}),
    "deploy deletes the pipeline": (DEPLOY, "sagemaker", "delete_pipeline", {"PipelineName": PLACE.pipeline, "ClientRequestToken": "t" * 32}),
    "registrar pushes an image": (REGISTRAR, "ecr", "put_image", {"repositoryName": PLACE.repository, "imageManifest": "{}"}),
    "operator deletes the registry": (OPERATOR, "s3", "delete_bucket", {"Bucket": BUCKET}),
    "operator deletes the endpoint": (OPERATOR, "sagemaker", "delete_endpoint", {"EndpointName": PLACE.endpoint}),
    "operator writes a version's record": (OPERATOR, "s3", "put_object", {"Bucket": BUCKET, "Key": "versions/v9.9.9.json", "IfNoneMatch": "*"}),
    "operator reads what callers sent": (OPERATOR, "s3", "get_object", {"Bucket": BUCKET, "Key": "capture/x"}),
    "operator reads the state": (OPERATOR, "s3", "get_object", {"Bucket": STATE_BUCKET, "Key": f".pulumi/stacks/model-delivery/{PLACE.environment}.json"}),
    "pusher registers a version": (PUSHER, "s3", "put_object", {"Bucket": BUCKET, "Key": "versions/v9.9.9.json", "IfNoneMatch": "*"}),
    "pusher deletes an image": (PUSHER, "ecr", "batch_delete_image", {"repositoryName": PLACE.repository, "imageIds": [{"imageTag": "x"}]}),
    "deploy deletes the registry": (DEPLOY, "s3", "delete_bucket", {"Bucket": BUCKET}),
    "deploy deletes the repository": (DEPLOY, "ecr", "delete_repository", {"repositoryName": PLACE.repository}),
    "deploy writes a version's record": (DEPLOY, "s3", "put_object", {"Bucket": BUCKET, "Key": "versions/v9.9.9.json", "IfNoneMatch": "*"}),
    "deploy makes another role": (DEPLOY, "iam", "create_role", {"RoleName": "admin", "AssumeRolePolicyDocument": "{}"}),
    "deploy takes another's key": (DEPLOY, "kms", "schedule_key_deletion", {"KeyId": "alias/pulumi-prod"}),
    "teardown deletes the state": (TEARDOWN, "s3", "delete_bucket", {"Bucket": STATE_BUCKET}),
}  # fmt: skip


def tried(site):
    """How each stray call is refused; the empty text for one that is not."""
    outcomes = {}
    for name, (role, service, operation, parameters) in STRAYS.items():
        try:
            getattr(site.client(role, service), operation)(**parameters)
            outcomes[name] = ""
        except ClientError as error:
            outcomes[name] = str(error)
    # The same by the command that an operator types.
    try:
        site.act(REGISTRAR, "modelctl", "rollback", "--reason", "not mine", "--env", PLACE.environment)
        outcomes["registrar rolls back"] = ""
    except FlowError as error:
        outcomes["registrar rolls back"] = str(error)
    return outcomes


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """One environment's life."""
    site = Site(tmp_path_factory.mktemp("roles"), QUICK)

    def sample(step):
        return [
            each
            for each in actions(step.role, trains=step.trains, builds=step.builds)
            if each[2] in SAMPLE.get(step.what, ())
        ]

    try:
        site.open()
        yield live(site, sample, tried)
    finally:
        site.close()


def test_each_role_does_its_whole_work_with_its_policies_and_is_denied_nothing(life):
    assert {role for role in ROLES if any(role == step.role for step in life.needs)} == set(ROLES)
    assert [call for call in life.calls if call["denied"]] == []


def test_the_committed_policies_are_what_the_work_takes(life):
    """Otherwise: `python -m tools.roles` writes them, and the difference is for a reviewer."""
    assert committed() == derived(life.calls)


def test_without_the_sampled_actions_the_work_fails(life):
    assert life.survived == life.untouched == []


@pytest.mark.parametrize("role", ROLES)
def test_without_any_one_action_a_call_of_the_work_is_denied(life, role):
    """But for those that no flow shows."""
    needs = [need for step, taken in life.needs.items() if step.role == role for need in taken]
    policies = attached(committed(), role)
    own = [each for each in actions(role) if names(committed(), role)[each[0]].startswith(role)]
    idle = {lacking[2] for lacking in own if not missed(needs, policies, role, lacking)}
    assert idle <= {action for each in unseen() if role in each.roles for action in each.actions}


@pytest.mark.parametrize("stray", [*STRAYS, "registrar rolls back"])
def test_no_role_does_another_ones_work(life, stray):
    assert "is not authorized to perform" in life.strays[stray]


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_without_an_action_the_work_fails(life, tmp_path_factory, request):
    """Taken away before a step that needs it: all of those that only read, and one of the others in each step of a life.

    Of those that write only the first try is one, since it may leave half the step done; the seed says which.
    """
    chance = random.Random(str(request.config.getoption("--hypothesis-seed")))  # noqa: S311 - a choice of tests
    pending = {role: set(actions(role)) for role in ROLES}

    def lacking(step):
        whole = attached(committed(), step.role, trains=step.trains, builds=step.builds)
        failures = [
            each
            for each in sorted(pending[step.role])
            if each[0] < len(whole) and missed(life.needs[step], whole, step.role, each)
        ]
        if step.role != PREVIEW:
            chance.shuffle(failures)
            failures = failures[:1]
        pending[step.role] -= set(failures)
        return failures

    for number in range(LIVES):
        site = Site(tmp_path_factory.mktemp(f"life-{number}"), QUICK)
        try:
            site.open()
            again = live(site, lacking)
        finally:
            site.close()
        assert again.untouched == []
        assert again.survived == []
