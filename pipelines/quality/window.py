"""The labelled cases of some days, and what became of every other record."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from pipelines.gates.cases import Cases, Groups
from pipelines.quality.join import distinct, matched, numbered
from pipelines.quality.labels import Truths
from pipelines.quality.predictions import Predictions, day_number
from pipelines.quality.report import Joined

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Labelled:
    """Cases of a window whose outcome is known.

    Attributes:
        joined: what became of the records.
        cases: in order of no meaning; a block is a day.
        outputs: predictions of them, [rows, width of the output].
    """

    joined: Joined
    cases: Cases
    outputs: npt.NDArray[np.float32]


def labelled(
    predictions: Predictions, truths: Truths, of_others: Collection[str], first: date, last: date
) -> Labelled:
    """Join what a version predicted with what became of it.

    Args:
        predictions: of the version, of whatever days were captured.
        truths: of whatever days.
        of_others: ids of invocations that other versions answered.
        first: day whose cases are wanted.
        last: likewise, and all between.
    """
    predicted, truth = numbered(predictions.cases, truths.cases)
    once = distinct(predicted, predictions.outputs, predictions.days)
    true = distinct(truth, np.asarray(truths.labels).reshape(-1, 1), truths.days)
    left, right = matched(predicted[once.places], truth[true.places])
    begin, end = day_number(first), day_number(last)

    def inside(days: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        return (begin <= days) & (days <= end)

    answered = once.places[left]
    chosen = inside(predictions.days[answered])
    answered, truth_of = answered[chosen], true.places[right][chosen]

    def of(days: npt.NDArray[np.int64], records: Places) -> int:
        return int(inside(days[records]).sum())

    # A case whose predictions contradict each other has some; its label proves nothing, and is not without one.
    alone = true.places[~np.isin(truth[true.places], predicted)]
    alone = alone[inside(truths.days[alone])]
    others = sum(truths.cases.inferences[truths.cases.invocation[place]] in of_others for place in alone)
    days, block = np.unique(predictions.days[answered], return_inverse=True)
    return Labelled(
        joined=Joined(
            cases=len(answered),
            unlabelled=of(predictions.days, once.places) - len(answered),
            repeated_predictions=of(predictions.days, once.repeated),
            contradicting_predictions=of(predictions.days, once.contradicting),
            unanswered=len(alone) - others,
            of_others=others,
            repeated_labels=of(truths.days, true.repeated),
            contradicting_labels=of(truths.days, true.contradicting),
            unreadable=int(inside(predictions.unreadable).sum()) + predictions.undated,
        ),
        cases=Cases(
            labels=truths.labels[truth_of],
            groups={
                dimension: _groups(groups.codes, groups.categories.tolist(), answered)
                for dimension, groups in predictions.groups.items()
            },
            blocks=Groups([str(day) for day in days], block.astype(np.int32)),
        ),
        outputs=predictions.outputs[answered],
    )


def _groups(codes: npt.NDArray[np.integer], names: list[str], places: Places) -> Groups:
    """The groups that these rows are in, each with a row."""
    present, number = np.unique(codes[places], return_inverse=True)
    return Groups([names[code] for code in present], number.astype(np.int32))
