"""A report's figures for CloudWatch."""

import boto3
import pytest
from botocore.stub import Stubber
from msgspec import structs

from pipelines.quality.figures import figures
from tests.unit.pipelines.quality.test_judge import judged
from tests.unit.pipelines.quality.test_showing import NONE


def values(report):
    return {each["MetricName"]: each["Value"] for each in figures(report, "flights-staging")["MetricData"]}


def test_what_found_no_counterpart_is_counted_both_ways():
    joined = structs.replace(
        NONE, unlabelled=7, unanswered=5, contradicting_labels=2, contradicting_predictions=1
    )
    numbers = values(structs.replace(judged(), joined=joined))
    assert (numbers["PredictionsWithoutLabel"], numbers["LabelsWithoutPrediction"]) == (7, 5)
    assert numbers["Contradictions"] == 3


@pytest.mark.parametrize(("options", "worse"), [({}, 0), ({"separation": 0.4}, 1)])
def test_quality_and_verdict_are_figures(options, worse):
    report = judged(**options)
    numbers = values(report)
    assert numbers["auc"] == report.overall.metrics["auc"].measured.value
    assert numbers["Worse"] == worse


def test_too_few_cases_say_nothing_of_quality():
    numbers = values(judged(rows=16))
    assert not numbers.keys() & {"Worse", "WorseSlices", "auc"}
    assert "LabelledCases" in numbers


def test_cloudwatch_takes_them():
    request = figures(judged(), "flights-staging")
    client = boto3.client(
        "cloudwatch", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stub:
        stub.add_response("put_metric_data", {}, request)  # held to the service's own model
        client.put_metric_data(**request)
        stub.assert_no_pending_responses()
