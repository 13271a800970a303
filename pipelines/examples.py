"""Examples: one row a case, what the model is given and what became of it. Written by featurize, read by later steps.

Columns of an examples frame:

| column | holds |
|---|---|
| a feature's name | the value as a client sends it; missing is NaN or None |
| `label` | what became of it, as the schema's output has it: true or false, a class' name, a number |
| `slice.<dimension>` | text: the group in which the case is judged, for example `slice.carrier` |
| `block` | text: cases of one block are not independent of each other, for example those of one day |
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

LABEL = "label"
BLOCK = "block"
SLICE = "slice."

FRAME_FILE = "examples.parquet"
RECORD_FILE = "examples.json"


class BadExamplesError(ValueError):
    """Examples that are missing or are not what their record says; the sentence names the file."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`examples.json`: where examples come from.

    Attributes:
        model: whose examples they are.
        data_revision: of the data set that they were made of.
        parameters: of featurize.
        rows: how many there are.
        sha256: of `examples.parquet`, hex.
    """

    model: str
    data_revision: str
    parameters: dict[str, Any]
    rows: int
    sha256: str


@dataclass(frozen=True)
class Examples:
    """What a model is trained on and what it is judged on; no case is in both."""

    training: pd.DataFrame
    evaluation: pd.DataFrame


def feature_names(frame: pd.DataFrame) -> tuple[str, ...]:
    """The columns that a client sends."""
    return tuple(name for name in frame.columns if name not in {LABEL, BLOCK} and not name.startswith(SLICE))


def dimensions(frame: pd.DataFrame) -> tuple[str, ...]:
    """The dimensions in which the examples are sliced, without the prefix."""
    return tuple(name.removeprefix(SLICE) for name in frame.columns if name.startswith(SLICE))


def fault(frame: pd.DataFrame) -> str | None:
    """What keeps a frame from being examples, as a sentence; None for one that is."""
    if frame.empty:
        return "there is no row"
    missing = [name for name in (LABEL, BLOCK) if name not in frame.columns]
    if missing:
        return f"column {missing[0]} is missing"
    if not feature_names(frame):
        return "there is no feature"
    if not dimensions(frame):
        return f"there is no column {SLICE}<dimension>"
    never_null = (LABEL, BLOCK, *(f"{SLICE}{name}" for name in dimensions(frame)))
    nulls = {name: int(frame[name].isna().sum()) for name in never_null}
    holed = next((name for name, count in nulls.items() if count), None)
    return f"column {holed} is missing in {nulls[holed]} of {len(frame)} rows" if holed else None


def write(
    folder: Path, frame: pd.DataFrame, *, model: str, data_revision: str, parameters: dict[str, Any]
) -> Record:
    """Write examples and their record into a folder that is there; the same bytes for the same rows.

    Raises:
        BadExamplesError: the frame is no examples.
    """
    wrong = fault(frame)
    if wrong:
        raise BadExamplesError(f"{folder.name} examples of {model}: {wrong}")
    path = folder / FRAME_FILE
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, compression="zstd")
    record = Record(
        model=model,
        data_revision=data_revision,
        parameters=parameters,
        rows=len(frame),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    (folder / RECORD_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
    return record


def read(folder: Path, model: str) -> tuple[pd.DataFrame, Record]:
    """Read the examples of a model.

    Raises:
        BadExamplesError: they are missing, cut short, changed, of another model, or no examples.
    """
    path = folder / RECORD_FILE
    try:
        record = msgspec.json.decode(path.read_bytes(), type=Record)
        content = (folder / FRAME_FILE).read_bytes()
    except OSError as error:
        raise BadExamplesError(
            f"{error.filename}: {error.strerror}; featurize writes {FRAME_FILE} and {RECORD_FILE}"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadExamplesError(f"{path}: {error}") from error
    if record.model != model:
        raise BadExamplesError(f"{path}: these are examples of {record.model}, not of {model}")
    digest = hashlib.sha256(content).hexdigest()
    if digest != record.sha256:
        raise BadExamplesError(
            f"{folder / FRAME_FILE}: sha256 {digest}; {RECORD_FILE} says {record.sha256}: it was changed or cut short"
        )
    frame: pd.DataFrame = pq.read_table(pa.BufferReader(content)).to_pandas()
    wrong = fault(frame) or (
        f"{len(frame)} rows, but {RECORD_FILE} says {record.rows}" if len(frame) != record.rows else None
    )
    if wrong:
        raise BadExamplesError(f"{folder / FRAME_FILE}: {wrong}")
    return frame, record
