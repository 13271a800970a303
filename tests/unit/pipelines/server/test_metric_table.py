"""One table of series: the server, the docs and the exporter have the same names for the same things."""

from pathlib import Path

import pytest

from monitoring import series
from pipelines.server.metric_table import REQUEST_SECONDS, REQUESTS, SERVER_METRICS

DOCS = Path(__file__).parents[4] / "docs" / "monitoring.md"


@pytest.mark.parametrize("metric", SERVER_METRICS, ids=lambda metric: metric.name)
def test_a_series_name_tells_its_kind_and_only_info_names_the_version(metric):
    assert metric.name.startswith("model_")
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.name == "model_info" or not {"version", "digest"} & set(metric.labels)


def test_every_series_has_a_name_of_its_own():
    assert len({metric.name for metric in SERVER_METRICS}) == len(SERVER_METRICS)


def test_the_docs_have_a_line_for_each_series_in_the_tables_words_and_order():
    section = DOCS.read_text().partition("## The model server's own series\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    assert lines == [
        f"| `{metric.name}{'{' + ','.join(metric.labels) + '}' if metric.labels else ''}` | {metric.kind} | {metric.help} |"
        for metric in SERVER_METRICS
    ]


def test_what_the_exporter_tells_of_requests_has_the_servers_names():
    assert {series.REQUESTS.name, series.SECONDS_SUM.name, series.SECONDS_COUNT.name} == {
        REQUESTS.name,
        f"{REQUEST_SECONDS.name}_sum",
        f"{REQUEST_SECONDS.name}_count",
    }
