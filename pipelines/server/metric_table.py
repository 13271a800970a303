"""Every series that the model server itself counts: one table, for the server, `docs/monitoring.md` and the panels.

A process serves one version, so none is labelled with it: join with `model_info` for version and digest
(`… * on (instance) group_left (version) model_info`). Labels hold names of the model's schema, at most `MOST_NAMES` of each.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]

MOST_NAMES = 200  # of features or classes that are values of a label; those after them are counted together
OTHERS = "(others)"  # the value of that label for them: no feature has this name


@dataclass(frozen=True)
class ServerMetric:
    """One series.

    Attributes:
        name: as a query has it; a counter's ends with `_total`, a histogram has `_bucket`, `_count` and mostly `_sum`.
        kind: of Prometheus'.
        help: one line, with its unit.
        labels: beside `le`, which a histogram's buckets have.
        output: of which kind of model only, by `type` of the schema's output; "" for all.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    output: str = ""


INFO = ServerMetric("model_info", "gauge", "The model that serves: 1", ("version", "digest"))
LOAD_SECONDS = ServerMetric(
    "model_load_seconds",
    "gauge",
    "Seconds that it took to load and check the model; absent until then",
)
DRAINING = ServerMetric("model_draining", "gauge", "1 since the server was told to stop, else 0")
REQUESTS = ServerMetric("model_requests_total", "counter", "Invocations answered", ("status",))
REQUEST_SECONDS = ServerMetric("model_request_seconds", "histogram", "Seconds to answer an invocation")
IN_FLIGHT = ServerMetric("model_requests_in_flight", "gauge", "Invocations being answered")
ROWS = ServerMetric("model_rows_total", "counter", "Instances predicted")
BATCH_ROWS = ServerMetric("model_batch_rows", "histogram", "Instances of an invocation that was predicted")
OUT_OF_RANGE = ServerMetric(
    "model_feature_out_of_range_total",
    "counter",
    "Invocations refused for a number below or above the schema's range, or beyond any that a computer holds",
    ("feature", "side"),
)
MISSING = ServerMetric(
    "model_feature_missing_total",
    "counter",
    "Values that were null or absent: predicted without, or the reason why an invocation was refused",
    ("feature",),
)
UNSEEN = ServerMetric(
    "model_unseen_categories_total",
    "counter",
    "Names unknown to training: predicted as if missing, or the reason why an invocation was refused",
    ("feature",),
)
PROBABILITY = ServerMetric(
    "model_prediction_probability", "histogram", "Predicted probability of the event", output="probability"
)
CLASS = ServerMetric(
    "model_prediction_class_total", "counter", "Instances by likeliest class", ("class",), output="classes"
)
VALUE = ServerMetric(
    "model_prediction_value", "histogram", "Predicted number, in its own unit", output="number"
)

SERVER_METRICS = (
    INFO, LOAD_SECONDS, DRAINING, REQUESTS, REQUEST_SECONDS, IN_FLIGHT, ROWS, BATCH_ROWS, OUT_OF_RANGE, MISSING, UNSEEN,
    PROBABILITY, CLASS, VALUE,
)  # fmt: skip
