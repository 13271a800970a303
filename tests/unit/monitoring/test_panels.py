"""The panels: every expression is PromQL of series that exist, and the committed dashboard is what the table makes."""

import json
import re

import promql_parser
import pytest

from monitoring import grafana, rules, series
from monitoring.panels import PANELS
from pipelines.server.metric_table import SERVER_METRICS

EXPRESSIONS = [expression for panel in PANELS for expression, _ in panel.expressions]
SUFFIXES = {"histogram": ("_bucket",), "counter": ("",), "gauge": ("",)}
OF_SERVER = {f"{each.name}{suffix}" for each in SERVER_METRICS for suffix in SUFFIXES[each.kind]}
RECORDS = {rule["record"] for rule in rules.document()["groups"][0]["rules"]}


def selected(node):
    """Names of the series that an expression reads."""
    if isinstance(node, promql_parser.VectorSelector):
        return {node.name}
    parts = [getattr(node, name, None) for name in ("expr", "lhs", "rhs", "vector_selector", "vs")]
    arguments = list(getattr(node, "args", []))
    return {name for part in [*parts, *arguments] if part is not None for name in selected(part)}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_is_promql_of_series_that_there_are(expression):
    names = selected(promql_parser.parse(expression))
    assert names
    assert names <= {each.name for each in series.SERIES} | RECORDS | OF_SERVER


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_heeds_the_choice_of_model_and_environment(expression):
    assert expression.count('model=~"$model",environment=~"$environment"') == len(
        re.findall(r"\{[^}]*=", expression)
    )


def test_every_legend_names_the_environment():
    assert all("{{environment}}" in legend for panel in PANELS for _, legend in panel.expressions)


def test_the_committed_dashboard_is_what_the_table_makes():
    assert grafana.DASHBOARD.read_text() == grafana.text()


def test_every_panel_has_a_place_of_its_own_and_says_what_to_make_of_it():
    panels = json.loads(grafana.text())["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels) == len(PANELS)
    assert all(panel["description"] for panel in panels)
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_every_series_of_the_model_server_has_a_panel():
    read = {name for expression in EXPRESSIONS for name in selected(promql_parser.parse(expression))}
    names = {f"{each.name}_bucket" if each.kind == "histogram" else each.name for each in SERVER_METRICS} - {
        "model_request_seconds_bucket"
    }  # its sum and count are drawn: the exporter has no buckets
    assert names <= read
