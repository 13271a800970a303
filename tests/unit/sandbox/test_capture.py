"""What the data plane captures: lines as SageMaker writes them, by hour and variant, read back to the very bytes."""

import io
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldelivery.release.aws import invocations, sender
from pipelines.capture import CaptureError, read
from sandbox.dataplane.capture import Batch, Capture, Captures, Exchange, Place
from sandbox.dataplane.handover import packed, unpacked

START = 1_764_439_199.5  # 2025-11-29 17:59:59.5 UTC


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


def rule(**changes):
    usual = {
        "percentage": 100, "input": True, "output": True, "json": ["application/json"], "csv": ["text/csv"],
        "destination": "s3://bucket/capture", "kms_key": "", "roles": {"v1-0-0": "arn:r1", "v2-0-0": "arn:r2"},
    }  # fmt: skip
    return Capture(**usual | changes)


def exchange(**changes):
    usual = {
        "account": "1", "endpoint": "e", "variant": "v1-0-0", "inference_id": "", "attributes": "",
        "request": ("application/json", b'{"a": 1}'), "response": ("text/csv", b"0.5"),
    }  # fmt: skip
    return Exchange(**usual | changes)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def captures(clock):
    return Captures(random.Random(1), clock)  # noqa: S311 - a sample, no secret


def lines(batch):
    return list(read(batch.lines.splitlines(), "here"))


def test_a_line_has_the_members_that_sagemaker_writes(captures):
    captures.take(rule(), exchange(inference_id="caller-7", attributes="who=ada"))
    (batch,) = captures.due(everything=True)
    written = msgspec.json.decode(batch.lines)
    assert written["captureData"] == {
        "endpointInput": {
            "observedContentType": "application/json", "mode": "INPUT", "data": '{"a": 1}', "encoding": "JSON",
        },
        "endpointOutput": {"observedContentType": "text/csv", "mode": "OUTPUT", "data": "0.5", "encoding": "CSV"},
    }  # fmt: skip
    about = written["eventMetadata"]
    assert about.pop("eventId")
    assert about == {
        "inferenceId": "caller-7", "customAttributes": ["who=ada"], "inferenceTime": "2025-11-29T17:59:59Z",
    }  # fmt: skip
    assert written["eventVersion"] == "0"


@pytest.mark.parametrize("own", [invocations.INFERENCE_ID, sender.INFERENCE_ID])
def test_what_modelctl_asked_is_in_what_is_captured_and_no_callers(captures, own):
    for inference_id in ("caller-7", own, ""):
        captures.take(rule(), exchange(inference_id=inference_id))
    (batch,) = captures.due(everything=True)

    assert len(batch.lines.splitlines()) == 3
    assert [line.inference for line in lines(batch)] == ["caller-7", None]


def test_variants_and_hours_are_files_of_their_own_under_their_own_roles(captures, clock):
    captures.take(rule(), exchange())
    captures.take(rule(), exchange(variant="v2-0-0"))
    clock.now += 1
    captures.take(rule(), exchange())
    batches = captures.due(everything=True)
    assert [(b.place.variant, b.place.hour, b.place.role) for b in batches] == [
        ("v1-0-0", "2025/11/29/17", "arn:r1"),
        ("v2-0-0", "2025/11/29/17", "arn:r2"),
        ("v1-0-0", "2025/11/29/18", "arn:r1"),
    ]


def test_a_destination_that_changed_splits_what_was_captured_before_from_what_comes_after(captures):
    captures.take(rule(), exchange())
    captures.take(rule(destination="s3://bucket/other"), exchange())
    assert [b.place.destination for b in captures.due(everything=True)] == [
        "s3://bucket/capture",
        "s3://bucket/other",
    ]


def test_lines_wait_until_they_are_old_or_many(captures, clock):
    captures.take(rule(), exchange())
    assert captures.due() == []
    clock.now += 5
    assert len(captures.due()) == 1
    captures.take(rule(), exchange(request=("text/csv", b"1," * (1 << 22))))
    assert len(captures.due()) == 1
    assert captures.due(everything=True) == []


