"""A window of captured lines, or a file of rows, counted against a baseline."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from pipelines import capture
from pipelines.capture import Captured, CaptureError
from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.judge import Sample
from pipelines.data_drift.rows import AnswerReader, FileReader, RequestReader, UnreadableError
from pipelines.data_drift.tally import Tally

LINES = "*.jsonl"  # SageMaker's names of files of captured lines

_LINE, _REQUEST, _ANSWER, _ROW = "line", "request", "answer", "row"  # what could not be read


def captured(folder: Path, baseline: Baseline, since: datetime, until: datetime) -> Sample:
    """Every line under a folder that is of the window.

    A line that is none of data capture's, a request and an answer that cannot be read are counted, by that word.
    """
    tally = Tally(baseline)
    requests, answers = RequestReader(baseline), AnswerReader(baseline)
    for line in _lines(folder, tally):
        if not since <= line.moment < until:
            continue
        if line.request is not None:
            try:
                tally.request(requests.read(*line.request))
            except UnreadableError:
                tally.refuse(_REQUEST)
        if line.response is not None:
            try:
                tally.answer(answers.read(*line.response))
            except UnreadableError:
                tally.refuse(_ANSWER)
    return tally.sample(since, until)


def rows(path: Path, baseline: Baseline, since: datetime, until: datetime) -> Sample:
    """Every line of a file, an object each (`rows.FileReader`). Raises OSError."""
    tally = Tally(baseline)
    reader = FileReader(baseline)
    features = len(baseline.features)
    with path.open("rb") as lines:
        for line in lines:
            try:
                row = reader.read(line)
            except UnreadableError:
                tally.refuse(_ROW)
                continue
            tally.request([row[:features]])
            if row[features:] != (None,) * len(baseline.predictions):
                tally.answer([row[features:]])
    return tally.sample(since, until)


def _lines(folder: Path, tally: Tally) -> Iterator[Captured]:
    """In the order of the files' names; they hold the hour in which they were written."""
    for path in sorted(folder.rglob(LINES)):
        with path.open("rb") as lines:
            yield from _readable(lines, path.name, tally)


def _readable(lines: Iterable[bytes], where: str, tally: Tally) -> Iterator[Captured]:
    for line in lines:
        try:
            yield from capture.read([line], where)
        except CaptureError:
            tally.refuse(_LINE)
