"""What Alertmanager posts becomes one line an alert, with what to type."""

import json

import msgspec
import pytest

from monitoring import message


def posted(**alert):
    usual = {
        "status": "firing",
        "labels": {"alertname": "TrafficDiverges", "severity": "ticket"},
        "annotations": {"summary": "they differ", "remedy": "`modelctl status`", "runbook": "docs#x"},
        "fingerprint": "ignored",
    }
    return json.dumps({"version": "4", "receiver": "people", "alerts": [usual | alert]}).encode()


def test_a_line_has_severity_name_sentence_remedy_and_runbook():
    assert list(message.lines(posted())) == [
        "ticket  TrafficDiverges: they differ. `modelctl status` (docs#x)"
    ]


def test_what_is_over_says_so_and_asks_for_nothing():
    assert list(message.lines(posted(status="resolved"))) == ["over    TrafficDiverges: they differ"]


def test_an_alert_of_somebody_elses_rule_without_annotations_is_told_too():
    (line,) = message.lines(posted(labels={}, annotations={}))
    assert "an alert without a name" in line


@pytest.mark.parametrize("body", [b"", b"[]", b'{"alerts": [{"status": 3}]}', b"\xff"])
def test_what_is_no_message_is_refused(body):
    with pytest.raises(msgspec.DecodeError):
        list(message.lines(body))
