"""The loaded model: verified against what was registered, and able to show that it still computes the same."""

import math
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]

from pipelines.server import artifact
from pipelines.server.rows import Matrix, Outputs, RowReader
from pipelines.server.schema import TENSOR_IN, TENSOR_OUT, Schema

TOLERANCE = 1e-4  # absolute up to 1, relative beyond: float32 differs between CPUs, a wrong model by more


class BadModelError(Exception):
    """A model that must not serve, with the reason."""


class NoNumberError(Exception):
    """A row for which the model computed NaN or an infinity."""


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

    def predict(self, matrix: Matrix) -> tuple[Matrix, Outputs]:
        """Outputs, [rows, width of the output], for [rows, features], as the tensor and as lists. Raises NoNumberError."""
        tensor = run(self.session, matrix)
        outputs: Outputs = tensor.tolist()
        if not math.isfinite(
            sum(map(sum, outputs))
        ):  # in Python: NumPy's own test costs ten times as much for one row
            for row, output in enumerate(outputs):
                if not math.isfinite(sum(output)):
                    raise NoNumberError(f"row {row}: the model computed {output}")
        return tensor, outputs

    def check(self) -> None:
        """Predict training's example again.

        Raises:
            BadModelError: the model computes nothing, or another answer than training's.
            ValueError: the example is no row of the schema's.
        """
        expected = np.array(self.schema.self_check.output)
        batch = self.rows.instances([self.schema.self_check.instance])
        try:
            computed = run(self.session, batch.matrix)[0].astype(float)
        except Exception as error:  # onnxruntime's statuses have no base class of their own
            raise BadModelError(f"self-check computes nothing: {error}") from error
        if computed.shape != expected.shape or not np.allclose(  # False also where one is NaN
            computed, expected, rtol=TOLERANCE, atol=TOLERANCE
        ):
            raise BadModelError(
                f"self-check predicts {_shown(computed)}, but training computed {_shown(expected)}"
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
    result = artifact.digest(artifact.pack(files))
    if digest is not None and result != digest:
        raise BadModelError(
            f"{folder} holds model {result}, but MODEL_SHA256 asks for {digest}: refusing to serve it"
        )
    try:
        schema = msgspec.json.decode(files[artifact.SCHEMA_FILE], type=Schema)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadModelError(f"{folder / artifact.SCHEMA_FILE} is not a schema: {error}") from error
    model = Model(schema, RowReader(schema), result, open_session(files[artifact.MODEL_FILE]))
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
    """Outputs, [rows, width of the output], for [rows, features]."""
    outputs: Matrix = session.run([TENSOR_OUT], {TENSOR_IN: matrix})[0]
    return outputs


def _shown(outputs: npt.NDArray[np.float64]) -> str:
    return ", ".join(f"{number:.6g}" for number in outputs.tolist())


def _check_tensors(model: Model) -> None:
    inputs = {tensor.name: tensor.shape[1:] for tensor in model.session.get_inputs()}
    outputs = {tensor.name: tensor.shape[1:] for tensor in model.session.get_outputs()}
    wanted = {TENSOR_IN: [len(model.schema.features)]}, {TENSOR_OUT: [model.schema.output.width]}
    if inputs != wanted[0] or outputs.get(TENSOR_OUT) != wanted[1][TENSOR_OUT]:
        raise BadModelError(
            f"{artifact.MODEL_FILE} takes {inputs} and gives {outputs}; {artifact.SCHEMA_FILE} asks for "
            f"{wanted[0]} and {wanted[1]}"
        )
