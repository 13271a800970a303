"""CloudWatch's figures under the model server's names: one set of rules serves both."""

import pytest

from monitoring import cloudwatch
from monitoring.cloudwatch import MINUTE
from monitoring.traffic import Traffic
from tests.unit.release_cli.world import V1, V2

NOW = 180  # seconds, of which all minutes here are


def figures(version, minute=60, **counts):
    names = {
        "invocations": cloudwatch.INVOCATIONS, "failed": cloudwatch.FAILED, "errors4": cloudwatch.ERRORS_4XX,
        "errors5": cloudwatch.ERRORS_5XX, "micro": cloudwatch.LATENCY, "timed": cloudwatch.LATENCIES,
        "cpu": cloudwatch.CPU, "memory": cloudwatch.MEMORY, "slowest": cloudwatch.SLOWEST,
    }  # fmt: skip
    read = {(version, figure): {} for figure in cloudwatch.FIGURES}
    return read | {(version, names[name]): {minute: value} for name, value in counts.items()}


def values(samples):
    return {(sample.series.name, *sample.values): sample.value for sample in samples}


def begun():
    traffic = Traffic()
    list(traffic.samples({}, 0, 0))
    return traffic


def test_each_invocation_is_counted_under_one_status():
    shown = values(begun().samples(figures(V1, invocations=10, failed=6, errors4=1, errors5=2), 0, NOW))
    counts = {key[2]: value for key, value in shown.items() if key[0] == "model_requests_total"}
    assert counts == {"2xx": 4, "4xx": 1, "5xx": 2, "none": 3}


def test_a_container_that_never_answers_is_no_2xx():
    shown = values(begun().samples(figures(V1, invocations=5, failed=5), 0, NOW))
    assert shown["model_requests_total", V1, "none"] == 5
    assert shown["model_requests_total", V1, "2xx"] == 0


def test_a_metric_that_arrives_before_the_invocations_makes_no_count_negative():
    shown = values(begun().samples(figures(V1, invocations=0, errors5=3), 0, NOW))
    assert min(value for key, value in shown.items() if key[0] == "model_requests_total") == 0


@pytest.mark.parametrize(
    ("sooner", "later"),
    [
        ({"invocations": 10}, {"invocations": 10, "failed": 6, "errors5": 6}),  # 2xx would fall
        ({"invocations": 10, "failed": 6}, {"invocations": 10, "failed": 6, "errors4": 6}),  # none would
    ],
    ids=["failures-come-later", "statuses-come-later"],
)
def test_no_count_falls_where_a_minutes_figures_come_one_after_the_other(sooner, later):
    traffic = begun()
    before, after = (values(traffic.samples(figures(V1, **each), 0, NOW)) for each in (sooner, later))
    assert all(after[key] >= value for key, value in before.items())
    grown = figures(V1, minute=120, invocations=20)
    assert values(traffic.samples(grown, 0, NOW))["model_requests_total", V1, "2xx"] == 24


def test_seconds_are_the_servers_not_microseconds():
    shown = values(begun().samples(figures(V1, invocations=2, micro=3_000_000, timed=2), 0, NOW))
    assert shown["model_request_seconds_sum", V1] == 3
    assert shown["model_request_seconds_count", V1] == 2


def test_what_was_there_when_the_exporter_began_is_not_counted_again():
    traffic = Traffic()
    first = values(traffic.samples(figures(V1, invocations=100), 0, NOW))
    later = values(traffic.samples(figures(V1, invocations=103), 0, NOW))
    assert first["model_requests_total", V1, "2xx"] == 0
    assert later["model_requests_total", V1, "2xx"] == 3


def test_what_was_there_is_not_counted_again_either_where_the_endpoint_did_not_answer_at_once():
    traffic = Traffic()
    list(traffic.samples({}, 0, NOW))
    read = figures(V1, invocations=100)
    read[V1, cloudwatch.INVOCATIONS] = {60: 100, NOW + MINUTE: 3}
    shown = values(traffic.samples(read, 0, NOW + 2 * MINUTE))
    assert shown["model_requests_total", V1, "2xx"] == 3


def test_what_comes_within_the_minute_in_which_the_exporter_began_is_counted():
    traffic = Traffic()
    list(traffic.samples(figures(V1), 0, NOW + 5))
    read = figures(V1, minute=NOW, invocations=3, failed=3, errors5=3, micro=1_500_000, timed=3)
    shown = values(traffic.samples(read, 0, NOW + 10))
    assert shown["model_requests_total", V1, "5xx"] == 3
    assert shown["model_request_seconds_sum", V1] == 1.5


def test_a_version_that_comes_later_counts_from_its_first_request():
    shown = values(begun().samples(figures(V2, invocations=7), 0, NOW))
    assert shown["model_requests_total", V2, "2xx"] == 7


def test_a_version_without_traffic_has_counters_at_0_so_that_its_first_requests_are_an_increase():
    traffic = begun()
    idle = values(traffic.samples(figures(V1), 0, NOW))
    assert set(idle.values()) == {0}
    assert ("model_request_seconds_p99", V1) not in idle
    first = values(traffic.samples(figures(V1, invocations=200, failed=200, errors5=200), 0, NOW))
    assert (idle["model_requests_total", V1, "5xx"], first["model_requests_total", V1, "5xx"]) == (0, 200)


def test_a_version_that_left_the_endpoint_keeps_its_counters():
    traffic = begun()
    list(traffic.samples(figures(V1, invocations=7), 0, NOW))
    assert values(traffic.samples({}, 0, NOW))["model_requests_total", V1, "2xx"] == 7


def test_the_slowest_hundredth_is_in_seconds():
    shown = values(begun().samples(figures(V1, slowest=250_000), 0, NOW))
    assert shown["model_request_seconds_p99", V1] == 0.25


def told_as_slow(traffic, read, *moments):
    """Of these moments, in order, those at which the slowest hundredth is told of what was read."""
    return [
        moment
        for moment in moments
        if ("model_request_seconds_p99", V1) in values(traffic.samples(read, 0, moment))
    ]


def test_a_minute_after_which_none_came_is_told_twice_at_most_by_who_reads_each_minute():
    # Whoever told it for as long as CloudWatch is asked for it would make of two slow minutes twenty.
    minutes = range(NOW, NOW + 10 * MINUTE, MINUTE)
    assert told_as_slow(begun(), figures(V1, slowest=250_000), *minutes) == [NOW, NOW + MINUTE]


def test_the_slowest_of_each_minute_are_told_without_a_gap_where_one_comes_late():
    traffic = begun()
    for at in range(5):
        come = figures(V1, minute=(2 * at) * MINUTE, slowest=250_000)  # the odd ones come with the next
        moments = (NOW + 2 * at * MINUTE, NOW + (2 * at + 1) * MINUTE)
        assert told_as_slow(traffic, come, *moments) == list(moments)


def test_a_minute_is_told_again_where_the_exporters_clock_was_set_back():
    traffic, read = begun(), figures(V1, slowest=250_000)
    assert told_as_slow(traffic, read, NOW + 3600, NOW) == [NOW + 3600, NOW]
    assert told_as_slow(traffic, read, NOW + 3 * MINUTE) == []


def test_percent_are_ratios_of_the_newest_minute():
    read = figures(V1, cpu=150, memory=40)
    read[V1, cloudwatch.MEMORY] = {0: 90, 60: 40}
    shown = values(begun().samples(read, 0, NOW))
    assert shown["endpoint_cpu_ratio", V1] == 1.5
    assert shown["endpoint_memory_ratio", V1] == 0.4
