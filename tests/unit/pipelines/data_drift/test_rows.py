"""Bodies as callers send them and as the server answers them, read as rows of the baseline's columns."""

import msgspec
import pytest

from pipelines.data_drift.rows import AnswerReader, FileReader, RequestReader, UnreadableError
from pipelines.server.answers import AnswerWriter
from pipelines.server.schema import Classes, Probability, Quantity

JSON, CSV = "application/json", "text/csv"
ROW = (41.5, "AA")
OUTPUTS = {
    "probability": (
        Probability(event="late", meaning="late", threshold=0.5),
        ("late",),
        [0.75, 0.25],
        (0.25,),
    ),
    "classes": (Classes(meaning="which", classes=("a", "b")), ("a", "b"), [0.75, 0.25], (0.75, 0.25)),
    "number": (Quantity(name="price", meaning="EUR"), ("price",), [3.5], (3.5,)),
    "number-called-probability": (
        Quantity(name="probability", meaning="of rain"),
        ("probability",),
        [0.5],
        (0.5,),
    ),
}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b'{"temp": 41.5, "carrier": "AA"}'),
        (JSON, b'\xef\xbb\xbf[{"carrier": "AA", "temp": 41.5}]'),
        (JSON + "; charset=utf-8", b'{"instances": [{"temp": 41.5, "carrier": "AA"}]}'),
        (CSV, b"41.5,AA\n"),
        (CSV + "; header=present", b"carrier,temp\r\nAA,41.5\r\n"),
    ],
    ids=["object", "list", "envelope", "csv", "header"],
)
def test_a_request_has_the_same_rows_in_whichever_form_it_comes(baseline, content_type, body):
    assert list(RequestReader(baseline).read(content_type, body)) == [ROW]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [(JSON, b'{"temp": null}'), (JSON, b"{}"), (CSV, b",\n"), (CSV + ";header=present", b"temp\n\n,")],
    ids=["null", "absent", "cells", "column"],
)
def test_what_is_null_or_absent_is_missing(baseline, content_type, body):
    if content_type == CSV + ";header=present":
        body = b"carrier\nAA\n"
        assert list(RequestReader(baseline).read(content_type, body)) == [(None, "AA")]
    else:
        assert list(RequestReader(baseline).read(content_type, body)) == [(None, None)]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b'{"temp": "41.5"}'),
        (JSON, b'{"temp": 1e999}'),
        (JSON, b"[1]"),
        (JSON, b"{"),
        (JSON, b"\xff"),
        (CSV, b"41.5\n"),
        (CSV, b"warm,AA\n"),
        (CSV, b"inf,AA\n"),
        (CSV + ";header=present", b"warmth,carrier\n1,AA\n"),
        ("application/octet-stream", b"41.5,AA"),
    ],
)
def test_a_request_that_is_no_rows_of_the_columns_is_unreadable(baseline, content_type, body):
    with pytest.raises(UnreadableError):
        RequestReader(baseline).read(content_type, body)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("media", [JSON, CSV])
def test_what_the_server_answers_is_read_as_the_numbers_that_the_baseline_has(baseline, output, media):
    kind, names, tensor, numbers = OUTPUTS[output]
    bins = baseline.predictions["late"]
    of_model = msgspec.structs.replace(baseline, predictions=dict.fromkeys(names, bins))
    writer = AnswerWriter(kind, "v1.0.0")
    body = writer.json([tensor, tensor]) if media == JSON else writer.csv([tensor, tensor])
    assert list(AnswerReader(of_model).read(media, body)) == [numbers, numbers]


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": "row 0: temp"}',
        b'{"predictions": [{}]}',
        b'{"predictions": [{"probability": "high"}]}',
        b"[",
    ],
)
def test_an_answer_without_the_models_numbers_is_unreadable(baseline, body):
    with pytest.raises(UnreadableError):
        AnswerReader(baseline).read(JSON, body)


def test_an_answer_that_lacks_a_class_is_unreadable(baseline):
    bins = baseline.predictions["late"]
    of_model = msgspec.structs.replace(baseline, predictions={"a": bins, "b": bins})
    body = b'{"predictions": [{"class": "a", "probabilities": {"a": 1.0}}]}'
    with pytest.raises(UnreadableError):
        AnswerReader(of_model).read(JSON, body)


def test_a_line_of_a_file_has_features_and_perhaps_numbers_of_the_answer_and_other_keys(baseline):
    line = b'{"flight": 7, "carrier": "AA", "prediction.late": 0.25, "temp": 41.5}'
    assert FileReader(baseline).read(line) == (41.5, "AA", 0.25)
    assert FileReader(baseline).read(b"{}") == (None, None, None)


@pytest.mark.parametrize("line", [b"", b"[]", b'{"temp": "warm"}'])
def test_a_line_that_is_no_row_is_unreadable(baseline, line):
    with pytest.raises(UnreadableError):
        FileReader(baseline).read(line)
