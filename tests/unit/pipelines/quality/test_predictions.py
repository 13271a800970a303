"""What a version predicted, out of captured lines."""

import json

import numpy as np
import pytest

from pipelines import capture
from pipelines.capture import CaptureError
from pipelines.quality import predictions
from pipelines.quality.predictions import OTHERS, Answers, BadAnswerError
from pipelines.server.answers import AnswerWriter
from pipelines.server.schema import Classes
from tests.unit.pipelines.quality.conftest import OUTPUTS, by_carrier, days, line


def read(small, *lines):
    return predictions.read(capture.read(lines, "captured"), small, by_carrier)


@pytest.mark.parametrize("kind", ["probability", "classes", "quantity"])
@pytest.mark.parametrize("media", ["application/json", "text/csv"])
def test_an_answer_is_read_as_the_server_wrote_it(kind, media):
    output = OUTPUTS[kind]
    outputs = {
        "probability": [[0.75, 0.25], [0.1, 0.9]],
        "classes": [[0.25, 0.75], [1, 0]],
        "quantity": [[-3.5], [12]],
    }
    writer = AnswerWriter(output, "v1.0.0")
    body = (writer.json if media == "application/json" else writer.csv)(outputs[kind])
    captured = capture.Captured(
        event="", inference="a", at=None, moment=None, request=None, response=(media, body)
    )
    assert np.allclose(Answers(output).read(captured), outputs[kind], atol=1e-6)


def test_classes_whose_names_a_csv_has_to_quote_are_read():
    output = Classes(meaning="why", classes=("weather, late aircraft", 'no "reason"', "two\nlines"))
    outputs = [[0.5, 0.25, 0.25], [0, 1, 0], [0, 0.25, 0.75]]
    response = ("text/csv", AnswerWriter(output, "v1.0.0").csv(outputs))
    captured = capture.Captured(
        event="", inference="a", at=None, moment=None, request=None, response=response
    )
    assert np.allclose(Answers(output).read(captured), outputs)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{}",
        '{"predictions": [{"late": true}]}',
        '{"predictions": [{"probability": "high"}]}',
        '{"predictions": []}',
    ],
    ids=["empty", "none", "without-probability", "text", "no-row"],
)
def test_an_answer_that_is_none_of_the_models_is_counted_and_left_out(small, answer):
    result = read(small, line("a", answer=answer), line("b"))
    assert result.unreadable.tolist() == [days("2026-01-02")]
    assert result.cases.inferences == ["b"]


def test_an_answer_of_other_rows_than_were_asked_about_is_left_out(small):
    other = read(small, line("a", carriers=("AA", "UA"), probabilities=(0.5,)))
    assert (len(other.unreadable), len(other.outputs)) == (1, 0)


def test_an_answer_that_was_not_captured_is_told_as_that():
    captured = capture.Captured(event="", inference="a", at=None, moment=None, request=None, response=None)
    with pytest.raises(BadAnswerError, match="the answer was not captured"):
        Answers(OUTPUTS["probability"]).read(captured)


@pytest.mark.parametrize("encoding", ["JSON", "BASE64"])
def test_each_row_of_an_invocation_is_a_case(small, encoding):
    result = read(
        small,
        line("a", ("AA", "UA", "AA"), (0.1, 0.2, 0.3), encoding=encoding),
        line("b", ("UA",), (0.4,), encoding=encoding),
    )
    assert result.cases.inferences == ["a", "b"]
    assert result.cases.invocation.tolist() == [0, 0, 0, 1]
    assert result.cases.row.tolist() == [0, 1, 2, 0]
    assert np.allclose(result.outputs[:, 1], [0.1, 0.2, 0.3, 0.4])
    assert list(result.groups["carrier"]) == ["AA", "UA", "AA", "UA"]


def test_groups_of_many_chunks_are_put_together(small, monkeypatch):
    monkeypatch.setattr(predictions, "_CHUNK", 2)
    lines = [line(str(n), (("AA", "UA", "ZZ")[n % 3],)) for n in range(7)]
    assert list(read(small, *lines).groups["carrier"]) == ["AA", "UA", OTHERS, "AA", "UA", OTHERS, "AA"]


def test_a_request_that_was_not_captured_has_a_group_of_its_own(small):
    assert list(read(small, line("a", request=False)).groups["carrier"]) == [OTHERS]


def test_a_caller_without_an_id_is_known_by_the_events(small):
    assert read(small, line(None)).cases.inferences == ["event-of-None"]


def test_the_day_is_the_callers_own(small):
    dated = line("a", moment="who=ada, at=2013-10-31T23:30:00-04:00")
    assert read(small, dated, line("b")).days.tolist() == [days("2013-10-31"), days("2026-01-02")]


MOMENTS = ["at=yesterday", "at=", "at=2013-10-31T23:30:00"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_one_caller_writes_ends_no_reading(small, moment):
    lines = [line("a"), line("b", moment=moment), b"{", line("c")]
    result = predictions.read(capture.read_all(lines, "captured"), small, by_carrier)
    assert result.cases.inferences == ["a", "c"]
    assert (result.unreadable.tolist(), result.undated) == ([days("2026-01-02")], 1)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_moment_that_is_none_is_refused_with_its_line(small, moment):
    with pytest.raises(CaptureError, match="captured, line 2: "):
        read(small, line("a"), line("b", moment=moment))


def test_a_time_without_its_zone_is_no_time_of_a_line(small):
    lines = [line("a"), line("b", at="2026-01-02T03:04:05")]
    result = predictions.read(capture.read_all(lines, "captured"), small, by_carrier)
    assert (result.cases.inferences, result.undated) == (["a"], 1)


def test_nothing_captured_is_no_prediction(small):
    result = read(small)
    assert (len(result.outputs), len(result.unreadable), dict(result.groups)) == (0, 0, {})


def test_lines_are_what_sagemaker_writes():
    assert json.loads(line())["eventMetadata"].keys() == {"eventId", "inferenceTime", "inferenceId"}
