"""What the data plane captures: which invocations, and whose file at what hour their lines go to."""

import errno
import random
import uuid

import pytest

from modeldelivery.release.aws import invocations, sender
from pipelines.capture import read
from sandbox.dataplane.capture import Capture, Captures, rules
from sandbox.dataplane.lines import Exchange
from sandbox.dataplane.spool import Batch

START = 1_764_439_199.5  # 2025-11-29 17:59:59.5 UTC
EXCHANGE = Exchange("", b"", b"application/json", b'{"a": 1}', b"text/csv", b"0.5")


class File:
    """In memory; a disk that is full takes nothing."""

    def __init__(self, files, name, place):
        self.files, self.name, self.place, self.size, self.lines = files, name, place, 0, b""

    def write(self, lines):
        if self.files.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.lines += lines
        self.size += len(lines)

    def close(self):
        self.files.closed[self.name] = Batch(self.place, self.lines)


class Files:
    def __init__(self):
        self.full, self.opened, self.closed = False, 0, {}

    def open(self, place):
        if self.full:
            raise OSError("1024 MiB wait to be written to S3 already, and 1024 MiB may")
        self.opened += 1
        return File(self, f"{self.opened}.jsonl", place)


class Kept(Captures):
    """With its files; what is due is what they hold."""

    def __init__(self, clocks):
        self.files = Files()
        super().__init__(random.Random(1), self.files, lambda: clocks.utc, lambda: clocks.monotonic)  # noqa: S311 - a sample, no secret

    def due(self, **which):
        return [self.files.closed[name] for name in super().due(**which)]


class Clocks:
    def __init__(self):
        self.utc, self.monotonic = START, 50.0


def rule(variant="v1-0-0", **changes):
    usual = {
        "percentage": 100, "input": True, "output": True, "json": ["application/json"], "csv": ["text/csv"],
        "destination": "s3://bucket/capture", "kms_key": "", "roles": {"v1-0-0": "arn:r1", "v2-0-0": "arn:r2"},
    }  # fmt: skip
    return rules({"1": {"e": Capture(**usual | changes)}})["1", "e", variant]


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def captures(clocks):
    return Kept(clocks)


def lines(batch):
    return list(read(batch.lines.splitlines(), "here"))


def test_there_is_a_rule_for_every_variant_and_for_no_other():
    capture = Capture(100, True, True, [], [], "s3://b", "", {"v1-0-0": "arn:r1", "v2-0-0": "arn:r2"})  # noqa: FBT003 - short
    assert set(rules({"1": {"e": capture}, "2": {}})) == {("1", "e", "v1-0-0"), ("1", "e", "v2-0-0")}


@pytest.mark.parametrize("own", [invocations.INFERENCE_ID, sender.INFERENCE_ID])
def test_what_modelctl_asked_is_in_what_is_captured_and_no_callers(captures, own):
    for inference_id in ("caller-7", own, ""):
        captures.take(rule(), EXCHANGE._replace(inference_id=inference_id))
    (batch,) = captures.due(everything=True)

    assert len(batch.lines.splitlines()) == 3
    assert [line.inference for line in lines(batch)] == ["caller-7", None]


def test_variants_and_hours_are_files_of_their_own_under_their_own_roles(captures, clocks):
    captures.take(rule(), EXCHANGE)
    captures.take(rule("v2-0-0"), EXCHANGE)
    clocks.utc += 1
    captures.take(rule(), EXCHANGE)
    batches = captures.due(everything=True)
    assert [(b.place.variant, b.place.hour, b.place.role) for b in batches] == [
        ("v1-0-0", "2025/11/29/17", "arn:r1"),
        ("v2-0-0", "2025/11/29/17", "arn:r2"),
        ("v1-0-0", "2025/11/29/18", "arn:r1"),
    ]
    assert [[line.at.minute for line in lines(batch)] for batch in batches] == [[59], [59], [0]]


