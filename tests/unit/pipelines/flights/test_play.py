"""Months of flights played through an endpoint, and what became of them."""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import boto3
import msgspec
import pytest
from botocore.exceptions import NoCredentialsError

from pipelines import capture, ground_truth
from pipelines.flights import features, play
from pipelines.flights.data import read_months
from pipelines.months import Month

OCTOBER = Month(2013, 10)


@pytest.fixture(scope="module")
def hours():
    return list(play.hours(OCTOBER, OCTOBER))


@pytest.fixture(scope="module")
def flights():
    return read_months(OCTOBER, OCTOBER)


def test_every_flight_is_asked_about_once_and_those_that_arrived_get_a_label(hours, flights):
    assert sum(len(hour.instances) for hour in hours) == len(flights.flights)
    assert sum(len(hour.truths) for hour in hours) == len(features.arrived(flights).flights)
    assert len({hour.name for hour in hours}) == len(hours)


def test_months_in_the_wrong_order_are_refused_by_name(capsys, tmp_path):
    assert play.main(["labels", "--to", str(tmp_path), "--first", "2013-05", "--until", "2013-04"]) == 1
    assert capsys.readouterr().err == "play: --until 2013-04 is before --first 2013-05\n"


def test_a_label_is_of_the_very_flight_that_was_asked_about(hours, flights):
    described = features.describe(flights)
    expected = {
        (carrier, dest, departure, late)
        for carrier, dest, departure, late in zip(
            described["carrier"],
            described["dest"],
            described["departure"],
            features.late(flights),
            strict=True,
        )
    }
    for hour in hours[:40]:
        for truth in hour.truths:
            assert truth.inference == hour.name
            instance = hour.instances[truth.row]
            assert (
                instance["carrier"],
                instance["dest"],
                instance["departure"],
                truth.value == "1",
            ) in expected


def test_an_hour_is_of_new_yorks_day_and_of_its_own_moment(hours):
    first = hours[0]
    assert first.name == "2013-10-01T05"
    assert first.moment.isoformat() == "2013-10-01T05:00:00-04:00"
    assert first.moment == datetime(2013, 10, 1, 9, tzinfo=UTC)
    assert first.label_file == "2013/10/01/09/2013-10-01T05.jsonl"
    assert {hour.moment.utcoffset() for hour in hours} == {timedelta(hours=-4)}


def test_what_is_sent_names_its_case_and_its_moment_within_what_sagemaker_takes(hours):
    request = play.request("flights-staging", hours[0])
    assert request["InferenceId"] == "2013-10-01T05"
    assert request["CustomAttributes"] == f"{capture.MOMENT}2013-10-01T05:00:00-04:00"
    assert len(msgspec.json.decode(request["Body"])) == len(hours[0].instances)
    assert max(len(play.request("e", hour)["InferenceId"]) for hour in hours) <= 64


class Endpoint:
    """Captures what it is asked, below a folder; whoever asks is interrupted after so many requests."""

    def __init__(self, folder, patience=None):
        self.folder, self.patience, self.requests = folder, patience, []

    def invoke_endpoint(self, *, InferenceId, **_):  # noqa: N803 - SageMaker's own
        if len(self.requests) == self.patience:
            raise NoCredentialsError
        self.requests.append(InferenceId)
        metadata = {
            "eventId": f"{len(self.requests)}",
            "inferenceId": InferenceId,
            "inferenceTime": "2026-01-01T00:00:00Z",
        }
        line = msgspec.json.encode({"captureData": {}, "eventMetadata": metadata})
        (self.folder / f"{InferenceId}.jsonl").write_bytes(line + b"\n")
        return {"Body": io.BytesIO()}


def test_a_run_that_was_interrupted_is_repeated_without_asking_twice(tmp_path, hours, monkeypatch, capsys):
    monkeypatch.setattr(play, "CLIENTS", 1)
    monkeypatch.setattr(boto3, "Session", lambda **_: SimpleNamespace(client=lambda *_, **__: endpoint))
    month = ("--first", "2013-10", "--until", "2013-10", "--captured", str(tmp_path))
    endpoint = Endpoint(tmp_path, patience=100)
    first = endpoint.requests
    assert play.main(["requests", "--endpoint", "e", *month]) == 1
    endpoint = Endpoint(tmp_path)
    assert play.main(["requests", "--endpoint", "e", *month]) == 0
    assert [*first, *endpoint.requests] == [hour.name for hour in hours]
    assert capsys.readouterr().out.startswith(f"{len(hours) - 100:,} requests with ")


def test_labels_are_written_below_their_hours(tmp_path, hours, capsys):
    assert play.main(["labels", "--to", str(tmp_path), "--first", "2013-10", "--until", "2013-10"]) == 0
    truths = [hour for hour in hours if hour.truths]
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jsonl")} == {
        hour.label_file for hour in truths
    }
    written = (tmp_path / truths[0].label_file).read_bytes()
    assert list(ground_truth.read(written.splitlines(), "")) == truths[0].truths
    assert capsys.readouterr().out.startswith("28,618 labels in ")


def test_a_month_that_there_is_not_is_refused(capsys):
    assert play.main(["labels", "--to", "x", "--first", "2014-01", "--until", "2014-01"]) == 1
    assert "is not a month of the data" in capsys.readouterr().err
