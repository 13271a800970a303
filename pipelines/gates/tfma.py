"""TensorFlow Model Analysis as the engine: a program in an environment of its own, which is given rows and gives metrics.

Sizes, bounds and verdicts are as with any engine. That it counted the same rows is held to the question, so that rows that were
lost on the way are no estimate.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from pipelines.gates.engine import EngineError, Part, Place, Question, Values
from pipelines.gates.metrics import METRICS, TENTHS, names_of
from pipelines.gates.report import OVERALL, Engine
from pipelines.gates.statistics import Floats, edges_of
from pipelines.tfma import protocol
from pipelines.tfma.protocol import CHALLENGER, CHAMPION, Demand, Request, Response, Sliced

_ROOT = Path(__file__).resolve().parents[2]
PYTHON = _ROOT / ".venv-tfma" / "bin" / "python"
_BATCH = 50_000  # rows that one worker takes at a time


@dataclass(frozen=True)
class Tfma:
    """The engine.

    Attributes:
        folder: for what goes between the two programs; afterwards it has `validation.json`. Beam's workers can reach it.
        options: of Apache Beam, by name; `true` is a flag.
        python: of the environment.
    """

    folder: Path
    options: Mapping[str, str] = field(default_factory=dict)
    python: Path = PYTHON
    name: Engine = "tfma"

    def values(self, question: Question) -> Mapping[Place, Sequence[Values]]:
        """See `Measuring`."""
        if not self.python.is_file():
            raise EngineError(
                f"engine tfma: {self.python} is not here; `make setup-tfma` makes it, and an image has it that is built "
                "as docs/evaluation.md says"
            )
        models = (CHALLENGER, CHAMPION)[: len(question.models)]
        pq.write_table(_rows(question, models), self.folder / protocol.ROWS_FILE, row_group_size=_BATCH)
        request = request_of(question, models, self.options)
        (self.folder / protocol.REQUEST_FILE).write_bytes(msgspec.json.encode(request))
        done = subprocess.run(
            [self.python, "-m", "pipelines.tfma", self.folder],
            cwd=_ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            print(done.stderr, file=sys.stderr)  # all of it is in the job's log
            words = [line for line in done.stderr.splitlines() if line.strip()] or ["it said nothing"]
            raise EngineError(f"engine tfma: {words[-1].strip()} (status {done.returncode})")
        content = (self.folder / protocol.RESPONSE_FILE).read_bytes()
        return answer(question, models, msgspec.json.decode(content, type=Response))

    def validation(self) -> bytes:
        """What TensorFlow Model Analysis says of the demands itself; empty when no slice was large enough to be judged."""
        path = self.folder / protocol.VALIDATION_FILE
        return path.read_bytes() if path.is_file() else b""


def request_of(question: Question, models: Sequence[str], options: Mapping[str, str]) -> Request:
    """What the program is asked."""
    return Request(
        output=question.output.__struct_config__.tag,  # type: ignore[arg-type] # the tags of outputs are its kinds
        models=tuple(models),
        width=question.predictions[0].shape[1],
        dimensions=tuple(question.cases.groups),
        metrics=names_of(question.output),
        higher=tuple(metric.name for metric in METRICS.values() if metric.better == "higher"),
        edges={
            name: tuple(edges_of(model.predicted, TENTHS).tolist())
            for name, model in zip(models, question.models, strict=True)
        },
        demands=tuple(demand for part in question.parts for demand in _demands(question, part)),
        options=tuple(
            f"--{name}" if value == "true" else f"--{name}={value}" for name, value in options.items()
        ),
    )


def _demands(question: Question, part: Part) -> list[Demand]:
    overall = part.slice.dimension == OVERALL
    place = (
        {"dimension": None, "value": ""}
        if overall
        else {"dimension": part.slice.dimension, "value": part.slice.value}
    )
    demands = []
    thresholds = question.thresholds
    for name in dict.fromkeys([*thresholds.limits, *thresholds.margins]):
        limits, margins = thresholds.limits.get(name), thresholds.margins.get(name)
        limit = None if limits is None else limits.overall if overall else limits.slice
        margin = None if margins is None else margins.overall if overall else margins.slice
        if len(question.models) == 1:
            margin = None
        if limit is not None or margin is not None:
            demands.append(
                Demand(
                    metric=name,
                    **place,
                    least=limit.least if limit else None,
                    most=limit.most if limit else None,
                    margin=margin,
                )
            )
    return demands


def _rows(question: Question, models: Sequence[str]) -> pa.Table:
    columns = {protocol.LABEL: pa.array(question.cases.labels.astype(float))}
    for name, predictions, scored in zip(models, question.predictions, question.models, strict=True):
        for place in range(predictions.shape[1]):
            columns[protocol.prediction(name, place)] = pa.array(predictions[:, place])
        if scored.positive is not None:
            columns[protocol.order(name)] = pa.array(order_of(scored.score))
    for dimension, groups in question.cases.groups.items():
        columns[protocol.SLICE + dimension] = pa.DictionaryArray.from_arrays(
            pa.array(groups.number), pa.array(list(groups.names), pa.string())
        )
    return pa.table(columns)


def order_of(score: Floats) -> Floats:
    """The share of rows that have a lower score, [rows], half of the ties among them.

    The area under the curve is of the order alone. TensorFlow Model Analysis computes it between 10,000 equal steps from 0 to 1,
    into one of which all scores of a rare event would fall.
    """
    ordered = np.sort(score)
    below, upto = np.searchsorted(ordered, score, "left"), np.searchsorted(ordered, score, "right")
    shares: Floats = (below + upto) / (2 * len(score))
    return shares


def answer(question: Question, models: Sequence[str], response: Response) -> Mapping[Place, Sequence[Values]]:
    """Metrics by place.

    Raises:
        EngineError: a slice or a metric is missing, or other rows were counted.
    """
    slices = {(each.dimension or OVERALL, each.value): each for each in response.slices}
    return {part.place: _of_models(question, part, models, slices.get(part.place)) for part in question.parts}


def _of_models(
    question: Question, part: Part, models: Sequence[str], measured: Sliced | None
) -> list[Values]:
    if measured is None:
        raise EngineError(f"engine tfma: it did not measure the slice {part.slice.name}")
    counts = {protocol.ROWS: part.slice.rows}
    rarest = protocol.RAREST.get(str(question.output.__struct_config__.tag))
    if rarest is not None and part.slice.least_of_a_label is not None:
        counts[rarest] = part.slice.least_of_a_label
    results: list[Values] = []
    for model in models:
        metrics = measured.metrics.get(model, {})
        for name, count in counts.items():
            if metrics.get(name) != count:
                raise EngineError(
                    f"engine tfma: it counted {name} {metrics.get(name)} of {model} in the slice {part.slice.name}, "
                    f"and {count} were given to it"
                )
        results.append({name: _number(metrics.get(name)) for name in names_of(question.output)})
    return results


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
