"""CloudWatch: the state of an alarm that was just put, alarms by their type, figures, which metrics are still measured, and retention."""

import threading
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend, MetricAggregatedDatum
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from sandbox.alarms.expression import UnknownExpressionError
from sandbox.alarms.figures import figures
from sandbox.alarms.retention import RAW, retained
from sandbox.alarms.series import Datum, Metric
from sandbox.alarms.stored import dated, metric_of, recent, seconds
from sandbox.clock import WORLD

_MORE = 20_000  # data that may come until the old ones are summed up
_ACTIVE = 3 * 3600.0  # seconds: RecentlyActive knows no other than PT3H
_LISTS = {"MetricAlarm": "MetricAlarms", "CompositeAlarm": "CompositeAlarms"}


def apply() -> None:
    _know_nothing_of_a_new_alarm()
    _list_the_alarms_of_the_types_that_were_named()
    _compute_figures()
    _list_metrics_that_are_active()
    _tell_the_time_of_the_worlds_clock()
    _sum_up_what_is_old()


def _know_nothing_of_a_new_alarm() -> None:
    """INSUFFICIENT_DATA when it is new (moto: OK); a changed alarm keeps its state.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    original = CloudWatchBackend.put_metric_alarm

    def put_metric_alarm(self: CloudWatchBackend, **alarm: Any) -> Alarm:
        before = self.alarms.get(alarm["name"])
        put = original(self, **alarm)
        if before is None:
            put.state_value = "INSUFFICIENT_DATA"
        else:
            put.state_value, put.state_reason = before.state_value, before.state_reason
            put.state_reason_data = before.state_reason_data
            put.state_updated_timestamp = before.state_updated_timestamp
            put.history = before.history
        return put

    CloudWatchBackend.put_metric_alarm = put_metric_alarm  # type: ignore[assignment,method-assign]


def _list_the_alarms_of_the_types_that_were_named() -> None:
    """AWS lists the alarms of `AlarmTypes`, and metric alarms without a word; moto lists all of them."""
    every = CloudWatchResponse.describe_alarms

    def describe_alarms(self: CloudWatchResponse) -> ActionResult:
        types = self._get_param("AlarmTypes") or ["MetricAlarm"]
        result: Any = every(self).result
        return ActionResult({name: result[name] if kind in types else [] for kind, name in _LISTS.items()})

    CloudWatchResponse.describe_alarms = describe_alarms  # type: ignore[method-assign]


def _compute_figures() -> None:
    """GetMetricData with percentiles and FILL, in one look through what is stored; moto has neither, and looks for each query."""

    def get_metric_data(
        self: CloudWatchBackend,
        queries: list[dict[str, Any]],
        start_time: datetime,
        end_time: datetime,
        scan_by: str = "TimestampDescending",
    ) -> list[dict[str, Any]]:
        since, until = seconds(start_time), seconds(end_time)
        if since >= until:
            raise ValidationError("The parameter StartTime must be less than the parameter EndTime.")
        try:
            by_id = figures(recent(reversed(self.metric_data), since), queries, since, until)
        except UnknownExpressionError as error:
            raise ValidationError(str(error)) from None
        return [
            _result(query, by_id[query["Id"]], descending=scan_by == "TimestampDescending")
            for query in queries
            if query["Id"] in by_id
        ]

    CloudWatchBackend.get_metric_data = get_metric_data  # type: ignore[method-assign]


def _result(query: dict[str, Any], shown: list[tuple[int, float]], *, descending: bool) -> dict[str, Any]:
    ordered = shown[::-1] if descending else shown
    stat = query.get("MetricStat")
    label = query.get("Label") or (f"{stat['Metric']['MetricName']} {stat['Stat']}" if stat else query["Id"])
    return {
        "id": query["Id"],
        "label": label,
        "timestamps": [datetime.fromtimestamp(moment, UTC).replace(tzinfo=None) for moment, _ in ordered],
        "values": [value for _, value in ordered],
        "status_code": "Complete",
    }


def _list_metrics_that_are_active() -> None:
    """RecentlyActive leaves out what was not measured for three hours; moto lists all that ever was."""
    every = CloudWatchResponse.list_metrics

    def list_metrics(self: CloudWatchResponse) -> ActionResult:
        listed = every(self)
        if self._get_param("RecentlyActive"):
            namespace = self._get_param("Namespace")
            stored = reversed(self.cloudwatch_backend.metric_data)
            # Hours of others' data are passed over unread: whoever watches asks every minute.
            of_it = (each for each in stored if namespace in {None, each.namespace})
            active = recent(of_it, WORLD.now().timestamp() - _ACTIVE)
            result: Any = listed.result
            result["Metrics"] = [each for each in result["Metrics"] if metric_of(each) in active]
        return listed

    CloudWatchResponse.list_metrics = list_metrics  # type: ignore[method-assign]


def _tell_the_time_of_the_worlds_clock() -> None:
    """A datum without a Timestamp is of the moment in which it comes."""
    stored = CloudWatchBackend.put_metric_data

    def put_metric_data(self: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        moment = WORLD.naive()
        stored(
            self, namespace, [{**each, "Timestamp": each.get("Timestamp") or moment} for each in metric_data]
        )

    CloudWatchBackend.put_metric_data = put_metric_data  # type: ignore[method-assign]


def _sum_up_what_is_old() -> None:
    """CloudWatch keeps data by the minute, then by the hour, and for so many days; moto keeps each as it came, for ever."""
    put, lock = CloudWatchBackend.put_metric_data, threading.Lock()
    after = WeakKeyDictionary[CloudWatchBackend, int]()  # how many were left last time

    def put_metric_data(self: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        with lock:  # a datum that another thread puts meanwhile would be gone
            put(self, namespace, metric_data)
            if len(self.metric_data) > after.get(self, 0) + _MORE:
                self.metric_data = _summed_up(self.metric_data, WORLD.now().timestamp())
                after[self] = len(self.metric_data)

    CloudWatchBackend.put_metric_data = put_metric_data  # type: ignore[method-assign]


def _summed_up(data: list[Any], now: float) -> list[Any]:
    """A list of its own: who reads the one that there was reads on."""
    new = [each for each in data if now - seconds(each.timestamp) < RAW]
    old = dated(each for each in data if now - seconds(each.timestamp) >= RAW)
    return [_stored(metric, datum) for metric, datum in retained(old, now)] + new


def _stored(metric: Metric, datum: Datum) -> MetricAggregatedDatum:
    return MetricAggregatedDatum(
        metric.namespace, metric.name, datum.least, datum.most, datum.count, datum.total,
        [{"Name": name, "Value": value} for name, value in sorted(metric.dimensions)],
        datetime.fromtimestamp(datum.at, UTC).replace(tzinfo=None), datum.unit,
    )  # fmt: skip
