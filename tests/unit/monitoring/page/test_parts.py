"""Where the parts of a page come from."""

import threading
from datetime import UTC, datetime
from socketserver import StreamRequestHandler, TCPServer

import pytest

from modeldelivery.release.core.journal import Event, EventKind, Journal
from monitoring.page import history, prometheus
from monitoring.page.collect import reports, taken
from monitoring.page.subject import Burn, Missing
from monitoring.rules import GROUPS
from pipelines import acts
from pipelines.acts import Acts
from pipelines.data_drift import report as drift
from tests.unit.monitoring.page.conftest import V1, V2, drift_of, everything
from tests.unit.pipelines.test_places import Bucket


def event(kind, target, at=1.0):
    return Event(operation="o", kind=kind, at=at, actor="ada", reason="why", source={}, target=target)


def test_history_is_what_moved_traffic_or_the_fleet():
    events = [event(kind, {V1: 100}, float(place)) for place, kind in enumerate(EventKind)]
    moved = history.changes(Journal(history=(*events, event(EventKind.UP, {}))))
    assert [change.what for change in moved] == ["create", "fleet", "up", "rollback", "adopt", "withdrawn"]
    assert moved[2].at == datetime.fromtimestamp(2.0, UTC)
    assert moved[2].weights == {V1: 100}


def answers(alerts=(), ratios=(), groups=GROUPS):
    """Prometheus' answers, by path."""

    def ask(path):
        if path == "rules":
            return {"data": {"groups": [{"name": name} for name in groups]}}
        if path == "alerts":
            return {"data": {"alerts": list(alerts)}}
        assert "environment%3D%22prod%22" in path
        of_window = [each for window, each in ratios if f"ratio_rate{window}%7B" in path]
        return {"data": {"result": of_window}}

    return ask


def alert(name, state="firing", **labels):
    return {
        "labels": {"alertname": name, "severity": "page", **labels},
        "annotations": {"summary": "wrong", "remedy": "type"},
        "state": state,
        "activeAt": "2013-10-01T05:00:00.5Z",
    }


def test_alerts_are_those_that_fire_for_this_environment():
    ours = {"model": "flights", "environment": "prod"}
    answer = prometheus.of(
        answers(
            [
                alert("Ours", **ours),
                alert("ExporterDown"),
                alert("Pending", "pending", **ours),
                alert("Staging", model="flights", environment="staging"),
                alert("Trains", model="trains", environment="prod"),
            ]
        ),
        "flights",
        "prod",
    )
    assert [each.name for each in answer.alerts] == ["Ours", "ExporterDown"]
    assert (answer.alerts[0].remedy, answer.alerts[0].since.year) == ("type", 2013)


def test_burn_rates_are_by_version_and_window():
    def series(version, value):
        return {"metric": {"version": version}, "value": [0, value]}

    answer = prometheus.of(
        answers(ratios=[("5m", series(V2, "0.02")), ("5m", series(V1, "0")), ("6h", series(V2, "0.001"))]),
        "flights",
        "prod",
    )
    assert answer.burns == [Burn(V1, {"5m": 0.0}), Burn(V2, {"5m": 0.02, "6h": 0.001})]


@pytest.mark.parametrize("address", [None, "127.0.0.1:9090", "http://127.0.0.1:1"])
def test_a_prometheus_that_does_not_answer_is_a_part_that_is_missing(address):
    assert isinstance(prometheus.read(address, "flights", "prod"), Missing)


class Garbage(StreamRequestHandler):
    """What listens there speaks no HTTP."""

    def handle(self):
        self.rfile.readline()
        self.wfile.write(b"220 mail.example.com ready\r\n")


def test_what_speaks_no_http_is_a_part_that_is_missing():
    with TCPServer(("127.0.0.1", 0), Garbage) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        told = prometheus.read(f"http://127.0.0.1:{server.server_address[1]}", "flights", "prod")
    assert isinstance(told, Missing)
    assert isinstance(prometheus.read("http://127.0.0.1:port", "flights", "prod"), Missing)


@pytest.mark.parametrize("groups", [(), ("node",), GROUPS[:-1]])
def test_a_prometheus_without_the_rules_says_nothing_about_alerts(groups):
    with pytest.raises(ValueError, match=r"it has no rules .*: load monitoring/rules\.yml"):
        prometheus.of(answers(groups=groups), "flights", "prod")


def test_reports_are_read_in_the_order_of_their_windows(tmp_path):
    for place, week in enumerate((2, 0, 1)):
        (tmp_path / f"{place}.json").write_bytes(drift.encode(drift_of(week)))
    read = reports(str(tmp_path), drift.decode, lambda each: each.until, None)
    assert read == [drift_of(week) for week in range(3)]


@pytest.mark.parametrize(
    ("files", "why"),
    [(None, "there is no such folder"), ({}, "there is no report"), ({"a.json": b"{"}, "no report of drift")],
)
def test_reports_that_are_not_there_are_a_part_that_is_missing(tmp_path, files, why):
    folder = tmp_path / "reports"
    if files is not None:
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
    missing = reports(str(folder), drift.decode, lambda each: each.until, None)
    assert isinstance(missing, Missing)
    assert why in missing.why


def test_acts_are_read_where_they_are_and_none_is_a_part_that_is_missing(tmp_path):
    document = acts.encode(Acts(acts=tuple(everything().acts)))
    bucket = Bucket(**{"acts/flights-prod.json": document, "acts/broken.json": b"{"})
    assert taken("s3://bucket/acts/flights-prod.json", bucket) == tuple(everything().acts)
    (tmp_path / "acts.json").write_bytes(document)
    assert taken(str(tmp_path / "acts.json"), None) == tuple(everything().acts)
    for place, why in (
        ("s3://bucket/acts/other.json", "nothing was acted upon yet"),
        ("s3://bucket/acts/broken.json", "no document of acts"),
        (str(tmp_path / "none.json"), "there is no such file"),
    ):
        missing = taken(place, bucket)
        assert isinstance(missing, Missing)
        assert why in missing.why
