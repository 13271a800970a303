"""A request as TensorFlow Model Analysis' own configuration, so that its results can be read with its own tools."""

import json
from collections.abc import Iterable
from typing import Any

from tensorflow_model_analysis.proto import config_pb2

from pipelines.tfma.metrics import ORDER, VALUE
from pipelines.tfma.protocol import AUC, CHAMPION, RAREST, ROWS, Demand, Request

_BUCKETS = 10_000  # of the order of scores, from which it computes an AUC


def model_names(request: Request) -> dict[str, str]:
    """The engine's name of each model: where there is one alone, it is called nothing."""
    return {model: model if len(request.models) > 1 else "" for model in request.models}


def configuration(request: Request) -> Any:
    """An `EvalConfig`: models, slices, metrics, and what is demanded of them."""
    names = model_names(request)
    edges = {names[model]: list(edges) for model, edges in request.edges.items()}
    own = [
        config_pb2.MetricConfig(
            class_name="Measure",
            module="pipelines.tfma.metrics",
            config=json.dumps({"name": name, "output": request.output, "edges": edges}),
            per_slice_thresholds=_thresholds(request, name),
        )
        for name in (ROWS, *filter(None, [RAREST.get(request.output)]), *request.metrics)
        if name != AUC
    ]
    specs = [config_pb2.MetricsSpec(model_names=names.values(), output_names=[VALUE], metrics=own)]
    if AUC in request.metrics:
        area = config_pb2.MetricConfig(
            class_name="AUC",
            config=json.dumps({"name": AUC, "num_thresholds": _BUCKETS + 1}),
            per_slice_thresholds=_thresholds(request, AUC),
        )
        specs.append(config_pb2.MetricsSpec(model_names=names.values(), output_names=[ORDER], metrics=[area]))
    return config_pb2.EvalConfig(
        model_specs=[
            config_pb2.ModelSpec(name=name, is_baseline=model == CHAMPION) for model, name in names.items()
        ],
        slicing_specs=[
            config_pb2.SlicingSpec(),
            *(config_pb2.SlicingSpec(feature_keys=[dimension]) for dimension in request.dimensions),
        ],
        metrics_specs=specs,
        options=config_pb2.Options(include_default_metrics={"value": False}),
    )


def _thresholds(request: Request, name: str) -> Iterable[Any]:
    better = config_pb2.HIGHER_IS_BETTER if name in request.higher else config_pb2.LOWER_IS_BETTER
    return [_threshold(demand, better) for demand in request.demands if demand.metric == name]


def _threshold(demand: Demand, better: Any) -> Any:
    place = {} if demand.dimension is None else {demand.dimension: demand.value}
    threshold = config_pb2.MetricThreshold()
    if demand.least is not None:
        threshold.value_threshold.lower_bound.value = demand.least
    if demand.most is not None:
        threshold.value_threshold.upper_bound.value = demand.most
    if demand.margin is not None:
        worse = -demand.margin if better == config_pb2.HIGHER_IS_BETTER else demand.margin
        threshold.change_threshold.absolute.value = worse
        threshold.change_threshold.direction = better
    return config_pb2.PerSliceMetricThreshold(
        slicing_specs=[config_pb2.SlicingSpec(feature_values=place)], threshold=threshold
    )
