"""Hosting refuses what SageMaker refuses, and changes as SageMaker changes."""

import os
import signal
import time

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def pair(hosting):
    """Two models."""
    return [hosting.model("one"), hosting.model("two")]


def refused(match, code="ValidationException"):
    return pytest.raises(ClientError, match=f"(?s){code}.*{match}")


def test_a_config_takes_ten_variants_and_refuses_eleven(hosting):
    names = [hosting.model(f"many-{n}") for n in range(11)]
    hosting.config("ten", dict.fromkeys(names[:10], 1))
    with refused("less than or equal to 10"):
        hosting.config("eleven", dict.fromkeys(names, 1))


def test_a_config_with_an_unknown_model_is_refused(hosting):
    with refused("Could not find model .*:model/nobody"):
        hosting.config("of-nobody", {"nobody": 1})


def test_a_config_with_only_zero_weights_is_refused(hosting, pair):
    with refused("weights must be greater than 0"):
        hosting.config("zeros", dict.fromkeys(pair, 0))


@pytest.mark.usefixtures("pair")
def test_a_config_keeps_its_key_and_capture(hosting):
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 20,
        "DestinationS3Uri": f"s3://{hosting.bucket}/capture",
        "KmsKeyId": "arn:aws:kms:eu-west-1:111111111111:key/k",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    key = "arn:aws:kms:eu-west-1:111111111111:key/volume"
    hosting.config("captured", {"one": 1}, DataCaptureConfig=capture, KmsKeyId=key)
    shown = hosting.sagemaker.describe_endpoint_config(EndpointConfigName="captured")
    assert (shown["DataCaptureConfig"], shown["KmsKeyId"]) == (capture, key)


@pytest.mark.usefixtures("pair")
def test_an_unknown_field_is_refused_by_name(hosting):
    with refused("EnableNetworkIsolation"):
        hosting.config("isolated", {"one": 1}, EnableNetworkIsolation=True)


def test_a_deployment_config_is_refused_rather_than_ignored(hosting, endpoint):
    policy = {
        "RollingUpdatePolicy": {
            "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
            "WaitIntervalInSeconds": 1,
        }
    }
    with refused("DeploymentConfig"):
        hosting.sagemaker.update_endpoint(
            EndpointName=endpoint, EndpointConfigName=f"{endpoint}-c", DeploymentConfig=policy
        )


def test_an_unknown_call_is_a_400_that_names_it(hosting):
    with pytest.raises(ClientError, match="does not know sagemaker ListMonitoringSchedules") as caught:
        hosting.sagemaker.list_monitoring_schedules()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_unknown_call_of_another_service_is_a_400_that_names_it(hosting):
    with pytest.raises(ClientError, match="does not know kms ConnectCustomKeyStore") as caught:
        hosting.sandbox.client("staging", "kms").connect_custom_key_store(CustomKeyStoreId="x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_service_that_would_only_pretend_is_a_400_that_names_it(hosting):
    with pytest.raises(ClientError, match="does not know lambda ListFunctions") as caught:
        hosting.sandbox.client("staging", "lambda").list_functions()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_config_in_use_cannot_be_deleted(hosting, endpoint):
    with refused("in use by endpoint"):
        hosting.sagemaker.delete_endpoint_config(EndpointConfigName=f"{endpoint}-c")


def test_a_config_moved_to_cannot_be_deleted(hosting, endpoint):
    hosting.config(f"{endpoint}-d", {"one": 1})
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-d")
    with refused("in use by endpoint"):
        hosting.sagemaker.delete_endpoint_config(EndpointConfigName=f"{endpoint}-d")


def test_the_first_weights_call_must_name_every_variant(hosting, endpoint):
    with refused("every variant: two missing"):
        hosting.weigh(endpoint, one=100)
    hosting.weigh(endpoint, one=100, two=1)
    hosting.settled(endpoint)
    hosting.weigh(endpoint, two=0)
    hosting.settled(endpoint)
    assert hosting.weights(endpoint) == {"one": 100, "two": 0}


def test_all_zero_weights_are_refused(hosting, endpoint):
    with refused("greater than 0"):
        hosting.weigh(endpoint, one=0, two=0)


def test_an_unknown_variant_is_refused(hosting, endpoint):
    with refused("three does not exist"):
        hosting.weigh(endpoint, one=1, two=1, three=1)


def test_a_count_in_a_weights_call_changes_capacity(hosting, endpoint):
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": "one", "DesiredWeight": 100, "DesiredInstanceCount": 2},
            {"VariantName": "two", "DesiredWeight": 0},
        ],
    )
    hosting.settled(endpoint)
    pids = {hosting.invoke(endpoint)[1]["pid"] for _ in range(6)}
    assert len(pids) == 2


