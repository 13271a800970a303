"""The loaded model: verified against what was registered, and able to show that it still computes the same."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import onnxruntime  # type: ignore[import-untyped]

from pipelines.server import artifact
from pipelines.server.rows import Matrix, RowReader
from pipelines.server.schema import TENSOR_IN, TENSOR_OUT, Schema

TOLERANCE = 1e-4  # of a probability: float32 arithmetic differs between CPUs, a wrong model by more


class BadModelError(Exception):
    """A model that must not serve, with the reason."""


@dataclass(frozen=True)
class Model:
    """A model that may serve.

    Attributes:
        digest: of the `model.tar.gz` it came in, `sha256:<hex>`.
    """

    schema: Schema
    rows: RowReader
    digest: str
    session: onnxruntime.InferenceSession

    def probabilities(self, matrix: Matrix) -> Matrix:
        """Probability of being late, [rows], for [rows, features]."""
        return run(self.session, matrix)

    def check(self) -> None:
        """Predict training's example again.

        Raises:
            BadModelError: when the answer is another than training's.
        """
        expected = self.schema.self_check
        batch = self.rows.instances([expected.instance])
        got = float(self.probabilities(batch.matrix)[0])
        if not abs(got - expected.probability) <= TOLERANCE:  # also when it is NaN
            raise BadModelError(
                f"self-check predicts {got:.6f}, but training computed {expected.probability:.6f}"
            )


def load(folder: Path, digest: str | None) -> Model:
    """Load and verify the model in a folder.

    Args:
        folder: holds the files of `artifact.FILES`.
        digest: `sha256:<hex>` that the registry recorded for `model.tar.gz`; None when none is known.

    Raises:
        BadModelError: a file is missing or corrupt, the digest is another, or the self-check fails.
    """
    files = {name: _read(folder / name) for name in artifact.FILES}
    found = artifact.digest(artifact.pack(files))
    if digest is not None and found != digest:
        raise BadModelError(
            f"{folder} holds model {found}, but MODEL_SHA256 asks for {digest}: refusing to serve it"
        )
    try:
        schema = msgspec.json.decode(files[artifact.SCHEMA_FILE], type=Schema)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadModelError(f"{folder / artifact.SCHEMA_FILE} is not a schema: {error}") from error
    model = Model(schema, RowReader(schema), found, open_session(files[artifact.MODEL_FILE]))
    _check_tensors(model)
    try:
        model.check()
    except ValueError as error:
        raise BadModelError(f"{folder / artifact.SCHEMA_FILE}: self_check: {error}") from error
    return model


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadModelError(f"cannot read {path}: {error.strerror}") from error


def open_session(model: bytes) -> onnxruntime.InferenceSession:
    """A session for one core.

    Raises:
        BadModelError: when onnxruntime does not load the bytes.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # one process is one core; more are more instances
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # batches vary, and an arena keeps the largest one's memory
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's statuses have no base class of their own
        raise BadModelError(
            f"{artifact.MODEL_FILE} is not a model that onnxruntime loads: {error}"
        ) from error


def run(session: onnxruntime.InferenceSession, matrix: Matrix) -> Matrix:
    """Probability of being late, [rows], for [rows, features]."""
    result: Matrix = session.run([TENSOR_OUT], {TENSOR_IN: matrix})[0][:, 1]
    return result


def _check_tensors(model: Model) -> None:
    inputs = {tensor.name: tensor.shape[1:] for tensor in model.session.get_inputs()}
    outputs = {tensor.name for tensor in model.session.get_outputs()}
    width = len(model.schema.features)
    if inputs != {TENSOR_IN: [width]} or TENSOR_OUT not in outputs:
        raise BadModelError(
            f"{artifact.MODEL_FILE} takes {inputs} and gives {sorted(outputs)}; "
            f"{artifact.SCHEMA_FILE} asks for {TENSOR_IN} [{width}] and {TENSOR_OUT}"
        )
