"""Where a step reads and writes: SageMaker's directories, and what a step tells of its end.

| | processing (validate, featurize, evaluate, register) | training (train) |
|---|---|---|
| input NAME | `processing/input/NAME` | `input/data/NAME` |
| parameters | `--name value` after `--` | `input/config/hyperparameters.json` |
| output NAME | `processing/output/NAME` | `model` |
| why it stopped | `output/message` | `output/failure` |

All under `/opt/ml`, or under `SAGEMAKER_BASE_DIR` where that is set.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import Path
from typing import Literal

import msgspec

BASE = "SAGEMAKER_BASE_DIR"
DIRECTORIES = Path("/opt/ml")  # SageMaker's, where that is not set
MOST_BYTES = 1024  # of a message: SageMaker keeps no more of ExitMessage and FailureReason
MODEL = "model"  # the one output of a training step
VERDICT = "verdict"  # the output of a step that judges, where it is asked for one
VERDICT_FILE = "verdict.json"


class Exit(IntEnum):
    """How a step ends."""

    DONE = 0
    REFUSED = 1  # an input or a parameter is not what it should be
    USAGE = 2
    GATE = 3  # the step worked, and what it judged did not pass
    BUG = 70


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a judging step leaves for a condition to read.

    Attributes:
        outcome: whether what was judged may go on.
        sentence: why it may not; empty where it may.
    """

    outcome: Literal["passed", "stopped"]
    sentence: str


class InputError(Exception):
    """An input that a step cannot work with; one sentence: file, key, value, what is allowed."""


class RegistrationError(Exception):
    """The registry did not take the version; one sentence that says why."""


class GateError(Exception):
    """What was judged did not pass; one sentence that says why. The report is written before this is raised."""


class Kind(Enum):
    PROCESSING = "processing"
    TRAINING = "training"


@dataclass(frozen=True)
class Job:
    """One run of a step.

    Attributes:
        base: holds SageMaker's directories.
        kind: of SageMaker's jobs.
    """

    base: Path
    kind: Kind

    def input(self, name: str) -> Path:
        """The folder of an input, which has at least one file.

        Raises:
            InputError: it is missing or empty.
        """
        folder = self.place_of_input(name)
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; this step reads its input {name!r} there")
        if not any(path.is_file() for path in folder.rglob("*")):
            raise InputError(f"{folder}: no file; this step reads its input {name!r} there")
        return folder

    def place_of_input(self, name: str) -> Path:
        """Where an input lies, whether or not it is there."""
        inputs = ("processing", "input") if self.kind is Kind.PROCESSING else ("input", "data")
        return self.base.joinpath(*inputs, name)

    def place_of_output(self, name: str) -> Path:
        """Where an output lies, whether or not it is there."""
        if self.kind is Kind.PROCESSING:
            return self.base / "processing" / "output" / name
        assert name == MODEL
        return self.base / MODEL

    @contextmanager
    def output(self, name: str) -> Iterator[Path]:
        """An empty folder to write an output into; what is in it becomes the output when the block ends well.

        The output's own folder stays: where SageMaker made it, it may be a mount point, which nothing can be renamed to.
        """
        folder = self.place_of_output(name)
        partial = self.base / f".{name}.partial"
        _clear(partial)
        partial.mkdir(parents=True)
        try:
            yield partial
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.iterdir():
                _clear(old)
            for new in partial.iterdir():
                shutil.move(new, folder / new.name)
        finally:
            _clear(partial)

    def hyperparameters(self) -> dict[str, str]:
        """What a training job was given, as texts.

        Raises:
            InputError: the file is missing or is no flat object of texts.
        """
        path = self.place_of_hyperparameters()
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        except OSError as error:
            raise InputError(
                f"{path}: {error.strerror}; a training step reads its parameters there"
            ) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(
                f'{path}: {error}; it is one flat object of texts, such as {{"seed": "0"}}'
            ) from error

    def place_of_hyperparameters(self) -> Path:
        """Where a training job's parameters lie, whether or not they are there."""
        return self.base / "input" / "config" / "hyperparameters.json"

    def message(self) -> Path:
        """The file whose text SageMaker shows for a job that failed."""
        return self.base / "output" / ("message" if self.kind is Kind.PROCESSING else "failure")

    def begin(self) -> None:
        """Take away what an earlier run in the same folder told."""
        self.message().unlink(missing_ok=True)

    def judge(self, verdict: Verdict) -> None:
        """Write the verdict, its sentence no longer than SageMaker keeps one."""
        sentence = shortened(verdict.sentence).decode()
        with self.output(VERDICT) as folder:
            (folder / VERDICT_FILE).write_bytes(
                msgspec.json.encode(msgspec.structs.replace(verdict, sentence=sentence))
            )

    def tell(self, sentence: str) -> None:
        """Write why the step stopped."""
        path = self.message()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(shortened(sentence))


def job(kind: Kind, environ: Mapping[str, str]) -> Job:
    """The job that this process is."""
    return Job(Path(environ.get(BASE) or DIRECTORIES), kind)


def shortened(sentence: str) -> bytes:
    """A sentence in UTF-8 that SageMaker keeps whole."""
    text = sentence.encode()
    if len(text) <= MOST_BYTES:
        return text
    end = "…".encode()
    return text[: MOST_BYTES - len(end)].decode(errors="ignore").encode() + end


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()