@pytest.mark.parametrize(("percentage", "least", "most"), [(0, 0, 0), (30, 240, 360), (100, 1000, 1000)])
def test_so_many_of_a_hundred_are_captured(captures, percentage, least, most):
    for _ in range(1000):
        captures.take(rule(percentage=percentage), exchange())
    count = sum(len(lines(batch)) for batch in captures.due(everything=True))
    assert least <= count <= most


@pytest.mark.parametrize(("kept", "missing"), [("input", "response"), ("output", "request")])
def test_what_is_not_captured_is_not_there(captures, kept, missing):
    captures.take(rule(**{"input": False, "output": False, kept: True}), exchange())
    (line,) = lines(captures.due(everything=True)[0])
    assert getattr(line, missing) is None


@given(
    body=st.binary(max_size=50),
    kind=st.sampled_from(["application/json", "Text/CSV; charset=utf-8", "image/png", ""]),
)
def test_whatever_the_bytes_and_their_type_they_are_read_back(body, kind):
    captures = Captures(random.Random(1), Clock())  # noqa: S311 - as above
    captures.take(rule(), exchange(request=(kind, body)))
    (line,) = lines(captures.due(everything=True)[0])
    assert line.request == (kind, body)


def test_a_type_that_is_not_listed_is_base64_though_it_is_text(captures):
    captures.take(rule(json=[], csv=[]), exchange())
    written = msgspec.json.decode(captures.due(everything=True)[0].lines)
    assert {part["encoding"] for part in written["captureData"].values()} == {"BASE64"}


NO_BASE64 = (
    b'{"captureData": {"endpointInput": {"data": "*", "encoding": "BASE64"}}, '
    b'"eventMetadata": {"eventId": "1", "inferenceTime": "2025-11-29T17:59:59Z"}}'
)


@pytest.mark.parametrize(
    "line",
    [
        b"{}", b"[]", b"\xff",
        NO_BASE64,
        b'{"captureData": {}, "eventMetadata": {"eventId": "1", "inferenceTime": "yesterday"}}',
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_refused_by_file_and_number(line):
    with pytest.raises(CaptureError, match=r"capture/x\.jsonl, line 2: "):
        list(read([b"\n", line], "capture/x.jsonl"))


def test_two_processes_of_one_seed_give_no_event_the_same_name():
    events = set()
    for _ in range(2):
        captures = Captures(random.Random(1), Clock())  # noqa: S311 - as above
        captures.take(rule(), exchange())
        (line,) = lines(captures.due(everything=True)[0])
        events.add(line.event)
    assert len(events) == 2


@pytest.mark.parametrize(("body", "count"), [(b"", 64), (b"x" * (1 << 18), 1)])
def test_no_more_bodies_are_held_than_a_bound(captures, body, count):
    for number in range(count):
        assert len(captures._noted) == number
        captures.take(rule(), exchange(request=("text/csv", body)))
    assert captures._noted == []


BATCHES = [
    Batch(Place("1", "e", variant, "2025/11/29/17", "s3://bucket/capture", "", "arn:r1"), lines)
    for variant, lines in (("v1-0-0", b'{"a": 1}\n\xff\n'), ("v2-0-0", b""), ("v3-0-0", b"\n\n"))
]


def test_what_was_captured_is_handed_over_to_the_very_bytes_between_other_lines():
    stream = io.BytesIO(packed(BATCHES) + packed([]) + packed(BATCHES[:1]) + b'{"done":1}\n')
    handed = [unpacked(stream.readline(), stream) for _ in range(3)]
    assert handed == [BATCHES, [], BATCHES[:1]]
    assert stream.read() == b'{"done":1}\n'


def test_of_a_data_plane_that_dies_while_it_hands_over_no_half_file_is_kept():
    whole = packed(BATCHES)
    head = whole.index(b"\n") + 1
    for end in range(head, len(whole)):
        stream = io.BytesIO(whole[:end])
        with pytest.raises(EOFError, match="bytes of what was captured of e are missing"):
            unpacked(stream.readline(), stream)
