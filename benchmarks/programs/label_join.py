"""Joins a million predictions with a million labels, which it makes: `python -m benchmarks.programs.label_join`.

Both come out of order, a hundredth of each twice, and half of them are of the same cases.
"""

import json
import random
import time
from collections.abc import Iterator
from datetime import date

import numpy as np

from pipelines import capture, ground_truth
from pipelines.quality import labels, predictions
from pipelines.quality.window import labelled
from pipelines.server.model import Model
from pipelines.server.rows import RowReader
from pipelines.server.schema import Category, Probability, Schema, SelfCheck

COUNT = 1_000_000
HALF = COUNT // 2  # labels are of the upper half, and of as many cases that nobody predicted
REPEATED = COUNT // 100
_FILE = 10_000  # lines of one
_LINE = (
    '{"captureData":{"endpointInput":{"observedContentType":"application/json","mode":"INPUT","data":'
    '"{\\"carrier\\":\\"%s\\"}","encoding":"JSON"},"endpointOutput":{"observedContentType":"application/json",'
    '"mode":"OUTPUT","data":"{\\"predictions\\":[{\\"probability\\":0.%06d,\\"late\\":false}],\\"model_version\\":'
    '\\"v1.0.0\\"}","encoding":"JSON"}},"eventMetadata":{"eventId":"e","inferenceId":"%s","inferenceTime":'
    '"2026-01-%02dT10:00:00Z"},"eventVersion":"0"}'
)


def main() -> None:
    schema = Schema(
        features=(Category(name="carrier", meaning="airline", categories=("AA", "UA"), unseen="missing"),),
        output=Probability(event="late", meaning="late", threshold=0.5),
        self_check=SelfCheck({"carrier": "AA"}, (0.5, 0.5)),
    )

    def truths() -> Iterator[tuple[str, bytes]]:
        numbers = _shuffled(2)
        for start in range(0, len(numbers), _FILE):
            lines = (
                ground_truth.Truth(inference=_identity(n + HALF), value=str(n % 2))
                for n in numbers[start : start + _FILE]
            )
            yield f"labels/2026/01/{1 + start // _FILE % 28:02}/00/part.jsonl", ground_truth.encode(lines)

    read = predictions.read(
        (line for lines in _captured() for line in capture.read(lines, "captured")),
        Model(schema, RowReader(schema), "sha256:" + 64 * "0", None),
        lambda rows: {"carrier": rows["carrier"]},
    )
    truth = labels.read(truths(), schema.output)
    begun = time.process_time()
    joined = labelled(read, truth, frozenset(), date(2026, 1, 1), date(2026, 1, 31))
    spent = time.process_time() - begun
    odd = np.rint(joined.outputs[:, 1].astype(float) * 1e6).astype(int) % 2 == 1
    print(
        json.dumps(
            {
                "joined": {name: getattr(joined.joined, name) for name in joined.joined.__struct_fields__},
                "mistaken": int((np.asarray(joined.cases.labels) != odd).sum()),
                "groups": sorted(joined.cases.groups["carrier"].names),
                "seconds": spent,
                "count": COUNT,
                "repeated": REPEATED,
            }
        )
    )


def _identity(number: int) -> str:
    return f"{number:08x}-9ad4-4be1-a5a5-{number * 7919:012x}"


def _shuffled(seed: int) -> list[int]:
    """Each number once, and the first hundredth of them twice, out of order."""
    numbers = [*range(COUNT), *range(REPEATED)]
    random.Random(seed).shuffle(numbers)  # noqa: S311 - of no secret
    return numbers


def _captured() -> Iterator[list[bytes]]:
    """Files. The labels' are of a case's probability: 1 where its last digit is odd."""
    predicted = _shuffled(1)
    for start in range(0, len(predicted), _FILE):
        yield [
            (_LINE % (("AA", "UA", "ZZ")[n % 3], n, _identity(n), 1 + n % 28)).encode()
            for n in predicted[start : start + _FILE]
        ]


if __name__ == "__main__":
    main()