def test_a_destination_that_changed_splits_what_was_captured_before_from_what_comes_after(captures):
    captures.take(rule(), EXCHANGE)
    captures.take(rule(destination="s3://bucket/other"), EXCHANGE)
    assert [b.place.destination for b in captures.due(everything=True)] == [
        "s3://bucket/capture",
        "s3://bucket/other",
    ]


def test_a_new_table_of_routes_that_captures_the_same_goes_on_with_the_file(captures):
    captures.take(rule(), EXCHANGE)
    captures.take(rule(), EXCHANGE)
    (batch,) = captures.due(everything=True)
    assert len(lines(batch)) == 2


def test_lines_wait_until_they_are_old_or_many(captures, clocks):
    captures.take(rule(), EXCHANGE)
    assert captures.due() == []
    clocks.monotonic += 5
    assert len(captures.due()) == 1
    captures.take(rule(), EXCHANGE._replace(request=b"1," * (1 << 22)))
    assert len(captures.due()) == 1
    assert captures.due(everything=True) == []


def test_a_clock_that_is_set_back_keeps_no_line_waiting(captures, clocks):
    captures.take(rule(), EXCHANGE)
    assert captures.due() == []
    clocks.utc -= 3600
    clocks.monotonic += 5
    assert len(captures.due()) == 1


@pytest.mark.parametrize(("percentage", "least", "most"), [(0, 0, 0), (30, 240, 360), (100, 1000, 1000)])
def test_so_many_of_a_hundred_are_captured(captures, percentage, least, most):
    for _ in range(1000):
        captures.take(rule(percentage=percentage), EXCHANGE)
    count = sum(len(lines(batch)) for batch in captures.due(everything=True))
    assert least <= count <= most


@pytest.mark.parametrize(("kept", "missing"), [("input", "response"), ("output", "request")])
def test_what_is_not_captured_is_not_there(captures, kept, missing):
    captures.take(rule(**{"input": False, "output": False, kept: True}), EXCHANGE)
    (line,) = lines(captures.due(everything=True)[0])
    assert getattr(line, missing) is None
    assert getattr(line, "request" if kept == "input" else "response") is not None


def test_every_event_is_a_uuid_that_no_other_of_any_process_has(clocks):
    events = set()
    for captures in (Kept(clocks), Kept(clocks)):  # processes of one seed
        for _ in range(100):
            captures.take(rule(), EXCHANGE)
        events |= {line.event for batch in captures.due(everything=True) for line in lines(batch)}
    assert len(events) == 200
    assert {(uuid.UUID(event).version, str(uuid.UUID(event)) == event) for event in events} == {(4, True)}


@pytest.mark.parametrize(("body", "count"), [(b"", 64), (b"x" * (1 << 18), 1)])
def test_no_more_bodies_are_held_than_a_bound(captures, body, count):
    for number in range(count):
        assert len(captures._noted) == number
        captures.take(rule(), EXCHANGE._replace(request=body))
    assert captures._noted == []


def test_a_disk_that_is_full_costs_lines_and_no_invocation_and_it_is_told_once_how_many(
    captures, clocks, caplog
):
    captures.take(rule(), EXCHANGE)
    assert captures.due() == []
    captures.files.full = True
    for _ in range(3):
        captures.take(rule(), EXCHANGE)
    assert captures.due() == []
    captures.files.full = False
    captures.take(rule(), EXCHANGE)
    clocks.monotonic += 5
    (batch,) = captures.due()
    assert len(lines(batch)) == 2
    assert [record.message for record in caplog.records] == [
        "3 lines of capture of e are lost: [Errno 28] No space left on device"
    ]


def test_while_too_much_waits_nothing_is_kept_and_afterwards_it_is_again(captures, clocks, caplog):
    captures.files.full = True
    captures.take(rule(), EXCHANGE)
    assert captures.due() == []
    captures.files.full = False
    captures.take(rule(), EXCHANGE)
    clocks.monotonic += 5
    assert captures.due() == []
    assert "2 lines of capture of e are lost: 1024 MiB wait to be written to S3 already" in caplog.text
    captures.take(rule(), EXCHANGE)
    (batch,) = captures.due(everything=True)
    assert len(lines(batch)) == 1