def test_a_weights_call_without_counts_keeps_them(hosting, endpoint):
    hosting.weigh(endpoint, one=1, two=99)
    shown = hosting.settled(endpoint)["ProductionVariants"]
    assert [v["CurrentInstanceCount"] for v in shown] == [1, 1]


def test_an_update_without_retain_takes_the_configs_weights(hosting, endpoint):
    hosting.weigh(endpoint, one=0, two=100)
    hosting.settled(endpoint)
    hosting.config(f"{endpoint}-d", {"one": 60, "two": 40})
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-d")
    hosting.settled(endpoint)
    assert hosting.weights(endpoint) == {"one": 60, "two": 40}


def test_an_update_with_retain_keeps_weights_and_adds_the_new_variant(hosting, endpoint):
    hosting.weigh(endpoint, one=0, two=100)
    hosting.settled(endpoint)
    hosting.model(f"{endpoint}-new"[-50:].strip("-"))
    new = f"{endpoint}-new"[-50:].strip("-")
    hosting.config(f"{endpoint}-d", {"one": 60, "two": 40, new: 0})
    hosting.sagemaker.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=f"{endpoint}-d", RetainAllVariantProperties=True
    )
    shown = hosting.settled(endpoint)
    assert hosting.weights(endpoint) == {"one": 0, "two": 100, new: 0}
    assert shown["EndpointConfigName"] == f"{endpoint}-d"


def test_a_container_that_fails_ping_is_rolled_back_silently(hosting, endpoint):
    hosting.weigh(endpoint, one=20, two=80)
    hosting.settled(endpoint)
    sick = hosting.model(f"sick-{len(endpoint)}", exit=True)
    hosting.config(f"{endpoint}-d", {"one": 1, "two": 1, sick: 1})
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-d")
    shown = hosting.settled(endpoint)
    assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("InService", f"{endpoint}-c")
    assert "did not pass the ping health check" in shown["FailureReason"]
    assert hosting.weights(endpoint) == {"one": 20, "two": 80}
    assert hosting.invoke(endpoint)[0] in {"one", "two"}


def test_a_container_that_fails_ping_fails_the_creation(hosting):
    hosting.model("sick-first", ping=503)
    hosting.config("sick-first", {"sick-first": 1})
    sandbox_ping = hosting.sagemaker.create_endpoint(
        EndpointName="sick-first", EndpointConfigName="sick-first"
    )
    assert sandbox_ping["EndpointArn"].endswith(":endpoint/sick-first")
    shown = hosting.settled("sick-first")
    assert shown["EndpointStatus"] == "Failed"
    assert "sick-first did not pass the ping health check" in shown["FailureReason"]
    with refused("Failed status"):
        hosting.sagemaker.update_endpoint(EndpointName="sick-first", EndpointConfigName="sick-first")
    hosting.sagemaker.delete_endpoint(EndpointName="sick-first")


def test_a_variant_with_a_scalable_target_cannot_be_dropped(hosting, endpoint):
    scaling = hosting.sandbox.client("staging", "application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/two",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    hosting.config(f"{endpoint}-d", {"one": 1})
    with refused("must be deregistered as scalable targets with AWS Auto Scaling"):
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-d")
    scaling.deregister_scalable_target(**target)
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-d")
    hosting.settled(endpoint)
    assert hosting.weights(endpoint) == {"one": 1}


def test_tags_of_an_endpoint_are_added_listed_and_removed(hosting, endpoint):
    arn = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointArn"]
    hosting.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    hosting.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert hosting.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_another_account_does_not_see_the_endpoint(hosting, endpoint):
    with refused("Could not find endpoint"):
        hosting.sandbox.client("prod", "sagemaker").describe_endpoint(EndpointName=endpoint)


def test_an_image_by_tag_is_refused(hosting):
    with refused("not an ECR image by digest"):
        hosting.sagemaker.create_model(
            ModelName="tagged",
            ExecutionRoleArn="arn:aws:iam::111111111111:role/serving",
            PrimaryContainer={"Image": hosting.image.partition("@")[0] + ":latest"},
        )


def test_model_data_that_is_not_there_is_refused(hosting):
    with refused("no readable object at s3://"):
        hosting.sagemaker.create_model(
            ModelName="empty",
            ExecutionRoleArn="arn:aws:iam::111111111111:role/serving",
            PrimaryContainer={
                "Image": hosting.image,
                "ModelDataUrl": f"s3://{hosting.bucket}/none/model.tar.gz",
            },
        )


def test_a_server_process_that_dies_is_replaced(hosting, endpoint):
    first = hosting.invoke(endpoint)[1]["pid"]
    os.kill(first, signal.SIGKILL)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if hosting.invoke(endpoint)[1]["pid"] != first:
                return
        except ClientError:
            time.sleep(0.05)
    pytest.fail("no other instance took over")
