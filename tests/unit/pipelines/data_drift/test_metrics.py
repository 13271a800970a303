"""A report as CloudWatch's metrics."""

from msgspec import structs

from pipelines.data_drift.judge import judge
from pipelines.data_drift.metrics import data, send


def named(report):
    return {
        (each["MetricName"], *(pair["Value"] for pair in each["Dimensions"][2:])): each["Value"]
        for each in data(report, "flights-prod")
    }


def test_a_report_tells_rows_columns_and_each_columns_multiple_of_its_limit(baseline, window):
    report = judge(baseline, window(warmer=20.0), None)
    told = named(report)
    assert told["DriftRows",] == 2000
    assert (told["DriftColumns", "moved"], told["DriftColumns", "drift"]) == (1, 0)
    assert told["DriftRatio", "temp"] == report.columns[0].index / report.columns[0].limit > 1
    assert told["DriftRatio", "carrier"] < 1


def test_too_few_rows_tell_no_column_where_zero_would_be_quiet(baseline, window):
    assert named(judge(baseline, window(rows=7), None)) == {("DriftRows",): 7, ("DriftRefused",): 0}


def test_versions_that_answered_in_one_window_have_figures_each(baseline, window):
    (one, other) = (
        next(data(structs.replace(judge(baseline, window(), None), version=version), "flights-prod"))
        for version in ("v1.0.0", "v1.1.0")
    )
    assert one["Dimensions"] == [
        {"Name": "Endpoint", "Value": "flights-prod"},
        {"Name": "Version", "Value": "v1.0.0"},
    ]
    assert one["Dimensions"] != other["Dimensions"]


class CloudWatch:
    def __init__(self):
        self.calls = []

    def put_metric_data(self, **call):
        self.calls.append(call)


def test_a_call_tells_no_more_than_cloudwatch_takes(baseline, window, monkeypatch):
    monkeypatch.setattr("pipelines.data_drift.metrics._MOST", 3)
    client = CloudWatch()
    report = judge(baseline, window(), None)
    send(report, "flights-prod", client)
    assert [len(call["MetricData"]) for call in client.calls] == [3, 3, 1]
    assert [each for call in client.calls for each in call["MetricData"]] == list(
        data(report, "flights-prod")
    )
