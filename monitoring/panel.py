"""One picture of the table of panels: what Prometheus has of it, and what CloudWatch has."""

from dataclasses import dataclass

BY = "model, environment, version"
PLACE = 'model=~"$model",environment=~"$environment"'


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
    """

    title: str
    describes: str
    expressions: tuple[tuple[str, str], ...]
    unit: str
    cloudwatch: tuple[Line | OfJobs, ...] = ()
