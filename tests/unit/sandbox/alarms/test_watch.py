"""Alarms are looked at each by itself: what one of them does not take never ends the others, nor the sandbox."""

import contextlib
import logging
import threading
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from moto.cloudwatch.models import CloudWatchBackend
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from sandbox import moto_patches
from sandbox.accounts import ACCOUNTS, REGION
from sandbox.alarms import watch
from sandbox.alarms.actions import Actions
from sandbox.alarms.watch import Alarms
from sandbox.topics import Topics

ACCOUNT = ACCOUNTS[0].id
PERIOD = 60
NOW = 960_003.0  # a period is just over


class Told(list):
    """Actions that nobody else hears."""

    def tell(self, _account, alarm, old):
        if alarm.name == "deaf":
            raise OSError("nobody is there")
        self.append((alarm.name, old, alarm.state_value))


@pytest.fixture
def backend(monkeypatch):
    moto_patches.apply()
    made = {account.id: {REGION: CloudWatchBackend(REGION, account.id)} for account in ACCOUNTS}
    monkeypatch.setattr(watch, "cloudwatch_backends", made)
    return made[ACCOUNT][REGION]


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def alarms(told):
    return Alarms(SimpleNamespace(lock=threading.RLock()), told)


@pytest.fixture
def at(monkeypatch, alarms):
    """Looks at all alarms so many seconds later."""

    def look(seconds):
        monkeypatch.setattr(time, "time", lambda: NOW + seconds)
        alarms.watch()

    return look


def put(backend, name, **other):
    """An alarm that goes off where there is no data."""
    return backend.put_metric_alarm(
        **{
            "name": name,
            "namespace": "n",
            "metric_name": "m",
            "comparison_operator": "GreaterThanThreshold",
            "evaluation_periods": 1,
            "period": PERIOD,
            "threshold": 1.0,
            "statistic": "Sum",
            "description": "",
            "dimensions": [],
            "alarm_actions": [],
            "treat_missing_data": "breaching",
            **other,
        }
    )


ODD = {
    "no period": {"period": None},
    "no threshold": {"threshold": None},
    "no statistic": {"statistic": None},
    "an operator that is not known": {"comparison_operator": "LessThanLowerThreshold"},
    "no number of periods": {"evaluation_periods": None},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_alarm_that_cannot_be_evaluated_is_logged_by_name_and_the_others_are_told(
    backend, at, told, caplog, odd
):
    put(backend, "odd", **odd)
    put(backend, "sound")
    at(0)
    with caplog.at_level(logging.ERROR):
        measured = datetime.fromtimestamp(NOW + PERIOD / 2, UTC)
        backend.put_metric_data("n", [{"MetricName": "m", "Value": 5.0, "Timestamp": measured}])
        at(PERIOD)
    assert told == [("sound", "INSUFFICIENT_DATA", "ALARM")]
    assert "alarm odd: not carried out" in caplog.text
    assert "alarm sound" not in caplog.text


def test_an_alarm_that_cannot_be_told_is_logged_by_name_and_the_others_are_told(backend, at, told, caplog):
    put(backend, "deaf")
    put(backend, "sound")
    at(0)
    at(PERIOD)
    assert told == [("sound", "INSUFFICIENT_DATA", "ALARM")]
    assert "alarm deaf: not carried out" in caplog.text


def test_an_alarm_is_evaluated_again_once_a_clock_was_set_back(backend, at, told):
    at(100 * PERIOD)
    put(backend, "sound")
    at(100 * PERIOD)
    at(0)
    assert told == [("sound", "INSUFFICIENT_DATA", "ALARM")]


def test_an_alarm_that_is_put_again_after_it_was_deleted_begins_anew(backend, at, told, alarms):
    put(backend, "again")
    at(0)
    at(PERIOD)
    backend.delete_alarms(["again"])
    at(PERIOD + 1)
    assert alarms.states == {}
    put(backend, "again")
    at(PERIOD + 2)
    assert told == [("again", "INSUFFICIENT_DATA", "ALARM")]


UNSHARED = SimpleNamespace(lock=contextlib.nullcontext())  # nobody else uses moto here


class Lenient:
    """A guard that lets CloudWatch do everything."""

    def service_acts(self, *_):
        pass


def topic(name):
    return sns_backends[ACCOUNT][REGION].create_topic(name)


def queue(name, told_of):
    made = sqs_backends[ACCOUNT][REGION].create_queue(name)
    sns_backends[ACCOUNT][REGION].subscribe(told_of.arn, made.queue_arn, "sqs")
    return made


@pytest.fixture
def gone():
    """The topics and queues of a test."""
    yield
    for backends in (sns_backends, sqs_backends):
        backends[ACCOUNT][REGION].reset()


@pytest.mark.usefixtures("gone")
def test_an_action_that_cannot_be_carried_out_is_logged_and_the_others_are(backend, caplog):
    existing = topic("known")
    heard = queue("heard", existing)
    actions = ["no-arn", "arn:aws:sns:nowhere:111111111111:t", existing.arn]
    alarm = put(backend, "errors", alarm_actions=actions)
    alarm.state_value = "ALARM"

    Actions(Topics(UNSHARED, Lenient())).tell(ACCOUNT, alarm, "OK")

    assert len(heard.messages) == 1
    for action in actions[:2]:
        assert f"alarm errors is ALARM: action {action} is not carried out" in caplog.text


@pytest.mark.usefixtures("gone")
def test_a_queue_that_was_deleted_and_a_server_that_is_away_leave_the_topics_other_subscribers_told(
    backend, caplog
):
    existing = topic("known")
    sqs = sqs_backends[ACCOUNT][REGION]
    sqs.delete_queue(queue("deleted", existing).name)
    sns_backends[ACCOUNT][REGION].subscribe(existing.arn, "http://127.0.0.1:9/away", "http")
    heard = queue("heard", existing)
    alarm = put(backend, "errors", alarm_actions=[existing.arn])
    alarm.state_value = "ALARM"

    Actions(Topics(UNSHARED, Lenient())).tell(ACCOUNT, alarm, "OK")

    assert len(heard.messages) == 1
    assert "nothing delivered to http://127.0.0.1:9/away" in caplog.text
    assert f"nothing delivered to arn:aws:sqs:{REGION}:{ACCOUNT}:deleted" in caplog.text
