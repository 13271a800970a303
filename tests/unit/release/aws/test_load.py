"""A load by Locust: requests that boto3 signed, and a report that is read."""

import json
import os
import stat
from pathlib import Path

import boto3
import pytest

from modeldelivery.release.aws import load
from modeldelivery.release.aws.load import LocustLoads
from modeldelivery.release.core.probes import Request
from modeldelivery.release.errors import RefusedError

REQUEST = Request(body=b"1,\xff", content_type="text/csv")
ENTRY = {
    "num_requests": 101,
    "num_failures": 1,
    "response_times": {"5": 98, "700": 2, "900": 1},
    "start_time": 10.0,
    "last_request_timestamp": 19.9,
    "name": "invocation",
}


@pytest.fixture
def loads():
    session = boto3.Session("AKIAEXAMPLE", "secret", "token", region_name="eu-west-1")
    return LocustLoads(runtime=session.client("sagemaker-runtime"), endpoint="flights-staging")


@pytest.fixture
def locust(monkeypatch, tmp_path):
    """A program in Locust's place, which keeps its plan and prints `report`."""

    def made(report=(ENTRY,), status=0):
        program = tmp_path / "locust"
        report_file = tmp_path / "report.json"
        report_file.write_text(report if isinstance(report, str) else json.dumps(report))
        program.write_text(
            f"#!/bin/sh\ncp -p $LOAD_PLAN {tmp_path}/plan.json\necho $@ > {tmp_path}/arguments\n"
            f"env > {tmp_path}/environment\ncat {report_file}\necho broken >&2\nexit {status}\n"
        )
        program.chmod(0o755)
        monkeypatch.setattr(load, "_ENVIRONMENT", tmp_path)
        return tmp_path

    return made


def send(loads, **changed):
    return loads.send("v1.2.0", [REQUEST], **{"rate": 10.0, "seconds": 5, "limit_ms": 500} | changed)


def test_locust_is_given_requests_that_boto3_signed_and_that_nobody_else_can_read(loads, locust, monkeypatch):
    monkeypatch.setenv("LOCUST_USERS", "9000")
    folder = locust()
    send(loads)
    plan = json.loads((folder / "plan.json").read_text())
    (request,) = plan["requests"]

    assert plan["host"] == "https://runtime.sagemaker.eu-west-1.amazonaws.com"
    assert request["path"] == "/endpoints/flights-staging/invocations"
    assert request["body"].encode("latin-1") == REQUEST.body
    headers = {name.lower(): value for name, value in request["headers"].items()}
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
    assert headers["x-amzn-sagemaker-target-variant"] == "v1-2-0"
    assert headers["x-amz-security-token"] == "token"
    assert "secret" not in (folder / "plan.json").read_text()
    assert stat.S_IMODE((folder / "plan.json").stat().st_mode) == 0o600
    assert "LOCUST_USERS" not in (folder / "environment").read_text()


def test_as_many_callers_as_keep_the_rate_up_within_the_limit(loads, locust):
    folder = locust()
    send(loads, rate=10.0, limit_ms=500)
    arguments = (folder / "arguments").read_text()

    assert "--users 5 --spawn-rate 5 --run-time 5s" in arguments
    assert json.loads((folder / "plan.json").read_text())["each"] == 2.0


def test_a_report_is_what_was_answered_how_fast_and_at_which_rate(loads, locust):
    locust()
    served = send(loads)
    assert (served.answered, served.failed, served.p99_ms) == (100, 1, 700)
    assert served.rate == pytest.approx(10.0)


def test_answers_that_all_come_at_once_were_not_sent_at_a_rate(loads, locust):
    locust([ENTRY | {"start_time": 10.0, "last_request_timestamp": 10.01}])
    assert send(loads, seconds=20).rate == pytest.approx(9.9)


def test_a_report_without_an_answer_is_a_rate_of_nothing(loads, locust):
    locust([])
    served = send(loads)
    assert (served.answered, served.failed, served.p99_ms, served.rate) == (0, 0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("report", "status", "sentence"),
    [
        ("no json", 0, "Locust's report cannot be read"),
        ((), 1, "ended with 1: broken"),
    ],
)
def test_a_locust_that_fails_says_what_to_do(loads, locust, report, status, sentence):
    locust(report, status)
    with pytest.raises(RefusedError, match=sentence) as refused:
        send(loads)
    assert "make setup-load" in str(refused.value)


def test_without_locust_nothing_is_sent_and_the_sentence_says_how_to_get_it(loads, monkeypatch, tmp_path):
    monkeypatch.setattr(load, "_ENVIRONMENT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RefusedError, match="pipx install locust"):
        loads.refuse_unready()


def test_an_invocation_that_is_signed_is_not_sent(loads):
    """There is no network in these tests: it would fail."""
    signed = loads._signed({"EndpointName": "x", "Body": b"", "ContentType": "text/csv"})
    assert signed["path"] == "/endpoints/x/invocations"
    assert not os.environ.get("LOAD_PLAN")


def test_the_locustfile_is_there():
    assert Path(load._LOCUSTFILE).is_file()
