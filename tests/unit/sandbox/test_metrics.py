from sandbox.dataplane.metrics import Metrics


def batch():
    metrics = Metrics()
    for status, latency in [(200, 0.010), (500, 0.030), (404, 0.020)]:
        metrics.count("1", "e", "v", status, model=latency, total=latency + 0.001)
    (taken,) = metrics.take()
    assert metrics.take() == []
    return {datum["MetricName"]: datum for datum in taken["metrics"]}


def test_invocations_sum_to_their_count():
    assert batch()["Invocations"]["StatisticValues"] == {
        "SampleCount": 3,
        "Sum": 3,
        "Minimum": 1,
        "Maximum": 1,
    }


def test_errors_are_a_share_of_all_invocations():
    data = batch()
    sums = [data[name]["StatisticValues"] for name in ("Invocation4XXErrors", "Invocation5XXErrors")]
    assert [(s["Sum"], s["SampleCount"], s["Maximum"]) for s in sums] == [(1, 3, 1), (1, 3, 1)]


def test_latency_is_in_microseconds_and_apart_from_overhead():
    data = batch()
    model, overhead = (data[name]["StatisticValues"] for name in ("ModelLatency", "OverheadLatency"))
    assert (round(model["Sum"]), round(model["Minimum"]), round(model["Maximum"])) == (60_000, 10_000, 30_000)
    assert round(overhead["Sum"]) == 3_000
