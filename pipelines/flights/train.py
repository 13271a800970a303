"""Train a model on the months up to one, judge it on the next, and write `model.tar.gz`.

python -m pipelines.flights.train --until 2013-03 --out DIR [--seed N] [--json]
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipelines.export import difference, to_onnx
from pipelines.flights import features
from pipelines.flights.data import FIRST, LAST, BadDataError, Month, parse_month, read_months
from pipelines.package import ARCHIVE, package, write
from pipelines.server import artifact
from pipelines.server.model import open_session, run
from pipelines.server.schema import Probability, Schema, SelfCheck

_USAGE = 2


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`metrics.json`: what was trained on what, and how good it is on the month after.

    Attributes:
        data_revision: `sha256:<hex>` of the training data.
        base_rate: share of late flights in the month of evaluation.
        auc: area under the ROC curve in the month of evaluation.
    """

    trained_from: str
    trained_until: str
    evaluated_on: str
    data_revision: str
    seed: int
    rows_trained: int
    rows_evaluated: int
    base_rate_trained: float
    base_rate: float
    auc: float


@dataclass(frozen=True)
class Trained:
    """A model, ready to be registered.

    Attributes:
        archive: the bytes of `model.tar.gz`, the same for the same months and seed.
        onnx_difference: the largest between scikit-learn's and ONNX's probabilities in the month of evaluation.
    """

    archive: bytes
    metrics: Metrics
    onnx_difference: float


def train(until: Month, seed: int = 0) -> Trained:
    """Train on everything up to `until`; uses one core, about 5 s for three months.

    Raises:
        BadDataError: when `until` has no month after it in the data to judge on.
        ExportError: when the exported model computes something else.
    """
    if until >= LAST:
        raise BadDataError(f"{until} has no month after it to judge on: train until {FIRST} to 2013-11")
    training = features.arrived(read_months(FIRST, until))
    evaluation = features.arrived(read_months(until.following, until.following))
    is_late, was_late = features.late(training), features.late(evaluation)
    described, held_out = features.describe(training), features.describe(evaluation)
    columns = features.learn_features(described, is_late)
    matrix, held_out_matrix = features.encode(described, columns), features.encode(held_out, columns)

    with threadpool_limits(limits=1):  # sums in another order round differently
        classifier = HistGradientBoostingClassifier(
            max_iter=150,
            learning_rate=0.06,
            max_leaf_nodes=15,
            min_samples_leaf=100,
            l2_regularization=1.0,
            max_features=0.3,  # of the features, drawn by the seed at each split
            early_stopping=False,
            random_state=seed,
        ).fit(matrix, is_late)
        # As many flights are called late as are late.
        threshold = float(np.quantile(classifier.predict_proba(matrix)[:, 1], 1 - is_late.mean()))
        expected = classifier.predict_proba(held_out_matrix)
    onnx = to_onnx(classifier, len(columns), "late")
    probabilities = run(open_session(onnx), held_out_matrix)

    schema = Schema(
        features=columns,
        output=Probability(
            event="late",
            meaning=f"arrives more than {features.LATE_AFTER} minutes after its schedule",
            threshold=round(threshold, 6),
        ),
        self_check=SelfCheck(
            features.instances(held_out[:1])[0], tuple(round(float(share), 6) for share in expected[0])
        ),
    )
    metrics = Metrics(
        trained_from=str(FIRST),
        trained_until=str(until),
        evaluated_on=str(until.following),
        data_revision=training.revision,
        seed=seed,
        rows_trained=len(is_late),
        rows_evaluated=len(was_late),
        base_rate_trained=round(float(is_late.mean()), 6),
        base_rate=round(float(was_late.mean()), 6),
        auc=round(float(roc_auc_score(was_late, probabilities[:, 1])), 6),
    )
    return Trained(package(onnx, schema, metrics), metrics, difference(expected, probabilities))


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.flights.train", description="Train a model and package it."
    )
    parser.add_argument(
        "--until", required=True, metavar="YYYY-MM", help="last month to train on; the next one judges"
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help=f"folder for {ARCHIVE}")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the classifier (default 0)")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        trained = train(parse_month(options.until), options.seed)
        path = write(options.out, trained.archive)
    except BadDataError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"--out {options.out}: {error.strerror}")
    summary = {
        "archive": str(path),
        "model_digest": artifact.digest(trained.archive),
        "bytes": len(trained.archive),
        "seconds": round(time.monotonic() - started, 1),
        "onnx_difference": trained.onnx_difference,
        **msgspec.to_builtins(trained.metrics),
    }
    if options.json:
        print(msgspec.json.encode(summary).decode())
    else:
        print("\n".join(f"{name:18} {value}" for name, value in summary.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
