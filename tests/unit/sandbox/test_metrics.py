from sandbox.dataplane.metrics import Metrics


def batch():
    metrics = Metrics()
    for status, latency in [(200, 0.010), (500, 0.030), (404, 0.020), (None, 0.0)]:
        metrics.count("1", "e", "v", status, model=latency, total=latency + 0.001)
    (taken,) = metrics.take()
    assert metrics.take() == []
    return {datum["MetricName"]: datum for datum in taken["metrics"]}


def test_invocations_sum_to_their_count():
    assert batch()["Invocations"]["StatisticValues"] == {
        "SampleCount": 4,
        "Sum": 4,
        "Minimum": 1,
        "Maximum": 1,
    }


def test_errors_are_a_share_of_all_invocations():
    data = batch()
    sums = [data[name]["StatisticValues"] for name in ("Invocation4XXErrors", "Invocation5XXErrors")]
    assert [(s["Sum"], s["SampleCount"], s["Maximum"]) for s in sums] == [(1, 4, 1), (1, 4, 1)]


def test_a_model_that_does_not_answer_is_in_model_errors_alone_and_they_are_all_that_is_no_2xx():
    statistics = batch()["InvocationModelErrors"]["StatisticValues"]
    assert (statistics["Sum"], statistics["SampleCount"]) == (3, 4)


def test_latency_is_in_microseconds_and_apart_from_overhead():
    data = batch()
    model, overhead = (data[name]["StatisticValues"] for name in ("ModelLatency", "OverheadLatency"))
    assert (round(model["Sum"]), round(model["Minimum"]), round(model["Maximum"])) == (60_000, 0, 30_000)
    assert round(overhead["Sum"]) == 4_000
