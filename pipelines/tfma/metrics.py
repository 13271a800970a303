"""The project's metrics as TensorFlow Model Analysis takes metrics of others: by class and module in its configuration.

Its own add one row after another in Python: 300,000 rows in 21 slices of two models would take a quarter of an hour. These add
a slice of a batch at once.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import apache_beam as beam
from tensorflow_model_analysis.metrics import metric_types, metric_util

from pipelines.tfma.protocol import Kind
from pipelines.tfma.sums import SUMS, Floats, Rows

VALUE = "value"  # output that has a model's predictions
ORDER = "order"  # output that has the order of its predictions alone


class _Adder(beam.CombineFn):  # type: ignore[misc] # Beam has no types in the project's own environment
    """One metric of one model: its sum over batches, whatever worker has which."""

    def __init__(self, key: Any, output: Kind, edges: tuple[float, ...]) -> None:
        super().__init__()
        self._key = key
        self._output = output
        self._edges = edges

    def create_accumulator(self) -> float | Floats:
        return 0.0

    def add_input(self, accumulator: float | Floats, element: Any) -> float | Floats:
        rows = Rows(
            self._output,
            element.get_labels(),
            element.get_predictions(self._key.model_name, self._key.output_name),
            self._edges,
        )
        return accumulator + SUMS[self._key.name].add(rows)

    def merge_accumulators(self, accumulators: Iterable[float | Floats]) -> float | Floats:
        return sum(accumulators, start=0.0)

    def extract_output(self, accumulator: Floats) -> dict[Any, float]:
        return {self._key: SUMS[self._key.name].value(accumulator)}


def _computations(
    name: str,
    output: Kind,
    edges: Mapping[str, list[float]],
    model_name: str = "",
    output_name: str = "",
    *,
    example_weighted: bool = False,
) -> list[Any]:
    key = metric_types.MetricKey(
        name=name, model_name=model_name, output_name=output_name, example_weighted=example_weighted
    )
    return [
        metric_types.MetricComputation(
            keys=[key],
            preprocessors=None,
            combiner=_Adder(key, output, tuple(edges[model_name])),
        )
    ]


class Measure(metric_types.Metric):  # type: ignore[misc] # as above
    """A metric of `SUMS`.

    Args:
        name: of the metric.
        output: kind of a prediction.
        edges: by the engine's name of a model, between the bins of calibration.
    """

    def __init__(self, name: str, output: Kind, edges: Mapping[str, list[float]]) -> None:
        super().__init__(
            metric_util.merge_per_key_computations(_computations), name=name, output=output, edges=edges
        )


metric_types.register_metric(Measure)
