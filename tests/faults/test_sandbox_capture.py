"""Data capture of a real endpoint: every answered invocation is a line in S3, under its variant, in its role's name."""

import contextlib
import json
import os
import signal
import time
from collections import Counter

import psutil
import pytest
from botocore.exceptions import EndpointConnectionError

from benchmarks.load import Load, invocation
from modeldelivery.release.core.drill_figures import lost
from pipelines.capture import read
from pipelines.flights import play
from pipelines.months import Month

pytestmark = pytest.mark.faults
PREFIX = "captured"
DEADLINE = 300.0  # seconds
LARGEST = 6 * 1024 * 1024  # bytes, InvokeEndpoint's limit


@pytest.fixture(scope="module")
def role(hosting):
    return writer(hosting)


def writer(hosting):
    """An execution role that may write what is captured."""
    reads = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket", "ecr:*"], "Resource": "*"}
    writes = {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{hosting.bucket}/{PREFIX}/*",
    }
    return hosting.sandbox.role(
        hosting.profile, "capturing", reads, writes, trusts={"Service": "sagemaker.amazonaws.com"}
    )


def config(hosting, **more):
    """A DataCaptureConfig that keeps everything."""
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{hosting.bucket}/{PREFIX}",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
        **more,
    }


def capturing(hosting, name, weights, role=None, **more):
    """An endpoint that captures everything, whose models have a role, else one that may write nothing."""
    for model in weights:
        hosting.model(model, role=role)
    hosting.config(name, weights, DataCaptureConfig=config(hosting, **more))
    return hosting.endpoint(name, name)


class Kept:
    """What is in S3 of one endpoint."""

    def __init__(self, hosting, endpoint):
        self._s3 = hosting.sandbox.client(hosting.profile, "s3")
        self._bucket, self._prefix = hosting.bucket, f"{PREFIX}/{endpoint}/"

    def names(self):
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        return [each["Key"].removeprefix(self._prefix) for page in pages for each in page.get("Contents", [])]

    def lines(self, variant):
        """Of one variant."""
        names = [key for key in self.names() if key.startswith(f"{variant}/")]
        bodies = [
            self._s3.get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"].read() for key in names
        ]
        return [line for body in bodies for line in read(body.splitlines(), variant)]

    def until(self, variant, count):
        """Its lines, once there are so many."""
        end = time.monotonic() + DEADLINE
        while len(result := self.lines(variant)) < count:
            assert time.monotonic() < end, result
            time.sleep(0.2)
        return result


def test_both_variants_lines_are_read_back_in_both_encodings(hosting, role):
    plain = {"CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]}}
    endpoint = capturing(hosting, "two-kept", {"kept-a": 100, "kept-b": 0}, role, **plain)
    kept, runtime = Kept(hosting, endpoint), hosting.runtime
    for number in range(3):
        runtime.invoke_endpoint(
            EndpointName=endpoint, ContentType="application/json", Body=json.dumps({"n": number}).encode(),
            InferenceId=f"caller-{number}",
        )  # fmt: skip
    runtime.invoke_endpoint(
        EndpointName=endpoint, ContentType="application/x-npy", Body=b"NUMPY", TargetVariant="kept-b"
    )

    lines = kept.until("kept-a", 3)
    assert {line.inference for line in lines} == {"caller-0", "caller-1", "caller-2"}
    assert {line.request for line in lines} == {
        ("application/json", json.dumps({"n": number}).encode()) for number in range(3)
    }
    assert all(json.loads(line.response[1])["name"] == "kept-a" for line in lines)
    (binary,) = kept.until("kept-b", 1)
    assert binary.request == ("application/x-npy", b"NUMPY")
    assert binary.inference is None
    assert all(
        len(key.split("/")) == 6 and key.endswith(".jsonl") for key in kept.names()
    )  # VARIANT/yyyy/mm/dd/hh/NAME


def test_bodies_of_any_size_and_kind_are_read_back_and_an_invocation_that_failed_is_no_line(hosting, role):
    hosting.model("bodies-a", role=role)
    hosting.model("failing-b", role=role, status=503)
    kinds = {"JsonContentTypes": ["application/json"], "CsvContentTypes": ["text/csv"]}
    hosting.config(
        "bodies",
        {"bodies-a": 100, "failing-b": 0},
        DataCaptureConfig=config(hosting, CaptureContentTypeHeader=kinds),
    )
    endpoint = hosting.endpoint("bodies", "bodies")
    with pytest.raises(hosting.runtime.exceptions.ModelError):
        hosting.invoke(endpoint, TargetVariant="failing-b")
    bodies = [
        ("application/json", b'"' * LARGEST),
        ("image/png", os.urandom(LARGEST)),
        ("application/json", b"\xff\xfe"),
        ("text/csv", b"1,2\r\n3,4\r\n"),
        ("text/csv", b""),
    ]
    for kind, body in bodies:
        hosting.runtime.invoke_endpoint(EndpointName=endpoint, ContentType=kind, Body=body)
    kept = Kept(hosting, endpoint)
    assert [line.request for line in kept.until("bodies-a", len(bodies))] == bodies
    assert not [name for name in kept.names() if not name.startswith("bodies-a/")]


def test_an_hour_that_is_played_is_kept_with_its_own_id_and_moment(hosting, role):
    plain = {"CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]}}
    endpoint = capturing(hosting, "played", {"played-a": 100}, role, **plain)
    april = Month(2013, 4)
    hour = next(play.hours(april, april))
    assert play.send(hosting.runtime, endpoint, iter([hour])).startswith("1 requests with ")
    (line,) = Kept(hosting, endpoint).until("played-a", 1)
    assert (line.inference, line.moment) == (hour.name, hour.moment)
    assert json.loads(line.request[1]) == hour.instances


def test_under_load_no_invocation_is_lost_and_each_is_a_line_of_its_variant_in_either_encoding(hosting, role):
    plain = {"CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]}}
    endpoint = capturing(hosting, "loaded", {"loaded-a": 50, "loaded-b": 50}, role, **plain)
    keys, port = hosting.sandbox.session(hosting.profile).get_credentials(), hosting.sandbox.daemon["runtime"]
    bodies = {"application/json": b'{"n": 1}', "text/csv": b"1,2,3"}  # the second is kept as base64
    answers = []
    for media, body in bodies.items():
        load = Load([invocation(port, endpoint, keys, body, media)], connections=4)
        with load:
            time.sleep(1)
        assert lost(load.answers) == []
        answers.append(Counter(answer.variant for answer in load.answers))
    kept = Kept(hosting, endpoint)
    for variant in ("loaded-a", "loaded-b"):
        sent = {request: count[variant] for request, count in zip(bodies.items(), answers, strict=True)}
        assert min(sent.values()) > 0
        lines = kept.until(variant, sum(sent.values()))
        assert Counter(line.request for line in lines) == sent
        assert len({line.event for line in lines}) == len(lines)


def test_invocations_are_answered_while_what_was_captured_waits_for_a_sandbox_that_does_nothing(own_hosting):
    endpoint = capturing(own_hosting, "waits", {"waits-a": 100}, writer(own_hosting))
    daemon, large = own_hosting.sandbox.daemon["pid"], b"x" * 200_000
    os.kill(daemon, signal.SIGSTOP)
    try:
        for _ in range(8):  # more than a pipe holds, and than waits for others
            own_hosting.invoke(endpoint, large)
        time.sleep(2)  # by then the data plane has handed it over, or tried to
        for _ in range(3):
            assert own_hosting.invoke(endpoint, b"row")[0] == "waits-a"
    finally:
        os.kill(daemon, signal.SIGCONT)
    assert len(Kept(own_hosting, endpoint).until("waits-a", 11)) == 11


def test_what_a_data_plane_wrote_before_it_was_killed_is_in_s3_and_what_is_asked_later_too(own_hosting):
    endpoint = capturing(own_hosting, "killed", {"killed-a": 100}, writer(own_hosting))
    daemon, sent = psutil.Process(own_hosting.sandbox.daemon["pid"]), 100
    plane = next(process for process in daemon.children() if "sandbox.dataplane" in process.cmdline())
    for number in range(sent):
        own_hosting.invoke(endpoint, b"%d," % number + b"x" * 1000)
    # The last of them are in a file that nobody was told of.
    end = time.monotonic() + DEADLINE
    while sum(1 for _ in written(own_hosting)) < sent:
        assert time.monotonic() < end
        time.sleep(0.05)
    plane.kill()
    lines = Kept(own_hosting, endpoint).until("killed-a", sent)
    numbers = [line.request[1].partition(b",")[0] for line in lines]
    assert sorted(numbers, key=int) == [b"%d" % number for number in range(sent)]
    answered(own_hosting, endpoint)
    assert len(Kept(own_hosting, endpoint).until("killed-a", sent + 1)) == sent + 1


def written(hosting):
    """Lines that wait in files, and those that are in S3 already."""
    for path in (hosting.sandbox.home / "captured").iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield from path.read_bytes().splitlines()[1:]
    yield from Kept(hosting, "killed").lines("killed-a")


def answered(hosting, endpoint):
    """Ask once, of a data plane that is starting."""
    end = time.monotonic() + DEADLINE
    while True:
        try:
            return hosting.invoke(endpoint)
        except EndpointConnectionError:
            assert time.monotonic() < end
            time.sleep(0.1)


def test_what_was_lost_while_capture_had_stopped_is_missing_and_no_request_is(hosting, role):
    endpoint = capturing(hosting, "gap", {"gap-a": 100}, role)
    kept = Kept(hosting, endpoint)
    hosting.sandbox.fault(kind="capture_gap", endpoint=endpoint, seconds=0.001)
    assert hosting.invoke(endpoint)[0] == "gap-a"
    end = time.monotonic() + DEADLINE
    while any(fault["kind"] == "capture_gap" for fault in hosting.sandbox.faults()):
        assert time.monotonic() < end
        time.sleep(0.2)
    hosting.invoke(endpoint)
    assert len(kept.until("gap-a", 1)) == 1


def test_an_endpoint_whose_role_may_not_write_serves_on_and_the_log_says_why(hosting):
    endpoint = capturing(hosting, "denied", {"denied-a": 100})
    hosting.invoke(endpoint)
    end = time.monotonic() + DEADLINE
    while "capture of denied is not written" not in (log := hosting.sandbox.run("logs").stdout):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert "s3:PutObject" in log
    assert Kept(hosting, endpoint).names() == []
    assert hosting.invoke(endpoint)[0] == "denied-a"


def test_an_update_begins_and_ends_it(hosting, role):
    endpoint = capturing(hosting, "switched", {"switched-a": 100}, role, EnableCapture=False)
    kept, plain = Kept(hosting, endpoint), hosting.config("switched-off", {"switched-a": 100})
    hosting.invoke(endpoint)
    hosting.config("switched-on", {"switched-a": 100}, DataCaptureConfig=config(hosting))
    for name, expected in (("switched-on", 1), (plain, 1)):
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=name)
        assert hosting.settled(endpoint)["EndpointStatus"] == "InService"
        hosting.invoke(endpoint)
        assert len(kept.until("switched-a", expected)) == expected
    time.sleep(7)  # longer than lines wait before they are written
    assert len(kept.lines("switched-a")) == 1
