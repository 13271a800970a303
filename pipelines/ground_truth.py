"""Ground truth as SageMaker merges it with what was captured: what became of each case, written when it is known.

    {"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": "8f2c"}, "eventVersion": "0"}

in files below `PREFIX/yyyy/mm/dd/hh/`, the hour (UTC) of the cases. `eventId` is the `InferenceId` of the invocation, or SageMaker's own name of
it where the caller gave none. Of an invocation with many rows each row has a line, told apart by `row` in `eventMetadata`, counted from 0: this
project's own, SageMaker's merge knows invocations of one row alone.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from pipelines.server.rows import MAX_ROWS

_HOUR = re.compile(r"(?:^|/)(\d{4})/(\d{2})/(\d{2})/(\d{2})/[^/]+$")


class GroundTruthError(ValueError):
    """A line or a file's place that is none of ground truth: where, and what is wrong."""


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one case.

    Attributes:
        inference: the invocation's id.
        row: of the invocation, from 0.
        value: as text: `1`, `true`, a class' name, a number.
    """

    inference: str
    row: int = 0
    value: str


class _Data(msgspec.Struct, frozen=True):
    data: str
    encoding: Literal["CSV"]


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    event_id: Annotated[str, msgspec.Meta(min_length=1)]
    row: Annotated[int, msgspec.Meta(ge=0, lt=MAX_ROWS)] = 0


class _Line(msgspec.Struct, frozen=True, rename="camel"):
    ground_truth_data: _Data
    event_metadata: _Event
    event_version: str = "0"


def read(lines: Iterable[bytes], where: str) -> Iterator[Truth]:
    """Each line of a file.

    Args:
        lines: of the file; empty ones are skipped.
        where: its name, for sentences.

    Raises:
        GroundTruthError: a line is none.
    """
    decoder = msgspec.json.Decoder(_Line)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            parsed = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise GroundTruthError(f"{where}, line {number}: {error}") from error
        event = parsed.event_metadata
        yield Truth(inference=event.event_id, row=event.row, value=parsed.ground_truth_data.data.strip())


def encode(truths: Iterable[Truth]) -> bytes:
    """The lines of a file."""
    return b"".join(
        msgspec.json.encode(
            _Line(_Data(truth.value, "CSV"), _Event(truth.inference, truth.row)),
        )
        + b"\n"
        for truth in truths
    )


def folder_of(moment: datetime) -> str:
    """Where the truth of a case of some moment lies: `2013/10/01/06/`."""
    return f"{moment.astimezone(UTC):%Y/%m/%d/%H}/"


def hour_of(place: str) -> datetime:
    """Which hour the cases of a file are of.

    Args:
        place: the file's path or key.

    Raises:
        GroundTruthError: it does not lie below an hour.
    """
    match = _HOUR.search(place)
    year, month, day, hour = map(int, match.groups()) if match else (0, 0, 0, 0)
    try:
        return datetime(year, month, day, hour, tzinfo=UTC)
    except ValueError:
        raise GroundTruthError(
            f"{place}: ground truth lies below the hour of its cases, yyyy/mm/dd/hh/, such as 2013/10/01/06/"
        ) from None
