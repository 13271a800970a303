"""Every series that the exporter has: its name, its kind, its labels, and what it says.

What SageMaker's hosting hides of a container (only `/ping` and `/invocations` are reached, so `/metrics` of a hosted container
cannot be scraped) has the model server's own names here, filled from CloudWatch, so that one set of rules serves both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

PLACE = ("model", "environment")  # labels of every series


@dataclass(frozen=True)
class Series:
    """One name.

    Attributes:
        name: as a query has it; a counter's ends with `_total`.
        labels: beside those of the place.
        help: one line, with its unit.
    """

    name: str
    labels: tuple[str, ...]
    help: str


@dataclass(frozen=True)
class Sample:
    """A value of a series, with the values of its labels in the series' order."""

    series: Series
    values: tuple[str, ...]
    value: float


UP = Series("delivery_up", ("source",), "whether a source answered when it was last read: 1 or 0")
STATUS = Series("delivery_endpoint_status", ("status",), "1 of the platform's word for the endpoint")
WEIGHT = Series(
    "delivery_weight",
    ("version", "kind"),
    "share of traffic, 0 to 1: intended by the journal, actual on the endpoint",
)
INSTANCES = Series("delivery_instances", ("version", "kind"), "instances: running, desired")
ROLE = Series(
    "delivery_role", ("version", "role"), "1 of each role of a version: serving, live, fallback, candidate"
)
REJECTED = Series("delivery_rejected", ("version",), "1 of each version that is rejected")
HOLD = Series("delivery_hold", (), "1 while a decision keeps config's live version from serving, else 0")
INTENT_AGE = Series(
    "delivery_intent_age_seconds", ("kind",), "age of the move that is under way; absent when none is"
)
DECISION_AGE = Series("delivery_decision_age_seconds", (), "age of the decision behind the weights")
DRILL_AGE = Series(
    "delivery_drill_age_seconds",
    ("passed",),
    "age of the latest drill, whether nothing was lost in it: yes or no; absent where there was none",
)
DRILL_SECONDS = Series(
    "delivery_drill_seconds",
    ("of",),
    "seconds until the last answer of the version left, over the rollbacks of the latest drill: p50, p99, max",
)
FINDINGS = Series("delivery_findings", ("code", "grade"), "findings of `modelctl status`, by code")
DIVERGENCE = Series("delivery_divergence", (), "contradictions between journal and endpoint")
REQUESTS = Series(
    "model_requests_total",
    ("version", "status"),
    "invocations answered, by class of status; `none` where there was no answer",
)
SECONDS_SUM = Series(
    "model_request_seconds_sum", ("version",), "seconds that the model took, all invocations together"
)
SECONDS_COUNT = Series(
    "model_request_seconds_count", ("version",), "invocations of which the seconds are known"
)
SLOWEST = Series(
    "model_request_seconds_p99",
    ("version",),
    "seconds within which 99 of 100 invocations of the newest minute were answered; absent two minutes after it was read",
)
LATENCY_LIMIT = Series(
    "delivery_latency_limit_seconds", ("version",), "what the version's own CloudWatch alarm lets the p99 be"
)
CAPTURE_RATIO = Series(
    "delivery_capture_ratio", (), "share of invocations that are captured, 0 to 1; absent where none are"
)
CAPTURE_AGE = Series(
    "delivery_capture_age_seconds",
    ("version",),
    "age of the newest file of captured invocations; at least so much where none is of this hour and the one before",
)
DRIFT = Series(
    "delivery_drift",
    ("version", "feature", "severity"),
    "index of a column of the newest window as a multiple of its limit; severity quiet, moved or drift",
)
DRIFT_ROWS = Series(
    "delivery_drift_rows", ("version",), "rows of the newest window that was judged for drift"
)
QUALITY = Series(
    "model_quality",
    ("version", "metric", "slice", "bound"),
    "a metric of the newest labelled window: value, low and high bound, and the reference that the version showed before",
)
QUALITY_WORSE = Series(
    "model_quality_worse",
    ("version",),
    "1 where the newest labelled window is worse than the version showed before, else 0; absent of too few labels",
)
QUALITY_CASES = Series(
    "model_quality_cases", ("version",), "labelled predictions of the newest window that was judged by labels"
)
VERDICT_AGE = Series(
    "delivery_verdict_age_seconds", ("version", "of"), "age of the newest verdict, of drift or of quality"
)
VERDICT_OVERDUE = Series(
    "delivery_verdict_overdue_seconds",
    ("version", "of"),
    "seconds for which the next verdict is late, two windows after the newest one; 0 until then",
)
CPU = Series("endpoint_cpu_ratio", ("version",), "CPU in use, 1 for each core that is")
MEMORY = Series("endpoint_memory_ratio", ("version",), "memory in use, 0 to 1")
DISK = Series("endpoint_disk_ratio", ("version",), "disk in use, 0 to 1")
GPU = Series("endpoint_gpu_ratio", ("version",), "GPU in use, 1 for each that is")
GPU_MEMORY = Series("endpoint_gpu_memory_ratio", ("version",), "GPU memory in use, 1 for each GPU's")
_JOB = ("kind", "job", "host")
JOB_CPU = Series("job_cpu_ratio", _JOB, "CPU in use by a training or processing job, 1 for each core that is")
JOB_MEMORY = Series("job_memory_ratio", _JOB, "memory in use by a job, 0 to 1")
JOB_DISK = Series("job_disk_ratio", _JOB, "disk in use by a job, 0 to 1")
JOB_GPU = Series("job_gpu_ratio", _JOB, "GPU in use by a job, 1 for each that is")
JOB_GPU_MEMORY = Series("job_gpu_memory_ratio", _JOB, "GPU memory in use by a job, 1 for each GPU's")

SERIES = (
    UP, STATUS, WEIGHT, INSTANCES, ROLE, REJECTED, HOLD, INTENT_AGE, DECISION_AGE, DRILL_AGE,
    DRILL_SECONDS, FINDINGS, DIVERGENCE,
    DRIFT, DRIFT_ROWS, QUALITY, QUALITY_WORSE, QUALITY_CASES, VERDICT_AGE, VERDICT_OVERDUE,
    REQUESTS, SECONDS_SUM, SECONDS_COUNT, SLOWEST, LATENCY_LIMIT, CAPTURE_RATIO, CAPTURE_AGE,
    CPU, MEMORY, DISK, GPU, GPU_MEMORY, JOB_CPU, JOB_MEMORY, JOB_DISK, JOB_GPU, JOB_GPU_MEMORY,
)  # fmt: skip


def families(samples: Mapping[tuple[str, str], Iterable[Sample]]) -> list[Metric]:
    """What a scrape is answered with.

    Args:
        samples: by model and environment.
    """
    made: dict[str, Metric] = {}
    for place, of_place in samples.items():
        for sample in of_place:
            series = sample.series
            family = made.get(series.name)
            if family is None:
                labels = (*PLACE, *series.labels)
                kind = CounterMetricFamily if series.name.endswith("_total") else GaugeMetricFamily
                family = made[series.name] = kind(series.name, series.help, labels=labels)
            family.add_metric((*place, *sample.values), sample.value)  # type: ignore[attr-defined]
    return list(made.values())
