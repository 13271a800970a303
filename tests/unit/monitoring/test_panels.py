"""The panels: every expression is PromQL of series that exist, and the committed dashboard is what the table makes."""

import json
import re
import shutil
import subprocess

import promql_parser
import pytest
import yaml

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


def test_a_predicted_number_is_drawn_below_zero_too():
    lowest = {
        panel["title"]: panel["fieldConfig"]["defaults"].get("min")
        for panel in json.loads(grafana.text())["panels"]
    }
    assert {title for title, least in lowest.items() if least is None} == {"Predicted number"}


# Of one server, of another one that two jobs scrape, and of the exporter.
PLACED = 'model="flights",environment="prod"'
SCRAPED = {
    f'model_info{{{PLACED},instance="one",job="a",version="v1.0.0"}}': "1x20",
    f'model_info{{{PLACED},instance="two",job="a",version="v2.0.0"}}': "1x20",
    f'model_info{{{PLACED},instance="two",job="b",version="v2.0.0"}}': "1x20",
    **{
        f"{name}{{{PLACED},{of}}}": growth
        for name, status in (("model_requests_total", ',status="200"'), ("model_request_seconds_count", ""))
        for of, growth in (
            (f'instance="one",job="a"{status}', "0+60x20"),
            (f'instance="two",job="a"{status}', "0+120x20"),
            (f'instance="three",job="a",version="v3.0.0"{status}', "0+180x20"),
        )
    },
    f'model_request_seconds_sum{{{PLACED},instance="one",job="a"}}': "0+30x20",
    f'model_request_seconds_sum{{{PLACED},instance="two",job="a"}}': "0+120x20",
    f'model_request_seconds_sum{{{PLACED},instance="three",job="a",version="v3.0.0"}}': "0+360x20",
    f'model_draining{{{PLACED},instance="two",job="a"}}': "1x20",
}  # fmt: skip
SHOWN = {
    "Requests a second": {"v1.0.0": 1, "v2.0.0": 2, "v3.0.0": 3},
    "Mean time to answer": {"v1.0.0": 0.5, "v2.0.0": 1, "v3.0.0": 2},
    "Time to load the model, servers that drain": {"v2.0.0": 1},
}


@pytest.mark.slow
def test_series_of_a_server_and_of_the_exporter_are_drawn_by_version(tmp_path):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool: `apt-get install prometheus` (Debian, Ubuntu) or `brew install prometheus`")
    tests = [
        {
            "expr": panel.expressions[-1][0].replace("$model", ".*").replace("$environment", ".*"),
            "eval_time": "15m",
            "exp_samples": [
                {"labels": f'{{{PLACED},version="{version}"}}', "value": value}
                for version, value in SHOWN[panel.title].items()
            ],
        }
        for panel in PANELS
        if panel.title in SHOWN
    ]
    assert len(tests) == len(SHOWN)
    given = [{"series": name, "values": values} for name, values in SCRAPED.items()]
    file = {"tests": [{"interval": "1m", "input_series": given, "promql_expr_test": tests}]}
    (tmp_path / "panels.yml").write_text(yaml.safe_dump(file))
    done = subprocess.run(
        [promtool, "test", "rules", "panels.yml"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
