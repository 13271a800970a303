"""The classifier of late flights, and the bytes that serve it."""

from typing import Annotated

import msgspec
import numpy as np
import pandas as pd

from pipelines.examples import LABEL
from pipelines.flights import features
from pipelines.recipe import Fitted
from pipelines.server.model import open_session, run
from pipelines.server.schema import Probability, Schema, SelfCheck

_Count = Annotated[int, msgspec.Meta(ge=1)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the classifier is trained.

    Attributes:
        seed: of the features drawn at each split.
        trees: how many.
        learning_rate: what each tree adds.
        leaves: of a tree, at most.
        leaf_rows: examples in a leaf, at least.
        l2: regularisation of the leaves' values.
        feature_share: of the features, drawn anew at each split.
    """

    seed: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)] = 0
    trees: _Count = 150
    learning_rate: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.06
    leaves: Annotated[int, msgspec.Meta(ge=2)] = 15
    leaf_rows: _Count = 100
    l2: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    feature_share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.3


def fit(examples: pd.DataFrame, settings: Settings) -> Fitted:
    """Train on one core, about 5 s for three months; the same bytes for the same arguments.

    Raises:
        ExportError: when the exported model computes something else.
    """
    # More than a second, which the steps that do not fit need not pay.
    from sklearn.ensemble import (  # type: ignore[import-untyped]  # noqa: PLC0415
        HistGradientBoostingClassifier,
    )
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    from pipelines.export import at_thresholds, difference, to_onnx  # noqa: PLC0415

    is_late = examples[LABEL].to_numpy(dtype=bool)
    columns = features.learn_features(examples, is_late)
    matrix = features.encode(examples, columns)
    with threadpool_limits(limits=1):  # sums in another order round differently
        classifier = HistGradientBoostingClassifier(
            max_iter=settings.trees,
            learning_rate=settings.learning_rate,
            max_leaf_nodes=settings.leaves,
            min_samples_leaf=settings.leaf_rows,
            l2_regularization=settings.l2,
            max_features=settings.feature_share,
            early_stopping=False,
            random_state=settings.seed,
        ).fit(matrix, is_late)
        expected = classifier.predict_proba(matrix)
        probes = at_thresholds(classifier, matrix)
        expected_of_probes = classifier.predict_proba(probes)
    onnx = to_onnx(classifier, len(columns), "late")
    session = open_session(onnx)
    difference(expected_of_probes, run(session, probes))
    # As many flights are called late as are late.
    threshold = float(np.quantile(expected[:, 1], 1 - is_late.mean()))
    schema = Schema(
        features=columns,
        output=Probability(
            event="late",
            meaning=f"arrives more than {features.LATE_AFTER} minutes after its schedule",
            threshold=round(threshold, 6),
        ),
        self_check=SelfCheck(
            features.instances(examples[:1])[0], tuple(round(float(share), 6) for share in expected[0])
        ),
    )
    return Fitted(
        onnx,
        schema,
        {
            "base_rate": round(float(is_late.mean()), 6),
            "onnx_difference": difference(expected, run(session, matrix)),
        },
    )
