"""What someone else does to an account or a stack while a preview is made, each put back afterwards."""

import json
from contextlib import contextmanager

TAGS = ("model", "environment", "owner", "managed-by")


@contextmanager
def weights(world, wanted):
    """Weights by variant, moved from a console."""
    sagemaker = world.client("sagemaker")

    def move(shares):
        variants = [{"VariantName": name, "DesiredWeight": share} for name, share in shares.items()]
        name = f"flights-{world.name}"
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=variants
        )
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 1})

    before = world.serving()
    move(wanted)
    yield
    move(before)


@contextmanager
def bucket_tag(world, key, value):
    """One more tag on the registry bucket."""
    s3, bucket = world.client("s3"), registry_bucket(world)
    before = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [*before, {"Key": key, "Value": value}]})
    yield
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": before})


@contextmanager
def bucket_policy_without_denials(world):
    """The registry bucket's policy says nothing any more but one harmless sentence."""
    s3, bucket = world.client("s3"), registry_bucket(world)
    before = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    policy = json.loads(before)
    policy["Statement"] = policy["Statement"][:1]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    yield
    s3.put_bucket_policy(Bucket=bucket, Policy=before)


@contextmanager
def alarm_deleted(world):
    """The first alarm is gone."""
    cloudwatch = world.client("cloudwatch")
    alarm = cloudwatch.describe_alarms()["MetricAlarms"][0]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    cloudwatch.delete_alarms(AlarmNames=[alarm["AlarmName"]])
    yield
    settable = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    kept = {name: value for name, value in alarm.items() if name in settable and value not in ([], "", None)}
    cloudwatch.put_metric_alarm(**kept, Tags=tags)


def make_buckets(world, *names, owner="ml-platform"):
    """Buckets that no stack made, with the tags that this stack would give them."""
    s3 = world.client("s3")
    tags = zip(TAGS, ("flights", world.name, owner, "pulumi"), strict=True)
    tag_set = [{"Key": key, "Value": value} for key, value in tags]
    for name in names:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_set})


@contextmanager
def buckets(world, names, owner="ml-platform"):
    """Buckets that no stack made, for a while."""
    make_buckets(world, *names, owner=owner)
    yield
    for name in names:
        world.client("s3").delete_bucket(Bucket=name)


@contextmanager
def judged(world, version, approval):
    """Someone has judged a version's model package."""
    sagemaker = world.client("sagemaker")
    record = json.loads(
        world.client("s3")
        .get_object(Bucket=registry_bucket(world), Key=f"versions/{version}.json")["Body"]
        .read()
    )
    arn = record["package_arn"]
    before = sagemaker.describe_model_package(ModelPackageName=arn)["ModelApprovalStatus"]
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=approval)
    yield
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=before)


@contextmanager
def interrupted(world):
    """The state says that the log bucket was being updated, as a killed `up` leaves it; `stack import` would drop that."""
    (file,) = world.backend.glob(f".pulumi/stacks/*/{world.name}.json")
    before = file.read_text()
    state = json.loads(before)
    latest = state["checkpoint"]["latest"]
    urn = f"aws:s3/bucket:Bucket::flights-{world.name}-logs"
    (bucket,) = (resource for resource in latest["resources"] if resource["urn"].endswith(urn))
    latest["pending_operations"] = [{"resource": bucket, "type": "updating"}]
    file.write_text(json.dumps(state))
    exported = json.loads(world.pulumi("stack", "export", "--stack", world.name))
    assert exported["deployment"]["pending_operations"]
    yield
    file.write_text(before)


@contextmanager
def secret(world, key, text):
    """A secret in the config; config is put back by who asked."""
    world.secret(key, text)
    yield


@contextmanager
def tainted(world, type_):
    """The only resource of a type is marked for replacement."""
    state = json.loads(world.pulumi("stack", "export", "--stack", world.name))
    (urn,) = (resource["urn"] for resource in state["deployment"]["resources"] if resource["type"] == type_)
    world.pulumi("state", "taint", urn, "--stack", world.name)
    yield
    world.pulumi("state", "untaint", urn, "--stack", world.name)


def delete_endpoint(world):
    """The endpoint is gone, and nobody made it anew."""
    sagemaker = world.client("sagemaker")
    sagemaker.delete_endpoint(EndpointName=f"flights-{world.name}")
    sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName=f"flights-{world.name}", WaiterConfig={"Delay": 1}
    )


def registry_bucket(world):
    (account,) = world.config["config"]["aws:allowedAccountIds"]
    return f"flights-{world.name}-registry-{account}-eu-west-1"
