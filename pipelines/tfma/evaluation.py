"""A request carried out by TensorFlow Model Analysis on Apache Beam, wherever Beam's options say."""

import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import tensorflow_model_analysis as tfma
from apache_beam.options.pipeline_options import PipelineOptions
from google.protobuf import json_format
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.evaluators.metrics_plots_and_validations_evaluator import (
    MetricsPlotsAndValidationsEvaluator,
)
from tensorflow_model_analysis.extractors import extractor, slice_key_extractor

from pipelines.tfma import protocol
from pipelines.tfma.configuration import configuration, model_names
from pipelines.tfma.metrics import ORDER, VALUE
from pipelines.tfma.protocol import LABEL, SLICE, Request, Response, Sliced


def evaluate(folder: Path, options: PipelineOptions, request: Request) -> Response:
    """Evaluate the rows of a folder, and leave the validation there.

    Args:
        folder: has the rows; gets what TensorFlow Model Analysis writes. Beam's workers can reach it.
        options: of Beam.
        request: what is to be measured.
    """
    config = configuration(request)
    results = folder / "results"
    with beam.Pipeline(options=options) as pipeline:
        evaluation = (
            pipeline
            | "Read" >> beam.io.ReadFromParquetBatched(str(folder / protocol.ROWS_FILE))
            | "Spread" >> beam.Reshuffle()
            | "Evaluate"
            >> tfma.ExtractAndEvaluate(
                extractors=[
                    extractor.Extractor(
                        stage_name=slice_key_extractor.SLICE_KEY_EXTRACTOR_STAGE_NAME,
                        ptransform=beam.FlatMap(partial(sliced, request)),
                    )
                ],
                evaluators=[MetricsPlotsAndValidationsEvaluator(eval_config=config)],
            )
        )
        _ = evaluation | "Write" >> tfma.WriteResults(
            writers=tfma.default_writers(str(results), eval_config=config)
        )
    validation = json_format.MessageToJson(tfma.load_validation_result(str(results)), sort_keys=True)
    (folder / protocol.VALIDATION_FILE).write_text(validation + "\n", encoding="utf-8")
    return response(request, tfma.load_metrics(str(results)))


def sliced(request: Request, table: pa.Table) -> Iterator[dict[str, Any]]:
    """One extract for each slice that a batch has rows of: the rows together, not one after another."""
    labels = table[LABEL].to_numpy()
    names = model_names(request)
    values = {
        names[model]: np.column_stack(
            [table[protocol.prediction(model, place)].to_numpy() for place in range(request.width)]
        ).astype(float)
        for model in request.models
    }
    orders = (
        {names[model]: table[protocol.order(model)].to_numpy() for model in request.models}
        if protocol.AUC in request.metrics
        else {}
    )

    def extract(key: tuple[tuple[str, str], ...], rows: Any) -> dict[str, Any]:
        outputs = {
            model: {VALUE: value[rows], **({ORDER: orders[model][rows]} if orders else {})}
            for model, value in values.items()
        }
        return {
            constants.LABELS_KEY: labels[rows],
            constants.PREDICTIONS_KEY: outputs if len(outputs) > 1 else outputs[""],
            constants.SLICE_KEY_TYPES_KEY: [key],
        }

    yield extract((), slice(None))
    for dimension in request.dimensions:
        column = table[SLICE + dimension].combine_chunks().dictionary_encode()
        codes = column.indices.to_numpy()
        names_of_codes = column.dictionary.to_pylist()  # of all rows: a batch need not have each
        for code in np.unique(codes):
            yield extract(((dimension, names_of_codes[code]),), codes == code)


def response(request: Request, results: Any) -> Response:
    """What the gate reads of the results."""
    models = {name: model for model, name in model_names(request).items()}
    slices = []
    for result in results:
        keys = result.slice_key.single_slice_keys
        metrics: dict[str, dict[str, float | None]] = {model: {} for model in request.models}
        for pair in result.metric_keys_and_values:
            if not pair.key.is_diff:
                number = pair.value.double_value.value
                metrics[models[pair.key.model_name]][pair.key.name] = None if math.isnan(number) else number
        slices.append(
            Sliced(
                dimension=keys[0].column if keys else None,
                value=keys[0].bytes_value.decode() if keys else "",
                metrics=metrics,
            )
        )
    return Response(slices=tuple(slices))
