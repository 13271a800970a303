"""Sample requests, and what a verification must get for them."""

import json

import msgspec
import pytest

from modeldelivery.release.errors import RefusedError
from modeldelivery.release.samples import read_samples

ROW = {"content_type": "text/csv", "body": "1,2"}


def read(*samples):
    return read_samples(json.dumps(samples).encode(), "samples.json").samples


@pytest.mark.parametrize("answer", [{"price": 4.5}, [1], 0, None, "x"])
def test_a_sample_may_name_the_answer_that_it_must_have(answer):
    (sample,) = read(ROW | {"answer": answer})
    assert (sample.answer, sample.status) == (answer, None)


def test_a_sample_without_an_answer_takes_any():
    (sample,) = read(ROW)
    assert sample.answer is msgspec.UNSET


def test_a_sample_may_name_the_status_with_which_it_must_be_refused():
    _, sample = read(ROW, ROW | {"status": 422})
    assert sample.status == 422


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        ([ROW, ROW | {"status": 200}], "`status` is 200: write that of a refusal, 400 to 499"),
        ([ROW, ROW | {"status": 500}], "`status` is 500"),
        ([ROW, ROW | {"status": 400, "answer": 1}], "write either `answer` or `status`"),
        ([ROW | {"status": 400}], "none shows that the container answers"),
        ([ROW | {"state": 400}], "unknown field `state`"),
    ],
)
def test_samples_that_promise_what_no_container_can_keep_are_refused(samples, sentence):
    with pytest.raises(RefusedError, match=sentence):
        read(*samples)
