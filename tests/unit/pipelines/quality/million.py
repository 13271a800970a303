"""A million predictions and a million labels of half of them and of others, joined: what came of it, and the most memory that it took, as JSON."""

import json
import random
import time
from datetime import date
from pathlib import Path

import pandas as pd

from pipelines import capture, ground_truth
from pipelines.quality import labels, predictions
from pipelines.quality.window import labelled
from pipelines.server.model import Model
from pipelines.server.rows import RowReader
from pipelines.server.schema import Category, Probability, Schema, SelfCheck

COUNT = 1_000_000
REPEATED = COUNT // 100
FILE = 10_000  # lines of one
SCHEMA = Schema(
    features=(Category(name="carrier", meaning="airline", categories=("AA", "UA"), unseen="missing"),),
    output=Probability(event="late", meaning="late", threshold=0.5),
    self_check=SelfCheck({"carrier": "AA"}, (0.5, 0.5)),
)
LINE = (
    '{"captureData":{"endpointInput":{"observedContentType":"application/json","mode":"INPUT","data":'
    '"{\\"carrier\\":\\"%s\\"}","encoding":"JSON"},"endpointOutput":{"observedContentType":"application/json",'
    '"mode":"OUTPUT","data":"{\\"predictions\\":[{\\"probability\\":0.%06d,\\"late\\":false}],\\"model_version\\":'
    '\\"v1.0.0\\"}","encoding":"JSON"}},"eventMetadata":{"eventId":"e","inferenceId":"%s","inferenceTime":'
    '"2026-01-%02dT10:00:00Z"},"eventVersion":"0"}'
)


def identity(number):
    return f"{number:08x}-9ad4-4be1-a5a5-{number * 7919:012x}"


def shuffled(seed):
    """Each number once, and the first hundredth of them twice, out of order."""
    numbers = list(range(COUNT)) + list(range(REPEATED))
    random.Random(seed).shuffle(numbers)  # noqa: S311 - of no secret
    return numbers


def captured():
    for start in range(0, COUNT + REPEATED, FILE):
        lines = (
            (LINE % (("AA", "UA", "ZZ")[n % 3], n, identity(n), 1 + n % 28)).encode()
            for n in PREDICTED[start : start + FILE]
        )
        yield from capture.read(lines, "captured")


def peak():
    """The most memory of this program, in MiB; `ru_maxrss` would begin with what its parent had when it started it."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


def truths():
    """Of the upper half, and of as many cases that nobody predicted."""
    for start in range(0, COUNT + REPEATED, FILE):
        moved = (n + COUNT // 2 for n in LABELLED[start : start + FILE])
        lines = (ground_truth.Truth(inference=identity(n), value=str(n % 2)) for n in moved)
        yield f"labels/2026/01/{1 + start // FILE % 28:02}/00/part.jsonl", ground_truth.encode(lines)


PREDICTED, LABELLED = shuffled(1), shuffled(2)
began = time.process_time()
read = predictions.read(
    captured(),
    Model(SCHEMA, RowReader(SCHEMA), "sha256:" + 64 * "0", None),
    lambda rows: {"carrier": rows["carrier"]},
)
truth = labels.read(truths(), SCHEMA.output)
joined = labelled(read, truth, frozenset(), date(2026, 1, 1), date(2026, 1, 31))
right = pd.Series(joined.cases.labels) == ((joined.outputs[:, 1] * 1e6).round().astype(int) % 2 == 1)
print(
    json.dumps(
        {
            "joined": {name: getattr(joined.joined, name) for name in joined.joined.__struct_fields__},
            "right": bool(right.all()),
            "groups": sorted(joined.cases.groups["carrier"].names),
            "mebibytes": peak(),
            "seconds": time.process_time() - began,
        }
    )
)
