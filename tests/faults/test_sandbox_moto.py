"""What moto plays is as strict as AWS: what it takes it shows, what it would ignore is refused, what it forgets is mended."""

import base64
import json
import time

import pytest
from botocore.exceptions import ClientError

from tests.faults.test_sandbox_clients import lost

pytestmark = pytest.mark.faults

KEY = "arn:aws:kms:eu-west-1:111111111111:key/1"
TOPIC = "arn:aws:sns:eu-west-1:111111111111:t"
TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/strict/variant/v",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


@pytest.fixture(scope="module")
def aws(alone):
    """Clients of staging by their service's name."""
    return lambda service: alone.client("staging", service)


@pytest.fixture(scope="module")
def s3(aws):
    for name in ("strict-a", "strict-logs"):
        aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    write = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::strict-logs/*"}  # fmt: skip
    aws("s3").put_bucket_policy(
        Bucket="strict-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [write]})
    )
    return aws("s3")


SETTINGS = {
    "bucket_encryption": (
        "ServerSideEncryptionConfiguration",
        {
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY},
                    "BucketKeyEnabled": True,
                }
            ]
        },
    ),
    "bucket_versioning": ("VersioningConfiguration", {"Status": "Enabled"}),
    "bucket_lifecycle_configuration": (
        "LifecycleConfiguration",
        {
            "Rules": [
                {
                    "ID": "a",
                    "Status": "Enabled",
                    "Filter": {"And": {"Prefix": "a", "Tags": [{"Key": "a", "Value": "b"}]}},
                    "Expiration": {"Days": 400},
                    "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 99},
                },
                {
                    "ID": "b",
                    "Status": "Disabled",
                    "Filter": {"Prefix": ""},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
                },
            ]
        },
    ),
    "bucket_logging": (
        "BucketLoggingStatus",
        {"LoggingEnabled": {"TargetBucket": "strict-logs", "TargetPrefix": "x/"}},
    ),
    "bucket_ownership_controls": (
        "OwnershipControls",
        {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    ),
    "public_access_block": (
        "PublicAccessBlockConfiguration",
        {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": True, "RestrictPublicBuckets": True},
    ),
    "bucket_tagging": ("Tagging", {"TagSet": [{"Key": "a", "Value": "b"}]}),
}  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_buckets_setting_is_shown_as_it_was_given(s3, setting):
    wrapper, given = SETTINGS[setting]
    getattr(s3, f"put_{setting}")(Bucket="strict-a", **{wrapper: given})
    shown = getattr(s3, f"get_{setting}")(Bucket="strict-a")
    assert list(lost(given, shown.get(wrapper, shown))) == []


def test_an_object_is_shown_as_it_was_given(s3):
    given = {
        "ContentType": "text/csv",
        "CacheControl": "no-cache",
        "ContentDisposition": "inline",
        "ContentLanguage": "en",
        "Metadata": {"a": "b"},
        "StorageClass": "STANDARD_IA",
        "ServerSideEncryption": "AES256",
    }
    s3.put_object(Bucket="strict-a", Key="shown", Body=b"x", **given)
    assert list(lost(given, s3.head_object(Bucket="strict-a", Key="shown"))) == []


ALARM = {
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 1.5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "breaching",
    "ActionsEnabled": False,
    "AlarmActions": [TOPIC],
    "OKActions": [TOPIC],
    "InsufficientDataActions": [TOPIC],
    "AlarmDescription": "d",
}
METRIC = {"Namespace": "n", "MetricName": "m", "Dimensions": [{"Name": "a", "Value": "b"}]}
MADE = {
    "a role": (
        {"RoleName": "strict", "Path": "/x/", "Description": "d", "MaxSessionDuration": 7200},
        lambda aws, given: aws("iam").create_role(
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]}), **given
        ),
        lambda aws: aws("iam").get_role(RoleName="strict")["Role"],
    ),
    "an alarm of a metric": (
        {"AlarmName": "strict", **METRIC, **ALARM, "Period": 60, "ExtendedStatistic": "p99", "Unit": "Seconds"},
        lambda aws, given: aws("cloudwatch").put_metric_alarm(**given),
        lambda aws: aws("cloudwatch").describe_alarms(AlarmNames=["strict"])["MetricAlarms"][0],
    ),
    "an alarm of an expression": (
        {
            "AlarmName": "strict-2",
            **ALARM,
            "Metrics": [
                {"Id": "e", "Expression": "a+1", "Label": "l", "ReturnData": True, "Period": 60},
                {"Id": "a", "ReturnData": False, "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Sum", "Unit": "Count"}},
            ],
        },
        lambda aws, given: aws("cloudwatch").put_metric_alarm(**given),
        lambda aws: aws("cloudwatch").describe_alarms(AlarmNames=["strict-2"])["MetricAlarms"][0],
    ),
    "a repository": (
        {
            "repositoryName": "strict",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": KEY},
        },
        lambda aws, given: aws("ecr").create_repository(**given),
        lambda aws: aws("ecr").describe_repositories(repositoryNames=["strict"])["repositories"][0],
    ),
    "a scalable target": (
        {**TARGET, "MinCapacity": 1, "MaxCapacity": 3, "SuspendedState": {"DynamicScalingInSuspended": True}},
        lambda aws, given: aws("application-autoscaling").register_scalable_target(**given),
        lambda aws: aws("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[TARGET["ResourceId"]]
        )["ScalableTargets"][0],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", MADE)
def test_what_is_made_is_shown_as_it_was_given(aws, what):
    given, make, read = MADE[what]
    make(aws, given)
    assert list(lost(given, read(aws))) == []


@pytest.mark.parametrize(
    ("service", "call", "given", "named"),
    [
        ("s3", "put_object", {"Bucket": "strict-a", "Key": "k", "RequestPayer": "requester"}, "RequestPayer"),
        (
            "s3",
            "put_bucket_versioning",
            {"Bucket": "strict-a", "VersioningConfiguration": {"Status": "Enabled", "MFADelete": "Enabled"}},
            r"VersioningConfiguration\.MFADelete",
        ),
        ("kms", "create_key", {"BypassPolicyLockoutSafetyCheck": True}, "BypassPolicyLockoutSafetyCheck"),
        ("kms", "enable_key_rotation", {"KeyId": "1", "RotationPeriodInDays": 90}, "RotationPeriodInDays"),
        ("logs", "create_log_group", {"logGroupName": "a", "logGroupClass": "DELIVERY"}, "logGroupClass"),
        ("application-autoscaling", "register_scalable_target", {**TARGET, "Tags": {"a": "b"}}, "Tags"),
    ],
)
def test_what_moto_ignores_is_refused_by_name(aws, service, call, given, named):
    with pytest.raises(ClientError, match=f"the sandbox does not act on {named} = "):
        getattr(aws(service), call)(**given)


@pytest.mark.parametrize("sum_", ["ContentMD5", "ChecksumCRC32", "ChecksumSHA1", "ChecksumSHA256"])
def test_a_body_that_is_not_the_one_summed_up_is_refused(s3, sum_):
    wrong = base64.b64encode(
        b"x" * {"ContentMD5": 16, "ChecksumCRC32": 4, "ChecksumSHA1": 20}.get(sum_, 32)
    ).decode()
    with pytest.raises(ClientError, match="BadDigest"):
        s3.put_object(Bucket="strict-a", Key="summed", Body=b"y", **{sum_: wrong})
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="strict-a", Key="summed")


def test_a_part_that_is_not_the_one_summed_up_is_refused(s3):
    upload = s3.create_multipart_upload(Bucket="strict-a", Key="parts", ChecksumAlgorithm="SHA256")[
        "UploadId"
    ]
    part = {"Bucket": "strict-a", "Key": "parts", "UploadId": upload, "PartNumber": 1, "Body": b"y"}
    with pytest.raises(ClientError, match="BadDigest"):
        s3.upload_part(**part, ChecksumSHA256=base64.b64encode(b"x" * 32).decode())
    assert "Parts" not in s3.list_parts(Bucket="strict-a", Key="parts", UploadId=upload)


def test_a_write_knows_no_other_if_none_match_than_the_star(s3):
    with pytest.raises(ClientError, match="NotImplemented"):
        s3.put_object(Bucket="strict-a", Key="none", Body=b"y", IfNoneMatch='"an etag"')


def test_the_policies_that_are_named_are_listed(aws):
    scaling = aws("application-autoscaling")
    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    for name in ("one", "two"):
        scaling.put_scaling_policy(
            **TARGET,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 5.0,
                "PredefinedMetricSpecification": metric,
            },
        )
    listed = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", PolicyNames=["two"])
    assert [policy["PolicyName"] for policy in listed["ScalingPolicies"]] == ["two"]


def test_a_metric_alarm_is_no_composite_one(aws):
    cloudwatch = aws("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName="typed", **METRIC, **ALARM, Period=60, Statistic="Sum")
    shown = {
        kind: len(cloudwatch.describe_alarms(AlarmNames=["typed"], AlarmTypes=[kind])["MetricAlarms"])
        for kind in ("MetricAlarm", "CompositeAlarm")
    }
    assert shown == {"MetricAlarm": 1, "CompositeAlarm": 0}


def test_log_events_are_filtered_by_the_beginning_of_their_streams_names(aws):
    logs = aws("logs")
    logs.create_log_group(logGroupName="/strict")
    for stream in ("AllTraffic/a", "Shadow/a"):
        logs.create_log_stream(logGroupName="/strict", logStreamName=stream)
        event = {"timestamp": int(time.time() * 1000), "message": stream}
        logs.put_log_events(logGroupName="/strict", logStreamName=stream, logEvents=[event])
    response = logs.filter_log_events(logGroupName="/strict", logStreamNamePrefix="AllTraffic/")
    assert [event["message"] for event in response["events"]] == ["AllTraffic/a"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "must specify either MetricName, a Metrics array, or an EvaluationCriteria, not none of them"),
        ({"MetricName": "m", "Namespace": "n", "EvaluationPeriods": 1}, "ComparisonOperator is required"),
        ({"MetricName": "m", "ComparisonOperator": "GreaterThanThreshold"}, "EvaluationPeriods is required"),
    ],
)
def test_an_alarm_of_nothing_and_one_that_is_never_compared_are_refused(aws, given, words):
    with pytest.raises(ClientError, match=words):
        aws("cloudwatch").put_metric_alarm(AlarmName="incomplete", **given)
