"""Run by `.venv-drift`: windows by seed, judged and drawn. Prints a line of JSON for each: what the judge says, what Evidently says.

python -m tests.drift.cases FIRST END
"""

import json
import os
import sys

import numpy as np

from pipelines.data_drift.baseline import Baseline, Window
from pipelines.data_drift.bins import bins_of_names, bins_of_numbers, count
from pipelines.data_drift.judge import measure
from pipelines.data_drift.parts import Indices

ROWS = 4000  # of a baseline
NAMES = [f"n{place}" for place in range(8)]


def columns(chance, rows, shift=0.0, holes=0.0, rare=0.0):
    """One number with holes, one that is nearly never there, names, and a probability."""
    temp = chance.normal(50 + shift, 10, rows)
    gust = chance.normal(20 + shift, 5, rows)
    names = chance.choice(NAMES, rows, p=np.array([8, 7, 6, 5, 4, 3, 2, 1]) / 36).astype(object)
    names[chance.random(rows) < rare] = "new"
    return {
        "temp": [
            None if missing else value
            for value, missing in zip(temp, chance.random(rows) < holes, strict=True)
        ],
        "gust": [
            None if missing else value
            for value, missing in zip(gust, chance.random(rows) < 0.97, strict=True)
        ],
        "carrier": names.tolist(),
        "prediction.late": chance.beta(2 + shift / 10, 5, rows).tolist(),
    }


def case(seed):
    """A baseline and a window; in every fourth nothing happens, in the others something by chance."""
    chance = np.random.default_rng(seed)
    learned = columns(chance, ROWS)
    history = Window(
        first="a",
        last="a",
        rows=ROWS,
        indices={
            name: Indices(values=float(chance.random()) / 4, missing=float(chance.random()) / 4, outside=0.0)
            for name in learned
        },
    )
    baseline = Baseline(
        model="m",
        digest="sha256:1",
        data_revision="sha256:2",
        rows=ROWS,
        features={
            "temp": bins_of_numbers(learned["temp"]),
            "gust": bins_of_numbers(learned["gust"]),
            "carrier": bins_of_names(learned["carrier"]),
        },
        predictions={"late": bins_of_numbers(learned["prediction.late"])},
        history=(history,),
    )
    happens = bool(seed % 4)
    window = columns(
        chance,
        int(chance.integers(1000, 3000)),
        shift=happens * float(chance.normal(0, 6)),
        holes=happens * float(chance.random()) / 5,
        rare=happens * float(chance.random()) / 20,
    )
    return baseline, window


def main(first, end):
    os.environ["DO_NOT_TRACK"] = "1"
    from pipelines.data_drift.evidently_report import verdicts  # noqa: PLC0415 - after that

    for seed in range(first, end):
        baseline, window = case(seed)
        own = {}
        for name, bins in baseline.columns.items():
            measured = measure(baseline, name, count(bins, bins.codes(window[name])))
            own[name] = (measured.index / measured.limit, measured.moved)
        print(json.dumps({"seed": seed, "judge": own, "evidently": verdicts(baseline, window)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
