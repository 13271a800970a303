"""Ground truth as SageMaker merges it."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipelines.ground_truth import GroundTruthError, Truth, encode, folder_of, hour_of, read


def test_what_is_written_is_read_again():
    truths = [Truth(inference="a", row=0, value="1"), Truth(inference="a", row=49_999, value="x,y")]
    assert list(read(encode(truths).splitlines(), "here")) == truths


def test_a_line_is_sagemakers():
    documented = b'{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"aa-bb"},"eventVersion":"0"}'
    assert list(read([documented, b" "], "here")) == [Truth(inference="aa-bb", row=0, value="1")]
    written = json.loads(encode([Truth(inference="aa-bb", value="1")]))
    assert written["groundTruthData"] == {"data": "1", "encoding": "CSV"}
    assert written["eventMetadata"]["eventId"] == "aa-bb"


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"{}",
        b'{"groundTruthData":{"data":"1","encoding":"JSON"},"eventMetadata":{"eventId":"a"},"eventVersion":"0"}',
        b'{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":""},"eventVersion":"0"}',
        b'{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"a","row":-1},"eventVersion":"0"}',
        b'{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"a","row":50000},"eventVersion":"0"}',
    ],
)
def test_a_line_that_is_none_is_refused_by_file_and_line(line):
    with pytest.raises(GroundTruthError, match=r"^here, line 2: "):
        list(read([b"", line], "here"))


def test_truth_lies_below_the_hour_of_its_cases_in_utc():
    moment = datetime(2013, 10, 31, 23, 30, tzinfo=timezone(timedelta(hours=-4)))
    assert folder_of(moment) == "2013/11/01/03/"
    assert hour_of(f"s3://bucket/labels/{folder_of(moment)}part.jsonl") == datetime(
        2013, 11, 1, 3, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "place", ["part.jsonl", "2013/10/01/part.jsonl", "2013/13/01/00/part.jsonl", "2013/10/01/24/p.jsonl"]
)
def test_a_place_that_names_no_hour_is_refused(place):
    with pytest.raises(GroundTruthError, match="below the hour of its cases"):
        hour_of(place)
