"""What a request costs with the challenger, as a ratio to the champion.

Milliseconds depend on the machine and on who else uses it. A ratio of both models in one process, request after request in
turn, does not; its median over the pairs does not depend on single pauses either.
"""

import statistics
from collections.abc import Callable, Sequence

import msgspec
import pandas as pd

from pipelines.gates.predict import batches
from pipelines.gates.report import Latency
from pipelines.server.model import Model, run

ROWS = (1, 100)  # of a request
PAIRS = 101
_WARM = 5  # pairs before the first that counts
_TOLD_APART = 2e-4  # seconds: a hundred times what looking at the clock takes

Clock = Callable[[], float]
Request = Callable[[], object]


def compare(challenger: Model, champion: Model, examples: pd.DataFrame, clock: Clock) -> list[Latency]:
    """Both models on the same examples, for each size of a request that there are examples for.

    Args:
        challenger: answers each of the examples.
        champion: likewise.
        examples: in any order.
        clock: seconds; of the process's CPU, others on the machine do not matter.
    """
    return [
        measured(_request(challenger, examples[:rows]), _request(champion, examples[:rows]), rows, clock)
        for rows in ROWS
        if rows <= len(examples)
    ]


def measured(challenger: Request, champion: Request, rows: int, clock: Clock) -> Latency:
    """The median over interleaved pairs; who begins alternates."""
    ratios, ours, others = [], [], []
    for pair in range(-_WARM, PAIRS):
        if pair % 2:
            own, other = _seconds(challenger, clock), _seconds(champion, clock)
        else:
            other, own = _seconds(champion, clock), _seconds(challenger, clock)
        if pair >= 0:
            ratios.append(own / other)
            ours.append(own)
            others.append(other)
    return Latency(
        rows=rows,
        ratio=statistics.median(ratios),
        challenger=statistics.median(ours),
        champion=statistics.median(others),
    )


def _seconds(request: Request, clock: Clock) -> float:
    """Of one request, by as many as a clock can tell apart."""
    count = 1
    while True:
        started = clock()
        for _ in range(count):
            request()
        spent = clock() - started
        if spent > _TOLD_APART:
            return spent / count
        count *= 10


def _request(model: Model, examples: pd.DataFrame) -> Request:
    rows: Sequence[object] = [
        row for _, part in batches(examples, model.schema.names, len(examples)) for row in part
    ]
    body = msgspec.json.encode(rows)
    return lambda: run(model.session, model.rows.json(body).matrix)
