"""What CloudWatch was given is kept as finely as its age allows, and a sandbox of days holds no more than that."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.cloudwatch.models import CloudWatchBackend

from sandbox import moto_patches
from sandbox.accounts import ACCOUNTS, REGION
from sandbox.alarms.retention import RAW, retained
from sandbox.alarms.series import Datum, Metric, points
from sandbox.moto_patches import cloudwatch

DAY = 86_400.0
NOW = 20_000 * DAY
MINUTE = 60
REQUESTS, LATENCY = (
    Metric("AWS/SageMaker", name, frozenset({("EndpointName", "e"), ("VariantName", "v")}))
    for name in ("Invocations", "ModelLatency")
)


def single(at, value=1.0):
    return Datum(at, 1, value, value, value, "None")


@pytest.mark.parametrize(
    ("age", "begins"),
    [
        (RAW + 100, MINUTE), (14.9 * DAY, MINUTE), (15.1 * DAY, 300), (62.9 * DAY, 300),
        (63.1 * DAY, 3600), (454.9 * DAY, 3600), (455.1 * DAY, None),
    ],
)  # fmt: skip
def test_data_are_kept_by_the_minute_then_by_more_and_after_455_days_not_at_all(age, begins):
    at = NOW - age + 17
    expected = [] if begins is None else [at // begins * begins]
    assert [datum.at for _, datum in retained([(REQUESTS, single(at))], NOW)] == expected


@given(
    st.lists(
        st.tuples(st.sampled_from([REQUESTS, LATENCY]), st.integers(0, 1500), st.floats(-9, 9)), max_size=60
    ),
    st.lists(st.integers(0, 60), max_size=3),
)
def test_what_a_whole_minute_shows_is_the_same_however_often_it_is_summed_up(samples, cuts):
    begun = NOW - 2 * DAY
    data = [(metric, single(begun + second, value)) for metric, second, value in samples]
    kept, start = [], 0
    for end in [*sorted(cuts), len(data)]:
        kept, start = retained([*kept, *data[start:end]], NOW), end
    assert [datum.at for _, datum in kept] == sorted(datum.at for _, datum in kept)
    assert len({(metric, datum.at) for metric, datum in kept}) == len(kept)
    last = int(begun) // MINUTE + 25
    for metric in (REQUESTS, LATENCY):
        before, after = ([datum for each, datum in some if each == metric] for some in (data, kept))
        for statistic in ("Sum", "Average", "SampleCount", "Minimum", "Maximum"):
            shown = points(after, statistic, MINUTE, last, 25)
            assert shown == [
                each if each is None else pytest.approx(each, abs=1e-9)
                for each in points(before, statistic, MINUTE, last, 25)
            ]


def test_units_of_one_metric_stay_apart():
    data = [(REQUESTS, Datum(NOW - DAY, 1, 1, 1, 1, unit)) for unit in ("Count", None, "Count")]
    assert [(datum.unit, datum.count) for _, datum in retained(data, NOW)] == [(None, 1), ("Count", 2)]


@pytest.fixture
def backend(monkeypatch):
    moto_patches.apply()
    monkeypatch.setattr(cloudwatch, "_MORE", 200)
    return CloudWatchBackend(REGION, ACCOUNTS[0].id)


def put(backend, monkeypatch, at, *names):
    monkeypatch.setattr(cloudwatch.WORLD, "now", lambda: datetime.fromtimestamp(at, UTC))
    backend.put_metric_data(
        "AWS/SageMaker",
        [
            {
                "MetricName": name,
                "Dimensions": [{"Name": "EndpointName", "Value": "e"}],
                "StatisticValues": {"SampleCount": 2, "Sum": 2, "Minimum": 1, "Maximum": 1},
                "Timestamp": datetime.fromtimestamp(at, UTC).replace(tzinfo=None),
            }
            for name in names
        ],
    )


def test_a_sandbox_that_is_asked_every_ten_seconds_for_hours_keeps_minutes_and_loses_no_invocation(
    backend, monkeypatch
):
    hours, names = 6, ("Invocations", "ModelLatency")
    for second in range(0, hours * 3600, 10):
        put(backend, monkeypatch, NOW + second, *names)
    minutes, raw = hours * 60 * len(names), RAW / 10 * len(names)
    assert len(backend.metric_data) <= minutes + raw + cloudwatch._MORE
    count = sum(each.sample_count for each in backend.metric_data if each.name == "Invocations")
    assert count == hours * 360 * 2


def test_who_reads_while_old_data_are_summed_up_reads_on(backend, monkeypatch):
    for second in range(190):
        put(backend, monkeypatch, NOW + second, "Invocations")
    reading = reversed(backend.metric_data)
    next(reading)
    for second in range(5_000, 5_020):
        put(backend, monkeypatch, NOW + second, "Invocations")
    assert len(backend.metric_data) < 50
    assert sum(1 for _ in reading) == 189
