"""What was captured on its way from the data plane to hosting, whole or cut off anywhere."""

import io
import json

import pytest

from sandbox.dataplane.capture import Batch, Place
from sandbox.dataplane.handover import packed, received

BATCHES = [
    Batch(Place("1", "e", variant, "2025/11/29/17", "s3://bucket/capture", "", "arn:r1"), lines)
    for variant, lines in (("v1-0-0", b'{"a": 1}\n\xff\n'), ("v2-0-0", b"12\n345\n"), ("v3-0-0", b"\n\n"))
]


def stream(*messages):
    return b"".join(piece for pieces in messages for piece in pieces)


def test_what_was_captured_is_handed_over_to_the_very_bytes_between_other_lines():
    whole = stream(packed(BATCHES), [b'{"done":1}\n'], packed([]), packed(BATCHES[:1]), [b'{"metrics":[]}\n'])
    assert list(received(io.BytesIO(whole))) == [BATCHES, {"done": 1}, [], BATCHES[:1], {"metrics": []}]


def test_of_a_data_plane_that_dies_while_it_hands_over_every_whole_line_is_kept_and_no_half_one(caplog):
    whole = stream(packed(BATCHES))
    head = whole.index(b"\n") + 1
    every = [line for batch in BATCHES for line in batch.lines.splitlines(keepends=True)]
    for end in range(head, len(whole)):
        caplog.clear()
        (batches,) = received(io.BytesIO(whole[:end]))
        kept = b"".join(batch.lines for batch in batches)
        assert kept == b"".join(every[: kept.count(b"\n")])
        assert len(whole[head:end]) - len(kept) < max(map(len, every))
        assert "bytes of what was captured of e are missing" in caplog.text


@pytest.mark.parametrize(
    "message", [packed(BATCHES)[0], json.dumps({"metrics": ["x" * 100]}).encode() + b"\n"]
)
def test_half_a_line_of_a_data_plane_that_dies_is_no_message_and_ends_nothing_else(message):
    for end in range(len(message)):
        assert list(received(io.BytesIO(b'{"done":1}\n' + message[:end]))) == [{"done": 1}]
