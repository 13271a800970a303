"""Models that are worse in eight ways, as they really come to be: each a pull request that looks harmless."""

import copy
from dataclasses import replace

import numpy as np
import onnx
import pandas as pd
from msgspec import structs
from onnx import helper

from pipelines.examples import BLOCK, LABEL
from pipelines.flights import features
from pipelines.flights.fit import Settings, fit
from pipelines.package import Origin, package
from pipelines.server import verify
from pipelines.server.schema import TENSOR_OUT, SelfCheck

QUICK = Settings(trees=50)
EVALUATIONS = 5  # times that a slow model computes its trees


def packed(fitted, revision="sha256:" + 64 * "0"):
    """The bytes of a fitted model's archive."""
    origin = Origin(model="flights", data_revision=revision, parameters={}, rows=1, metrics=fitted.metrics)
    return package(fitted.onnx, fitted.schema, origin)


def model(fitted):
    return verify.read(packed(fitted))


def leaking(frame):
    """A report of the weather that was written after the flight, and says whether it was late."""
    chance = np.random.default_rng(0)
    humid = np.where(frame[LABEL], 70, 30) + chance.normal(scale=12, size=len(frame))
    return frame.assign(humid=np.clip(humid, 0, 100))


def shuffled(frame):
    """A join that lost the order of the labels."""
    return frame.assign(**{LABEL: np.random.default_rng(0).permutation(frame[LABEL])})


def broken_carrier(frame, carrier="EV"):
    """One airline's file has its flag the wrong way round."""
    return frame.assign(**{LABEL: frame[LABEL] ^ (frame["carrier"] == carrier)})


def oversampled(frame):
    """Late flights four times, so that the classes are as large: order stays, probabilities do not."""
    late = frame[frame[LABEL]]
    return pd.concat([frame, late, late, late], ignore_index=True)


def old(frame, days=7):
    """The first days of the data alone: a schedule that no longer reads new data."""
    return frame[frame[BLOCK] <= sorted(frame[BLOCK].unique())[days - 1]].reset_index(drop=True)


def without(names, frame):
    """Fitted without some features, as someone who tidies up would."""
    learned = features.learn_features

    def fewer(described, is_late):
        return tuple(feature for feature in learned(described, is_late) if feature.name not in names)

    features.learn_features = fewer
    try:
        fitted = fit(frame, QUICK)
    finally:
        features.learn_features = learned
    instance, output = fitted.schema.self_check.instance, fitted.schema.self_check.output
    check = SelfCheck({name: instance[name] for name in fitted.schema.names}, output)
    return replace(fitted, schema=structs.replace(fitted.schema, self_check=check))


def slow(fitted):
    """The same answers, computed many times over."""
    graph = onnx.load_from_string(fitted.onnx)
    last = graph.graph.node[-1]
    copies = []
    for number in range(EVALUATIONS):
        for node in graph.graph.node:
            twin = copy.deepcopy(node)
            twin.name = f"{node.name}-{number}"
            twin.output[:] = [f"{name}-{number}" for name in node.output]
            produced = {name for each in graph.graph.node for name in each.output}
            twin.input[:] = [f"{name}-{number}" if name in produced else name for name in node.input]
            copies.append(twin)
    averaged = helper.make_node(
        "Mean", [f"{TENSOR_OUT}-{number}" for number in range(EVALUATIONS)], [TENSOR_OUT]
    )
    assert TENSOR_OUT in last.output
    del graph.graph.node[:]
    graph.graph.node.extend([*copies, averaged])
    return replace(fitted, onnx=graph.SerializeToString(deterministic=True))
