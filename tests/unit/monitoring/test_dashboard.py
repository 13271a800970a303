"""CloudWatch's dashboard of the same panels: a body that AWS takes, of metrics that there are, the others told as absent."""

import json
import re

import pytest

from components.alarms import ERROR_RATE
from monitoring.dashboard import Scope, body
from monitoring.panel import Line, OfJobs
from monitoring.panels import PANELS
from sandbox.alarms.dashboards import refuse_invalid
from sandbox.alarms.expression import check
from sandbox.dataplane.metrics import Metrics
from sandbox.utilization import PERCENTS

ALARM = "arn:aws:cloudwatch:eu-west-1:222222222222:alarm:flights-prod-v1-0-0-errors"
VARIANTS = ["v1-0-0", "v1-1-0"]
GPU = {"GPUUtilization", "GPUMemoryUtilization"}  # of instances that have one: none here does
SEARCH = re.compile(r"SEARCH\('\{(\S+),Host\} MetricName=\"(\w+)\"', 'Average', 60\)")


def made(*, trains=True):
    return json.loads(body(Scope("flights-prod", "eu-west-1", VARIANTS, [ALARM], trains)))


def rows(document):
    return [
        row
        for widget in document["widgets"]
        if widget["type"] == "metric"
        for row in widget["properties"]["metrics"]
    ]


def emitted():
    """Metrics of a variant that the sandbox emits, by namespace."""
    metrics = Metrics()
    metrics.count("2", "flights-prod", "v1-0-0", 200, model=0.1, total=0.1)
    (batch,) = metrics.take()
    names = {datum["MetricName"] for datum in batch["metrics"]}
    jobs = {f"/aws/sagemaker/{kind}Jobs": set(PERCENTS) for kind in ("Training", "Processing")}
    return {"AWS/SageMaker": names, "/aws/sagemaker/Endpoints": set(PERCENTS), **jobs}


@pytest.mark.parametrize("trains", [True, False])
def test_aws_takes_the_body(trains):
    refuse_invalid(json.dumps(made(trains=trains)))


def test_the_same_things_make_the_same_text():
    assert made() == made()


def test_every_metric_is_one_that_the_sandbox_emits_or_of_a_gpu():
    drawn = {(row[0], row[1]) for row in rows(made()) if isinstance(row[0], str)}
    drawn |= {SEARCH.fullmatch(row[0]["expression"]).groups() for row in rows(made()) if is_search(row)}
    missing = {(namespace, metric) for namespace, metric in drawn if metric not in emitted()[namespace]}
    assert {metric for _, metric in missing} == GPU
    assert ("AWS/SageMaker", "ModelLatency") in drawn


def is_search(row):
    return isinstance(row[0], dict) and row[0]["expression"].startswith("SEARCH")


def test_every_expression_is_one_of_the_ids_beside_it():
    for widget in made()["widgets"]:
        of_widget = rows({"widgets": [widget]})
        ids = [row[-1]["id"] for row in of_widget if isinstance(row[0], str) and "id" in row[-1]]
        expressions = [
            row[0]["expression"] for row in of_widget if isinstance(row[0], dict) and not is_search(row)
        ]
        for expression in expressions:
            check(expression, ids)


def test_each_variant_has_a_line_of_its_own_in_every_graph_of_variants():
    graphs = [widget for widget in made(trains=False)["widgets"] if widget["type"] == "metric"]
    assert len(graphs) > 4
    for graph in graphs:
        labels = {row[-1]["label"] for row in graph["properties"]["metrics"] if "label" in row[-1]}
        assert {label.split()[0] for label in labels} == set(VARIANTS)


def test_the_share_that_fails_is_the_alarms_own():
    (share,) = [
        line.expression
        for panel in PANELS
        for line in panel.cloudwatch
        if isinstance(line, Line) and "errors5xx" in line.expression
    ]
    assert share == ERROR_RATE


def test_what_cloudwatch_does_not_know_is_told_by_name():
    (words,) = [w["properties"]["markdown"] for w in made()["widgets"] if w["type"] == "text"]
    titles = {widget["properties"].get("title") for widget in made()["widgets"]}
    assert [panel.title for panel in PANELS if panel.title not in titles and panel.title not in words] == []
    assert "Traffic by version" in words


def test_where_nothing_is_trained_jobs_are_not_drawn():
    jobs = [panel.title for panel in PANELS if any(isinstance(each, OfJobs) for each in panel.cloudwatch)]
    titles = [widget["properties"].get("title") for widget in made(trains=False)["widgets"]]
    assert jobs
    assert not set(jobs) & set(titles)


def test_the_alarms_come_first():
    first = made()["widgets"][0]
    assert (first["type"], first["properties"]["alarms"]) == ("alarm", [ALARM])
