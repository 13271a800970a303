"""GetMetricData's figures: by whole periods, percentiles and expressions included, and in no zone but UTC."""

import os
import time
from datetime import UTC, datetime

import pytest
from moto.cloudwatch.models import CloudWatchBackend

from sandbox import moto_patches
from sandbox.alarms.expression import UnknownExpressionError
from sandbox.alarms.figures import figures
from sandbox.alarms.series import Datum, Metric
from sandbox.alarms.stored import seconds

WHERE = frozenset({("EndpointName", "flights")})
LATENCY = Metric("AWS/SageMaker", "ModelLatency", WHERE)
FAILED = Metric("AWS/SageMaker", "Invocation5XXErrors", WHERE)
DATA = {
    LATENCY: [
        Datum(61, 98, 98, 1, 1, "Microseconds"),
        Datum(70, 2, 18, 9, 9, "Microseconds"),
        Datum(130, 1, 5, 5, 5),
    ],
    FAILED: [Datum(65, 10, 2, 0, 1)],
}


def stat(id_, metric, statistic, **besides):
    return {
        "Id": id_,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
            },
            "Period": 60,
            "Stat": statistic,
        }
        | besides,
    }


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("Sum", [(60, 116), (120, 5)]),
        ("SampleCount", [(60, 100), (120, 1)]),
        ("Average", [(60, 1.16), (120, 5)]),
        ("p50", [(60, 1), (120, 5)]),
        ("p99", [(60, 9), (120, 5)]),
    ],
)
def test_each_statistic_is_of_whole_minutes(statistic, expected):
    assert figures(DATA, [stat("m", LATENCY, statistic)], 60, 180) == {"m": expected}


def test_a_period_that_begins_at_the_end_is_none_and_one_that_the_start_is_in_is_whole():
    assert figures(DATA, [stat("m", LATENCY, "Sum")], 65, 120) == {"m": [(60, 116)]}


def test_a_unit_leaves_out_data_of_others():
    assert figures(DATA, [stat("m", LATENCY, "Sum", Unit="Microseconds")], 0, 180) == {"m": [(60, 116)]}


def test_an_expression_fills_what_is_missing_and_only_what_returns_data_is_answered():
    queries = [
        stat("calls", LATENCY, "SampleCount") | {"ReturnData": False},
        stat("failed", FAILED, "Sum") | {"ReturnData": False},
        {"Id": "rate", "Expression": "FILL(failed, 0) / calls"},
    ]
    assert figures(DATA, queries, 0, 180) == {"rate": [(60, 0.02), (120, 0)]}


@pytest.mark.parametrize(
    "queries",
    [
        [stat("m", LATENCY, "TM(1%:99%)")],
        [stat("m", LATENCY, "Sum", Period=10)],
        [stat("m", LATENCY, "Sum"), {"Id": "e", "Expression": "ANOMALY_DETECTION_BAND(m)"}],
        [stat("m", LATENCY, "Sum"), stat("n", FAILED, "Sum", Period=300), {"Id": "e", "Expression": "m / n"}],
    ],
)
def test_what_is_not_computed_is_refused_by_name(queries):
    with pytest.raises(UnknownExpressionError, match="the sandbox"):
        figures(DATA, queries, 0, 180)


def test_moto_answers_percentiles_the_newest_first_as_aws_does():
    moto_patches.apply()
    backend = CloudWatchBackend("eu-west-1", "111111111111")
    for at, value in ((60, 1.0), (61, 3.0), (120, 2.0)):
        backend.put_metric_data(
            "AWS/SageMaker",
            [{"MetricName": "ModelLatency", "Value": value, "Timestamp": datetime.fromtimestamp(at, UTC)}],
        )
    query = stat("m", Metric("AWS/SageMaker", "ModelLatency", frozenset()), "p99")
    (result,) = backend.get_metric_data(
        [query], datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(180, UTC)
    )
    assert result["values"] == [2, 3]


def test_a_moment_without_a_zone_is_in_utc_wherever_the_machine_is(monkeypatch):
    monkeypatch.setitem(os.environ, "TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert seconds(datetime(1970, 1, 1, 0, 1)) == seconds(datetime(1970, 1, 1, 0, 1, tzinfo=UTC)) == 60  # noqa: DTZ001 - as moto
    finally:
        monkeypatch.undo()
        time.tzset()
