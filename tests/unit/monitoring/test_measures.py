"""Alarms' limits, captured files and jobs, as AWS answers them."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import ANY, Stubber

from modeldelivery.release.errors import UnreachableError
from monitoring import alarms, captured, jobs
from tests.unit.release_cli.world import V1, V2

HOUR = 3600
NOW = datetime(2026, 3, 1, 10, 20, tzinfo=UTC)  # twenty minutes into an hour
PREFIX = "capture/flights-prod/v2-0-0/2026/03/01"


@pytest.fixture
def clients():
    """Of each service, with what it is to be called with."""
    keys = {"region_name": "eu-west-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    stubs = {name: Stubber(boto3.client(name, **keys)) for name in ("cloudwatch", "s3", "sagemaker")}
    for stub in stubs.values():
        stub.activate()
    yield stubs
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def values(samples):
    return {(sample.series.name, *sample.values): sample.value for sample in samples}


def alarm(version, threshold, **changes):
    return {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ModelLatency",
        "ExtendedStatistic": "p99",
        "Threshold": threshold,
        "Dimensions": [
            {"Name": "EndpointName", "Value": "flights-prod"},
            {"Name": "VariantName", "Value": version.replace(".", "-")},
        ],
    } | changes


def limits(clients, *pages):
    for at, page in enumerate(pages):
        last = at == len(pages) - 1
        clients["cloudwatch"].add_response(
            "describe_alarms",
            {"MetricAlarms": page} | ({} if last else {"NextToken": str(at)}),
            {"AlarmNamePrefix": "flights-prod-", "AlarmTypes": ["MetricAlarm"]}
            | ({"NextToken": str(at - 1)} if at else {}),
        )
    return values(alarms.samples(clients["cloudwatch"].client, "flights-prod", [V1, V2]))


def test_a_versions_limit_is_the_threshold_of_its_own_alarm_in_seconds(clients):
    shown = limits(clients, [alarm(V1, 500_000.0)], [alarm(V2, 250_000.0)])
    name = "delivery_latency_limit_seconds"
    assert shown == {(name, V1): 0.5, (name, V2): 0.25}


@pytest.mark.parametrize(
    "other",
    [
        {"MetricName": "OverheadLatency"},
        {"ExtendedStatistic": "p50"},
        {"Namespace": "Custom"},
        {"Dimensions": [{"Name": "EndpointName", "Value": "flights-prod-2"}, {"Name": "VariantName", "Value": "v2-0-0"}]},
        {"Dimensions": [{"Name": "EndpointName", "Value": "flights-prod"}, {"Name": "VariantName", "Value": "somebodys"}]},
        {"Dimensions": [{"Name": "EndpointName", "Value": "flights-prod"}]},
    ],
)  # fmt: skip
def test_another_alarm_is_no_limit(clients, other):
    assert limits(clients, [alarm(V2, 1.0, **other)]) == {}


def describes(clients, capture):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    clients["sagemaker"].add_response(
        "describe_endpoint",
        {
            "EndpointName": "flights-prod", "EndpointArn": "arn:aws:sagemaker:eu-west-1:1:endpoint/flights-prod",
            "EndpointStatus": "InService", "CreationTime": at, "LastModifiedTime": at,
        } | ({"DataCaptureConfig": capture} if capture else {}),
        {"EndpointName": "flights-prod"},
    )  # fmt: skip


def lists(clients, hour, *ages):
    """What the folder of an hour holds: files of these ages in seconds."""
    clients["s3"].add_response(
        "list_objects_v2",
        {"Contents": [{"Key": f"{age}.jsonl", "LastModified": NOW - timedelta(seconds=age)} for age in ages]},
        {"Bucket": "registry", "Prefix": f"{PREFIX}/{hour}/"},
    )


def ages(clients, *versions):
    return values(
        captured.samples(
            clients["sagemaker"].client, clients["s3"].client, "flights-prod", versions, NOW.timestamp()
        )
    )


CAPTURE = {
    "EnableCapture": True,
    "CaptureStatus": "Started",
    "CurrentSamplingPercentage": 20,
    "DestinationS3Uri": "s3://registry/capture",
    "KmsKeyId": "key",
}


def test_the_newest_file_of_this_hour_is_how_old_the_capture_is(clients):
    describes(clients, CAPTURE)
    lists(clients, "10", 300, 60, 900)
    assert ages(clients, V2) == {
        ("delivery_capture_ratio",): 0.2,
        ("delivery_capture_age_seconds", V2): 60,
    }


def test_before_the_first_file_of_an_hour_the_hour_before_tells(clients):
    describes(clients, CAPTURE)
    lists(clients, "10")
    lists(clients, "09", 1300)
    assert ages(clients, V2)["delivery_capture_age_seconds", V2] == 1300


def test_two_hours_without_a_file_are_at_least_as_old_as_the_first_of_them(clients):
    describes(clients, CAPTURE)
    lists(clients, "10")
    lists(clients, "09")
    assert ages(clients, V2)["delivery_capture_age_seconds", V2] == HOUR + 20 * 60


@pytest.mark.parametrize("capture", [None, CAPTURE | {"EnableCapture": False, "CaptureStatus": "Stopped"}])
def test_where_nothing_is_captured_nothing_is_said_of_it(clients, capture):
    describes(clients, capture)
    assert ages(clients, V2) == {}


def test_an_endpoint_that_is_not_there_is_not_asked_for(clients):
    assert ages(clients) == {}


def test_a_bucket_that_may_not_be_listed_is_a_sentence(clients):
    describes(clients, CAPTURE)
    clients["s3"].add_client_error("list_objects_v2", "AccessDenied", "no", 403)
    with pytest.raises(UnreachableError, match="s3:ListObjectsV2 s3://registry/capture"):
        ages(clients, V2)


def active(clients, kind, *metrics):
    clients["cloudwatch"].add_response(
        "list_metrics",
        {
            "Metrics": [
                {"Namespace": kind, "MetricName": metric, "Dimensions": [{"Name": name, "Value": value}]}
                for metric, name, value in metrics
            ]
        },
        {"Namespace": kind, "RecentlyActive": "PT3H"},
    )


def measured(clients, *series):
    clients["cloudwatch"].add_response(
        "get_metric_data",
        {
            "MetricDataResults": [
                {
                    "Id": f"m{at}",
                    "Timestamps": [datetime.fromtimestamp(moment, UTC) for moment, _ in minutes],
                    "Values": [value for _, value in minutes],
                }
                for at, minutes in enumerate(series)
            ]
        },
        {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY},
    )


TRAINING, PROCESSING = "/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs"


def test_a_job_is_told_by_kind_name_and_host_and_its_percent_are_ratios_of_the_newest_minute(clients):
    active(
        clients, TRAINING, ("CPUUtilization", "Host", "fit/algo-1"), ("train:loss", "TrainingJobName", "fit")
    )
    active(clients, PROCESSING, ("MemoryUtilization", "Host", "judge/algo-2"))
    measured(clients, [(60, 50.0), (120, 150.0)], [(60, 40.0)])
    assert values(jobs.samples(clients["cloudwatch"].client, 0, 600)) == {
        ("job_cpu_ratio", "training", "fit", "algo-1"): 1.5,
        ("job_memory_ratio", "processing", "judge", "algo-2"): 0.4,
    }


def test_without_a_job_no_figure_is_paid_for(clients):
    active(clients, TRAINING)
    active(clients, PROCESSING)
    assert values(jobs.samples(clients["cloudwatch"].client, 0, 600)) == {}
