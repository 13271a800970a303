"""One picture of the table of panels: what Prometheus has of it, and what CloudWatch has."""

from dataclasses import dataclass

BY = "model, environment, version"
PLACE = 'model=~"$model",environment=~"$environment"'
# What gives a model server's own series their version. One each: of an instance with two, the whole expression would have no value.
_INFO = f"on (instance) group_left (version) topk by (instance) (1, model_info{{{PLACE}}})"


def by_server(values: str) -> str:
    """Series that a model server itself has, with the version, which only its `model_info` names."""
    return f"({values}) * {_INFO}"


def rate_by_version(counter: str) -> str:
    """Of a counter that the exporter has with the version as a label, and a model server without it."""
    named, unnamed = (f'rate({counter}{{version{of}"",{PLACE}}}[5m])' for of in ("!=", "="))
    return f"sum by ({BY}) ({named} or {by_server(unnamed)})"


@dataclass(frozen=True)
class Line:
    """What CloudWatch draws of each version.

    Attributes:
        label: beside the version's name.
        metrics: by the id that the expression has for each: CloudWatch's names of metrics of the variant.
        statistic: of each metric's minutes.
        expression: of the ids; "" draws the one metric there is.
        namespace: CloudWatch's, of the metrics.
    """

    label: str
    metrics: tuple[tuple[str, str], ...]
    statistic: str
    expression: str = ""
    namespace: str = "AWS/SageMaker"


@dataclass(frozen=True)
class OfJobs:
    """What CloudWatch draws of each job's host: these metrics, by label."""

    metrics: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Panel:
    """One picture.

    Attributes:
        title: what is shown.
        describes: what to make of it, and what to type.
        expressions: in PromQL, each with its legend.
        unit: as Grafana names it: `percentunit`, `reqps`, `s`, `short`.
        cloudwatch: what CloudWatch itself can draw of it, in its own units; nothing of what it does not know.
        signed: whether values may be below 0.
    """

    title: str
    describes: str
    expressions: tuple[tuple[str, str], ...]
    unit: str
    cloudwatch: tuple[Line | OfJobs, ...] = ()
    signed: bool = False
