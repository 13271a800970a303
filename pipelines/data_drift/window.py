"""A window of captured lines, or a file of rows, read row by row: to be counted, or to be drawn."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pipelines import capture, places
from pipelines.capture import Captured, CaptureError
from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.rows import AnswerReader, FileReader, RequestReader, Row, UnreadableError

LINES = ".jsonl"  # SageMaker's names of files of captured lines

_LINE, _REQUEST, _ANSWER, _ROW = "line", "request", "answer", "row"  # what could not be read


class Sink(Protocol):
    """What rows are given to, as they are read."""

    def request(self, rows: Sequence[Row]) -> None:
        """Rows with a cell for each feature."""

    def answer(self, rows: Sequence[Row]) -> None:
        """Rows with a cell for each number of an answer."""

    def refuse(self, why: str) -> None:
        """Something that could not be read, by a word."""


def captured(
    place: str, baseline: Baseline, since: datetime, until: datetime, into: Sink, *, client: Any = None
) -> None:
    """Every line below a place, a folder or one of S3's, that is of the window.

    A line that is none of data capture's, a request and an answer that cannot be read are refused, by that word; of such lines
    those that were answered in the window, or do not tell when.

    Raises:
        OSError: there is no such folder, or a file cannot be read.
        botocore.exceptions.ClientError: S3 refuses.
    """
    requests, answers = RequestReader(baseline), AnswerReader(baseline)
    for line in _lines(place, client):
        if isinstance(line, CaptureError):
            if line.at is None or since <= line.at < until:
                into.refuse(_LINE)
            continue
        if not since <= line.moment < until:
            continue
        if line.request is not None:
            try:
                into.request(requests.read(*line.request))
            except UnreadableError:
                into.refuse(_REQUEST)
        if line.response is not None:
            try:
                into.answer(answers.read(*line.response))
            except UnreadableError:
                into.refuse(_ANSWER)


def rows(path: Path, baseline: Baseline, into: Sink) -> None:
    """Every line of a file, an object each (`rows.FileReader`). Raises OSError."""
    reader = FileReader(baseline)
    features = len(baseline.features)
    with path.open("rb") as lines:
        for line in lines:
            try:
                row = reader.read(line)
            except UnreadableError:
                into.refuse(_ROW)
                continue
            into.request([row[:features]])
            if row[features:] != (None,) * len(baseline.predictions):
                into.answer([row[features:]])


def _lines(place: str, client: Any) -> Iterator[Captured | CaptureError]:
    """In the order of the files' names; they hold the hour in which they were written. Of a folder's files a line is held at once."""
    if places.remote(place):
        for where, content in places.below(place, LINES, client):
            yield from capture.read_all(content.splitlines(), where)
        return
    folder = Path(place)
    next(folder.iterdir(), None)  # a folder that is not there is a mistake, and no week without requests
    for path in sorted(folder.rglob(f"*{LINES}")):
        with path.open("rb") as lines:
            yield from capture.read_all(lines, path.name)
