"""Alarms are evaluated once each of their periods is over, and what changed is told."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from sandbox.accounts import ACCOUNTS, REGION
from sandbox.alarms.actions import Actions
from sandbox.alarms.evaluation import Rule, State, state_of
from sandbox.alarms.expression import Point, evaluate
from sandbox.alarms.series import Data, Metric, points
from sandbox.alarms.shown import returns_data
from sandbox.alarms.stored import recent
from sandbox.clock import WORLD
from sandbox.cloud import Cloud

_LOG = logging.getLogger(__name__)
_LATE = 3.0  # seconds: the data plane's last batch of a period is there by then


@dataclass
class _Known:
    """What is remembered of an alarm: up to which period it was evaluated, and which state was told last."""

    until: int
    told: str


@dataclass
class Alarms:
    """Every metric alarm of every account."""

    cloud: Cloud
    actions: Actions
    states: dict[str, _Known] = field(default_factory=dict)  # by ARN

    def watch(self) -> None:
        """Evaluate what is due, each alarm by itself; called often."""
        now = WORLD.now().timestamp() - _LATE
        live: set[str] = set()
        with self.cloud.lock:
            for account in ACCOUNTS:
                backend = cloudwatch_backends[account.id][REGION]
                alarms = [alarm for alarm in backend.alarms.values() if not alarm.rule]
                live.update(alarm.alarm_arn for alarm in alarms)
                due = []
                for alarm in alarms:
                    with _apart(f"alarm {alarm.name}"):
                        if self._is_due(alarm, now):
                            due.append((alarm, reach_of(alarm)))
                if due:
                    with _apart(f"the metrics of account {account.id}"):
                        self._evaluate(backend, due, now)
                for alarm in alarms:
                    with _apart(f"alarm {alarm.name}"):
                        self._tell(account.id, alarm)
        self.states = {arn: state for arn, state in self.states.items() if arn in live}

    def _is_due(self, alarm: Any, now: float) -> bool:
        until = int(now // period_of(alarm))
        existing = self.states.setdefault(
            alarm.alarm_arn, _Known(until, State.INSUFFICIENT_DATA)
        )  # as it begins
        due = until != existing.until  # a clock that was moved back shows an earlier one
        existing.until = until
        return due

    def _evaluate(self, backend: Any, due: Sequence[tuple[Any, int]], now: float) -> None:
        data = recent(reversed(backend.metric_data), now - max(reach for _, reach in due))
        for alarm, _ in due:
            with _apart(f"alarm {alarm.name}"):
                _evaluate(alarm, data, now)

    def _tell(self, account: str, alarm: Any) -> None:
        """Also of a state that SetAlarmState set."""
        existing = self.states.get(alarm.alarm_arn)  # None where its periods could not be told
        if existing is not None and alarm.state_value != existing.told:
            old, existing.told = existing.told, alarm.state_value
            self.actions.tell(account, alarm, old)


@contextmanager
def _apart(what: str) -> Iterator[None]:
    """Whatever goes wrong with one is in the log, and the others go on: no alarm ends the sandbox."""
    try:
        yield
    except Exception:  # noqa: BLE001 whatever it is, it is the one alarm's
        _LOG.exception("%s: not carried out", what)


def _evaluate(alarm: Any, data: Data, now: float) -> None:
    rule = rule_of(alarm)
    values = values_of(alarm, data, int(now // period_of(alarm)))
    state = state_of(rule, values, State(alarm.state_value))
    if state != alarm.state_value:
        shown = ", ".join("no data" if value is None else f"{value:g}" for value in values)
        reason = f"Threshold {rule.comparison} {rule.threshold:g}, datapoints [{shown}], the newest last."
        alarm.update_state(reason, "{}", str(state))


def period_of(alarm: Any) -> int:
    """Seconds of its data points."""
    stats = [query.metric_stat for query in alarm.metric_data_queries if query.metric_stat]
    return int(stats[0].period if stats else alarm.period)


def reach_of(alarm: Any) -> int:
    """Seconds that its evaluation looks back."""
    return period_of(alarm) * (int(alarm.evaluation_periods) + 1)


def rule_of(alarm: Any) -> Rule:
    periods = int(alarm.evaluation_periods)
    return Rule(
        comparison=alarm.comparison_operator,
        threshold=float(alarm.threshold),
        periods=periods,
        datapoints=int(alarm.datapoints_to_alarm or periods),
        missing=alarm.treat_missing_data or "missing",
    )


def values_of(alarm: Any, data: Data, until: int) -> list[Point]:
    """What the alarm compares, of its last whole periods; the oldest first."""
    period, count = period_of(alarm), int(alarm.evaluation_periods)

    def series(namespace: str, name: str, dimensions: Iterable[Any], statistic: str) -> list[Point]:
        metric = Metric(namespace, name, frozenset((each.name, each.value) for each in dimensions))
        return points(data.get(metric, ()), statistic, period, until, count)

    if not alarm.metric_data_queries:
        statistic = alarm.statistic or alarm.extended_statistic
        return series(alarm.namespace, alarm.metric_name, alarm.dimensions, statistic)
    named = {
        query.id: series(stat.metric.namespace, stat.metric.metric_name, stat.metric.dimensions, stat.stat)
        for query in alarm.metric_data_queries
        if (stat := query.metric_stat)
    }
    (shown,) = [query for query in alarm.metric_data_queries if returns_data(query.return_data)]
    if shown.metric_stat:
        return named[shown.id]
    return [evaluate(shown.expression, {id_: each[at] for id_, each in named.items()}) for at in range(count)]
