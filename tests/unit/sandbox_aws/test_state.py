import pytest

from modeldelivery.plugin.protocol import Change, InitFailedError, ProviderError
from modeldelivery.plugin.values import UNKNOWN
from sandbox.pulumi_aws.calls import AwsError
from tests.unit.sandbox_aws.stack import Stack, configured

BUCKET = "aws:s3/bucket:Bucket"


def test_a_preview_of_a_new_resource_knows_what_was_said_and_no_more(stack):
    inputs = stack.checked(BUCKET, {"bucket": "flights", "tags": {"owner": "ml"}})
    outputs = stack.aws.create(stack.resource(BUCKET), inputs, timeout=0, preview=True).outputs
    assert outputs["bucket"] == "flights"
    assert outputs["forceDestroy"] is False
    assert outputs["tagsAll"] == {"owner": "ml"}
    assert outputs["region"] == "eu-west-1"
    assert outputs["arn"] is UNKNOWN


def test_a_preview_of_an_update_keeps_what_the_service_chose(stack):
    old = {"bucket": "flights", "arn": "arn:aws:s3:::flights", "region": "eu-west-1", "forceDestroy": True}
    stack.state["thing"] = (BUCKET, "flights", stack.checked(BUCKET, {"bucket": "flights"}), old)
    outputs = stack.update({"bucket": "flights", "tags": {"owner": "ml"}}, preview=True)
    assert outputs == {
        "bucket": "flights",
        "arn": "arn:aws:s3:::flights",
        "region": "eu-west-1",
        "forceDestroy": False,
        "tags": {"owner": "ml"},
        "tagsAll": {"owner": "ml"},
    }


def placed(stack, inputs, outputs):
    stack.state["thing"] = (BUCKET, "flights", stack.checked(BUCKET, inputs), outputs)


def test_another_region_of_the_provider_replaces():
    stack = Stack(configured(region="us-east-1"))
    placed(stack, {"bucket": "flights"}, {"bucket": "flights", "region": "eu-west-1"})
    diff = stack.diff({"bucket": "flights"})
    assert diff.changes == {"region": Change.UPDATE_REPLACE}
    assert diff.delete_before_replace


def test_what_the_program_names_itself_goes_before_its_replacement(stack):
    placed(
        stack,
        {"bucket": "flights", "objectLockEnabled": False},
        {"bucket": "flights", "objectLockEnabled": False},
    )
    assert stack.diff({"bucket": "flights", "objectLockEnabled": True}).delete_before_replace


def test_what_is_named_for_the_program_goes_after_its_replacement(stack):
    placed(stack, {}, {"bucket": stack.checked(BUCKET, {})["bucket"], "objectLockEnabled": False})
    diff = stack.diff({"objectLockEnabled": True})
    assert diff.changes == {"objectLockEnabled": Change.UPDATE_REPLACE}
    assert not diff.delete_before_replace


def test_ignored_paths_are_no_change(stack):
    placed(stack, {"bucket": "flights"}, {"bucket": "flights", "tags": {"a": "1"}})
    assert stack.diff({"bucket": "flights", "tags": {"a": "2"}}, ignore=["tags"]).changes == {}
    assert stack.diff({"bucket": "flights", "tags": {"a": "2"}}, ignore=["tag"]).changes != {}


def test_an_import_says_what_a_program_would(cloud):
    cloud.create(BUCKET, {"bucket": "flights", "tags": {"owner": "ml"}})
    state = cloud.imported(BUCKET, "flights")
    assert (state.inputs["bucket"], state.inputs["tags"]) == ("flights", {"owner": "ml"})
    assert "forceDestroy" not in state.inputs
    assert state.outputs["arn"] == "arn:aws:s3:::flights"


@pytest.mark.parametrize(
    ("type_", "id_"),
    [
        ("aws:iam/rolePolicy:RolePolicy", "serving:read"),
        (
            "aws:appautoscaling/target:Target",
            "sagemaker/endpoint/flights/variant/v1/sagemaker:variant:DesiredInstanceCount",
        ),
        (
            "aws:appautoscaling/policy:Policy",
            "sagemaker/endpoint/flights/variant/v1/sagemaker:variant:DesiredInstanceCount/follow",
        ),
        ("aws:s3/bucketPolicy:BucketPolicy", "no-such-bucket"),
        ("aws:kms/key:Key", "10500a67-89ca-4cab-95c7-9f1a32a23984"),
    ],
)
def test_an_import_of_what_is_not_there_finds_nothing(cloud, type_, id_):
    assert cloud.imported(type_, id_) is None


