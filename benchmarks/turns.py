"""Two measures in turns."""

import statistics
from collections.abc import Callable


def interleaved(
    ours: Callable[[], float], plain: Callable[[], float], pairs: int
) -> tuple[float, float, float]:
    """Medians of both over `pairs` turns, one after the other so that a busy machine slows both, and of their ratio."""
    turns = [(plain(), ours()) for _ in range(pairs)]
    return (
        statistics.median(own for _, own in turns),
        statistics.median(other for other, _ in turns),
        statistics.median(own / other for other, own in turns),
    )
