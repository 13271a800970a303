"""The panels as a dashboard of CloudWatch's: those that CloudWatch itself can draw, and the names of the others.

The body: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.panel import Line, OfJobs, Panel
from monitoring.panels import PANELS

_WIDTH, _HEIGHT, _COLUMNS = 12, 6, 2  # of 24 units
_PERIOD = 60  # seconds: SageMaker's own
_JOBS = ("/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs")


@dataclass(frozen=True)
class Scope:
    """What a dashboard is of.

    Attributes:
        endpoint: SageMaker's name of the endpoint.
        region: the AWS region.
        variants: SageMaker's names of the variants, in the order in which they are drawn.
        alarms: ARNs of their alarms; CloudWatch shows 100 at most.
        trains: whether the account has jobs.
    """

    endpoint: str
    region: str
    variants: Sequence[str]
    alarms: Sequence[str]
    trains: bool


def body(scope: Scope) -> str:
    """The dashboard's body: the same text for the same things."""
    drawn = [panel for panel in PANELS if _draws(panel, scope)]
    absent = [panel.title for panel in PANELS if panel not in drawn]
    graphs = [{"type": "metric", "properties": _properties(panel, scope)} for panel in drawn]
    first = {
        "type": "alarm",
        "properties": {"title": "Alarms of all versions", "alarms": list(scope.alarms)},
    }
    last = {"type": "text", "properties": {"markdown": _words(absent)}}
    placed = [_placed(at, widget) for at, widget in enumerate([first, *graphs, last])]
    return json.dumps({"start": "-PT6H", "widgets": placed}, sort_keys=True)


def _draws(panel: Panel, scope: Scope) -> bool:
    return any(isinstance(each, Line) or scope.trains for each in panel.cloudwatch)


def _placed(at: int, widget: dict[str, Any]) -> dict[str, Any]:
    where = {"x": at % _COLUMNS * _WIDTH, "y": at // _COLUMNS * _HEIGHT, "width": _WIDTH, "height": _HEIGHT}
    return widget | where


def _words(absent: Sequence[str]) -> str:
    return (
        "CloudWatch does not know the journal, nor what only a scrape tells. In Grafana, or by `modelctl status`: "
        + ", ".join(absent)
        + "."
    )


def _properties(panel: Panel, scope: Scope) -> dict[str, Any]:
    return {
        "title": panel.title,
        "region": scope.region,
        "view": "timeSeries",
        "period": _PERIOD,
        "yAxis": {"left": {"min": 0}},
        "metrics": [row for each in panel.cloudwatch for row in _rows(each, scope)],
    }


def _rows(drawn: Line | OfJobs, scope: Scope) -> Iterator[list[Any]]:
    if isinstance(drawn, OfJobs):
        yield from _of_jobs(drawn)
        return
    for number, variant in enumerate(scope.variants):
        label = " ".join(filter(None, (variant, drawn.label)))
        where = ["EndpointName", scope.endpoint, "VariantName", variant]
        if not drawn.expression:
            options = {"stat": drawn.statistic, "label": label}
            yield [drawn.namespace, drawn.metrics[0][1], *where, options]
            continue
        for id_, metric in drawn.metrics:
            hidden = {"id": f"{id_}{number}", "stat": drawn.statistic, "visible": False}
            yield [drawn.namespace, metric, *where, hidden]
        yield [{"expression": _numbered(drawn, number), "id": f"e{number}", "label": label}]


def _numbered(line: Line, number: int) -> str:
    """The expression, of one variant's ids: no id may be there twice."""
    ids = "|".join(re.escape(id_) for id_, _ in line.metrics)
    return re.sub(rf"\b({ids})\b", rf"\g<1>{number}", line.expression)


def _of_jobs(drawn: OfJobs) -> Iterator[list[Any]]:
    """Jobs come and go: CloudWatch is asked for whichever there are."""
    for namespace in _JOBS:
        for label, metric in drawn.metrics:
            search = f"SEARCH('{{{namespace},Host}} MetricName=\"{metric}\"', 'Average', {_PERIOD})"
            yield [{"expression": search, "label": label}]
