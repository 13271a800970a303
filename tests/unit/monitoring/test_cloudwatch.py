"""One call a scrape, with every figure of every version in it."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import ANY, Stubber

from modeldelivery.release.errors import UnreachableError
from monitoring import cloudwatch
from tests.unit.release_cli.world import V1, V2


@pytest.fixture(scope="module")
def client():
    return boto3.client(
        "cloudwatch",
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


def result(at, *minutes, status="Complete"):
    return {
        "Id": f"m{at}",
        "Timestamps": [datetime.fromtimestamp(minute, UTC) for minute, _ in minutes],
        "Values": [value for _, value in minutes],
        "StatusCode": status,
    }


def test_pages_are_put_together(client):
    with Stubber(client) as stub:
        stub.add_response(
            "get_metric_data", {"MetricDataResults": [result(0, (60, 5.0), status="PartialData")], "NextToken": "more"},
            {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY},
        )  # fmt: skip
        stub.add_response(
            "get_metric_data", {"MetricDataResults": [result(0, (120, 6.0)), result(len(cloudwatch.FIGURES), (60, 1.0))]},
            {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY, "NextToken": "more"},
        )  # fmt: skip
        read = cloudwatch.read(client, "flights-prod", [V2, V1], 0, 600)
        stub.assert_no_pending_responses()
    assert read[V1, cloudwatch.INVOCATIONS] == {60: 5.0, 120: 6.0}
    assert read[V2, cloudwatch.INVOCATIONS] == {60: 1.0}
    assert read[V2, cloudwatch.CPU] == {}


def test_figures_that_are_answered_in_part_are_an_error_and_no_quiet_minutes(client):
    partial = result(0, (60, 5.0), status="InternalError")
    with Stubber(client) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": [partial]})
        with pytest.raises(UnreachableError, match="did not answer wholly: InternalError"):
            cloudwatch.read(client, "flights-prod", [V1], 0, 600)


def test_an_endpoint_without_versions_is_asked_nothing(client):
    with Stubber(client):
        assert cloudwatch.read(client, "flights-prod", [], 0, 600) == {}


def test_an_access_that_is_denied_is_a_sentence_with_the_calls_name(client):
    with Stubber(client) as stub:
        stub.add_client_error("get_metric_data", "AccessDenied", "no", 403)
        with pytest.raises(UnreachableError, match="cloudwatch:GetMetricData"):
            cloudwatch.read(client, "flights-prod", [V1], 0, 600)


def test_the_largest_fleet_fits_one_call():
    assert 10 * len(cloudwatch.FIGURES) <= 500, "MAX_FLEET versions, and AWS' limit of queries in a call"
