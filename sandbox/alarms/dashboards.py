"""What CloudWatch requires of a dashboard's body; moto (5.2.5) takes any JSON.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html has the structure; how errors
are worded is not written down there, so the words here are like those of AWS's answers, and no more.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.refusal import RefusedError

Errors = Iterator[tuple[str, str]]  # path in the body, what is wrong there

_CODE = "InvalidParameterInput"
_COLUMNS, _ROWS = 24, 1000
_MOST_WIDGETS, _MOST_ALARMS, _MOST_METRICS = 500, 100, 500
_DIMENSIONS = 30
_VIEWS = ("timeSeries", "bar", "gauge", "pie", "singleValue", "table")
_STAT = re.compile(
    r"SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|tc|ts|wm)\d{1,2}(\.\d{1,10})?|p100|(PR|TM|TC|TS|WM)\(.*\)"
)
_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
_ALARM = re.compile(r"arn:aws:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.+")
_SECONDS = (1, 5, 10, 30)  # periods that are no whole minutes
_BODY = {"widgets", "start", "end", "periodOverride", "variables"}
_WIDGET = {"type", "x", "y", "width", "height", "properties"}
_METRIC = {
    *("metrics", "region", "title", "view", "stacked", "period", "stat", "yAxis", "annotations", "legend"),
    *("accountId", "liveData", "sparkline", "setPeriodToTimeRange", "trend", "labels", "table", "timezone"),
}
_OPTIONS = {
    *("accountId", "color", "expression", "id", "label", "period", "region", "stat", "visible", "yAxis"),
}


def refuse_invalid(body: str) -> None:
    """Raise RefusedError, as AWS does, with every error of a body: it keeps none that has one."""
    try:
        document = json.loads(body)
    except ValueError:
        raise RefusedError("The field DashboardBody must be a valid JSON object", _CODE) from None
    errors = [{"dataPath": path, "message": message} for path, message in _errors(document)]
    if errors:
        raise RefusedError(
            f"The dashboard body is invalid, there are {len(errors)} validation errors: {json.dumps(errors)}",
            _CODE,
        )


def _errors(document: Any) -> Errors:
    if not isinstance(document, dict) or not isinstance(document.get("widgets"), list):
        yield "/", "Should have required property 'widgets', an array"
        return
    yield from _unknown(document, _BODY, "")
    if len(document["widgets"]) > _MOST_WIDGETS:
        yield "/widgets", f"Should NOT have more than {_MOST_WIDGETS} items"
    for number, widget in enumerate(document["widgets"]):
        yield from _widget(widget, f"/widgets/{number}")


def _widget(widget: Any, path: str) -> Errors:
    if not isinstance(widget, dict):
        yield path, "Should be object"
        return
    yield from _unknown(widget, _WIDGET, path)
    properties, kind = widget.get("properties"), str(widget.get("type"))
    if kind not in _KINDS:
        yield f"{path}/type", f"{kind} is no type of widget that the sandbox knows: {', '.join(_KINDS)}"
        return
    if not isinstance(properties, dict):
        yield path, "Should have required property 'properties'"
        return
    for name, least, most in (
        ("x", 0, _COLUMNS - 1),
        ("y", 0, None),
        ("width", 1, _COLUMNS),
        ("height", 1, _ROWS),
    ):
        yield from _whole(widget.get(name, least), least, most, f"{path}/{name}")
    yield from _KINDS[kind](properties, f"{path}/properties")


def _metric(properties: Mapping[str, Any], path: str) -> Errors:
    yield from _unknown(properties, _METRIC, path)
    if not isinstance(properties.get("region"), str):
        yield path, "Should have required property 'region'"
    if "metrics" not in properties and "annotations" not in properties:
        yield path, "Should have required property 'metrics' or 'annotations'"
    if properties.get("view", "timeSeries") not in _VIEWS:
        yield f"{path}/view", f"Should be equal to one of the allowed values {list(_VIEWS)}"
    yield from _figure(properties, path)
    rows = properties.get("metrics", [])
    if not isinstance(rows, list) or len(rows) > _MOST_METRICS:
        yield f"{path}/metrics", f"Should be array of {_MOST_METRICS} items at most"
        return
    ids: set[str] = set()
    for number, row in enumerate(rows):
        yield from _row(row, f"{path}/metrics/{number}", ids)


def _row(row: Any, path: str, ids: set[str]) -> Errors:
    """`[namespace, metric, dimension, value, …, {options}]`, or `[{expression}]`; "." is what the row before has there."""
    if not isinstance(row, list) or not row:
        yield path, "Should be array of 1 item at least"
        return
    options = row[-1] if isinstance(row[-1], dict) else {}
    names = row[:-1] if isinstance(row[-1], dict) else row
    yield from _unknown(options, _OPTIONS, path)
    yield from _figure(options, path)
    if "id" in options:
        if not isinstance(options["id"], str) or not _ID.fullmatch(options["id"]):
            yield f"{path}/id", f"Should match pattern {_ID.pattern}"
        elif options["id"] in ids:
            yield f"{path}/id", f"Should be unique: {options['id']}"
        ids.add(str(options["id"]))
    if "expression" in options:
        if names or not isinstance(options["expression"], str):
            yield path, "An expression should be a string, and stand alone"
        return
    shortened = "..." in names
    if not all(isinstance(name, str) for name in names) or (
        not shortened and (len(names) < 2 or len(names) % 2)  # noqa: PLR2004 - namespace and name, then pairs
    ):
        yield path, "Should be a namespace, a metric's name, and pairs of a dimension's name and its value"
    elif len(names) > 2 + 2 * _DIMENSIONS:
        yield path, f"Should NOT have more than {_DIMENSIONS} dimensions"


def _figure(options: Mapping[str, Any], path: str) -> Errors:
    """Period and statistic, of a widget or of one metric."""
    period, stat = options.get("period", 60), options.get("stat", "Average")
    if (
        isinstance(period, bool)
        or not isinstance(period, int)
        or not (period in _SECONDS or (period > 0 and period % 60 == 0))
    ):
        yield f"{path}/period", "Should be 1, 5, 10, 30, or a multiple of 60"
    if not isinstance(stat, str) or not _STAT.fullmatch(stat):
        yield f"{path}/stat", f"Invalid statistic {stat!r}"


def _text(properties: Mapping[str, Any], path: str) -> Errors:
    yield from _unknown(properties, {"markdown", "background"}, path)
    if not isinstance(properties.get("markdown"), str):
        yield path, "Should have required property 'markdown'"


def _alarm(properties: Mapping[str, Any], path: str) -> Errors:
    yield from _unknown(properties, {"alarms", "title", "sortBy", "states"}, path)
    alarms = properties.get("alarms")
    if not isinstance(alarms, list) or not 1 <= len(alarms) <= _MOST_ALARMS:
        yield f"{path}/alarms", f"Should be array of 1 to {_MOST_ALARMS} items"
        return
    for number, alarm in enumerate(alarms):
        if not isinstance(alarm, str) or not _ALARM.fullmatch(alarm):
            yield f"{path}/alarms/{number}", "Should be the ARN of an alarm"


_KINDS: Mapping[str, Callable[[Mapping[str, Any], str], Errors]] = {
    "metric": _metric,
    "text": _text,
    "alarm": _alarm,
}


def _unknown(given: Mapping[str, Any], allowed: set[str], path: str) -> Errors:
    for name in given:
        if name not in allowed:
            yield f"{path}/{name}", f"Should NOT have additional properties: {name}"


def _whole(value: Any, least: int, most: int | None, path: str) -> Errors:
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or value < least
        or (most is not None and value > most)
    ):
        yield path, f"Should be integer, {least}{'' if most is None else f' to {most}'}"