def test_an_import_of_a_target_needs_all_of_its_name(cloud):
    with pytest.raises(ProviderError, match="NAMESPACE/RESOURCE/DIMENSION"):
        cloud.imported("aws:appautoscaling/target:Target", "endpoint")


def test_a_target_is_imported_by_its_full_name(cloud):
    inputs = {
        "serviceNamespace": "sagemaker",
        "resourceId": "endpoint/flights/variant/v1",
        "scalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "minCapacity": 1,
        "maxCapacity": 2,
    }
    cloud.create("aws:appautoscaling/target:Target", inputs)
    named = "sagemaker/endpoint/flights/variant/v1/sagemaker:variant:DesiredInstanceCount"
    state = cloud.imported("aws:appautoscaling/target:Target", named)
    assert inputs.items() <= state.inputs.items()


def test_drift_of_what_was_said_and_of_what_was_not_is_read_as_inputs(cloud):
    inputs = {"bucket": "flights", "tags": {"owner": "ml"}}
    cloud.create(BUCKET, inputs)
    cloud.create("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {"bucket": "flights"}, name="open")
    place = cloud.aws._place({})
    place(
        "s3", "put_bucket_tagging", Bucket="flights", Tagging={"TagSet": [{"Key": "owner", "Value": "else"}]}
    )
    place(
        "s3",
        "put_public_access_block",
        Bucket="flights",
        PublicAccessBlockConfiguration={"BlockPublicAcls": True},
    )
    assert cloud.read().inputs["tags"] == {"owner": "else"}
    assert cloud.read("open").inputs["blockPublicAcls"] is True


def test_a_bucket_that_exists_says_how_to_take_it_over(cloud):
    cloud.create(BUCKET, {"bucket": "flights"})
    with pytest.raises(ProviderError, match="pulumi import aws:s3/bucket:Bucket again ID"):
        cloud.create(BUCKET, {"bucket": "flights"}, name="again")


def test_a_bucket_with_objects_stays_unless_it_may_be_emptied(cloud):
    cloud.create(BUCKET, {"bucket": "flights"})
    cloud.aws._place({})("s3", "put_object", Bucket="flights", Key="a", Body=b"")
    with pytest.raises(AwsError, match="s3: BucketNotEmpty"):
        cloud.delete()
    cloud.update({"bucket": "flights", "forceDestroy": True})
    cloud.delete()
    assert cloud.read() is None


def test_a_disposable_bucket_is_emptied_of_versions_and_delete_markers(cloud):
    cloud.create(BUCKET, {"bucket": "flights", "forceDestroy": True})
    versioned = {"bucket": "flights", "versioningConfiguration": {"status": "Enabled"}}
    cloud.create("aws:s3/bucketVersioning:BucketVersioning", versioned, name="versioning")
    place = cloud.aws._place({})
    for key in ("a", "b"):
        for body in (b"1", b"2"):
            place("s3", "put_object", Bucket="flights", Key=key, Body=body)
    place("s3", "delete_object", Bucket="flights", Key="a")
    cloud.delete()
    assert cloud.read() is None


def test_what_was_made_but_not_completed_is_completed_by_the_next_up(cloud, monkeypatch):
    inputs = {"bucket": "flights", "tags": {"owner": "ml"}}
    calls = cloud.aws._calls
    send = calls._send

    def broken(service, operation, region, parameters):
        if operation == "put_bucket_tagging":
            raise AwsError("s3", "InternalError", "try again")
        return send(service, operation, region, parameters)

    monkeypatch.setattr(calls, "_send", broken)
    with pytest.raises(InitFailedError) as failed:
        cloud.create(BUCKET, inputs)
    monkeypatch.setattr(calls, "_send", send)
    assert failed.value.reasons == ("s3: InternalError: try again",)
    cloud.state["thing"] = (BUCKET, failed.value.id, dict(failed.value.inputs), dict(failed.value.outputs))
    assert set(cloud.diff(inputs).changes) == {"tags"}
    cloud.update(inputs)
    assert cloud.read().outputs["tags"] == {"owner": "ml"}
