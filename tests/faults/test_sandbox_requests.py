"""A request that AWS's model does not allow, through the door: the code and the words, in each protocol."""

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conftest import hosting_in

pytestmark = pytest.mark.faults

VARIANT = {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
# botocore would find some of this itself.
UNCHECKED = Config(parameter_validation=False, retries={"max_attempts": 0})


@pytest.fixture(scope="module")
def aws(alone):
    return lambda service: alone.session("staging").client(service, config=UNCHECKED)


@pytest.mark.parametrize(
    ("call", "given", "code", "words"),
    [
        (
            "sagemaker.create_endpoint_config",
            {"EndpointConfigName": "c", "ProductionVariants": [{**VARIANT, "InitialInstanceCount": 0}]},
            "ValidationException",
            "1 validation error detected: Value '0' at 'productionVariants.1.member.initialInstanceCount' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            "sagemaker.create_endpoint_config",
            {"EndpointConfigName": "c", "ProductionVariants": [{**VARIANT, "InstanceType": "ml.huge"}]},
            "ValidationException",
            "at 'productionVariants.1.member.instanceType' failed to satisfy constraint: Member must satisfy enum",
        ),
        ("sagemaker.create_endpoint", {"EndpointName": "e"}, "ValidationException", "Value null at 'endpointConfigName'"),
        ("kms.create_key", {"KeySpec": 7}, "SerializationException", "NUMBER_VALUE can not be converted to a String at 'keySpec'"),
        ("iam.create_role", {"RoleName": "a b"}, "ValidationError", "2 validation errors detected: Value 'a b' at 'roleName'"),
        ("ecr.create_repository", {"repositoryName": "A"}, "InvalidParameterException", "'repositoryName'"),
        ("cloudwatch.put_metric_alarm", {"AlarmName": ""}, "ValidationError", "'alarmName'"),
        ("s3.put_bucket_versioning", {"Bucket": "b", "VersioningConfiguration": {"Status": "On"}}, "MalformedXML", "'versioningConfiguration.status'"),
        ("s3.create_bucket", {"Bucket": "b-1", "ACL": "mine"}, "InvalidArgument", "'aCL'"),
    ],
)  # fmt: skip
def test_a_request_is_refused_in_aws_words(aws, call, given, code, words):
    service, _, method = call.partition(".")
    with pytest.raises(ClientError) as refused:
        getattr(aws(service), method)(**given)
    answer = refused.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, 400)
    assert words in answer["Error"]["Message"]


def test_a_client_that_speaks_cbor_is_answered_in_it(alone, aws):
    """botocore prefers JSON where it may choose, so that its model is made to offer CBOR alone."""
    client = cbor_client(alone)
    client.put_metric_alarm(
        AlarmName="cbor",
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.5,
        ComparisonOperator="GreaterThanThreshold",
    )
    (shown,) = client.describe_alarms(AlarmNames=["cbor"])["MetricAlarms"]
    (same,) = aws("cloudwatch").describe_alarms(AlarmNames=["cbor"])["MetricAlarms"]
    assert shown == same
    with pytest.raises(ClientError, match="at 'evaluationPeriods' failed to satisfy constraint") as refused:
        client.put_metric_alarm(AlarmName="cbor", EvaluationPeriods=0)
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def cbor_client(sandbox):
    core = botocore.session.Session(profile="staging")
    core.set_config_variable("config_file", str(sandbox.home / "aws" / "config"))
    core.set_config_variable("credentials_file", str(sandbox.home / "aws" / "credentials"))
    model = core.get_component("data_loader").load_service_model("cloudwatch", "service-2")
    model["metadata"]["protocols"] = ["smithy-rpc-v2-cbor"]
    return core.create_client("cloudwatch", config=UNCHECKED)


def test_what_the_sandbox_does_not_act_on_is_refused_unless_it_is_aws_default(alone, aws):
    hosting_in(alone, "staging").model("acted")
    config = {
        "EndpointConfigName": "acted",
        "ProductionVariants": [{**VARIANT, "ModelName": "acted", "EnableSSMAccess": True}],
    }
    with pytest.raises(
        ClientError, match=r"the sandbox does not act on ProductionVariants\[0\]\.EnableSSMAccess = true"
    ):
        aws("sagemaker").create_endpoint_config(**config)
    config["ProductionVariants"][0]["EnableSSMAccess"] = False
    aws("sagemaker").create_endpoint_config(**config, EnableNetworkIsolation=False)
    shown = aws("sagemaker").describe_endpoint_config(EndpointConfigName="acted")
    assert shown["ProductionVariants"][0] | config["ProductionVariants"][0] == shown["ProductionVariants"][0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"TargetModel": "other.tar.gz"}, "the sandbox does not act on x-amzn-sagemaker-target-model"),
        ({"SessionId": "NEW_SESSION"}, "the sandbox does not act on x-amzn-sagemaker-session-id"),
        ({"CustomAttributes": "x" * 1025}, "Member must have length less than or equal to 1024"),
        ({"ContentType": "x" * 1025}, "Value at 'content-type' failed to satisfy constraint"),
    ],
)
def test_an_invocation_is_refused_by_name_too(alone, given, words):
    with pytest.raises(ClientError, match=words):
        alone.client("staging", "sagemaker-runtime").invoke_endpoint(
            EndpointName="none", Body=b"row", **given
        )
