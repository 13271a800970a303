"""Whether one variant is slower than another beyond doubt: latencies of both, measured in turn, compared as ratios.

A quantile of a few hundred latencies is uncertain, the 99th percentile most of all: that of two like variants differs by chance
by more than half. So a ratio is judged by what it is at least: the lower bound of the one's quantile over the upper bound of
the other's, each an order statistic that is a bound with 99 % confidence whatever the distribution
(David and Nagaraja, Order Statistics, 7.1).
"""

import hashlib
from collections.abc import Sequence
from math import ceil, exp, lgamma, log

import msgspec

MEDIAN, P99 = 0.5, 0.99
CONFIDENCE = 0.99
FEWEST = 459  # latencies of which the greatest is an upper bound of the 99th percentile: 0.99 ** 459 < 0.01


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One quantile of both, in seconds.

    Attributes:
        quantile: 0.5 or 0.99.
        here: of the variant that is judged.
        there: of the one that it is compared with.
        ratio: of the two.
        at_least: what the ratio is at least, beyond doubt.
    """

    quantile: float
    here: float
    there: float
    ratio: float
    at_least: float


def compare(here: Sequence[float], there: Sequence[float]) -> tuple[Comparison, ...]:
    """Median and 99th percentile of two samples of seconds, each of `FEWEST` at least."""
    one, other = sorted(here), sorted(there)
    return tuple(_compared(one, other, quantile) for quantile in (MEDIAN, P99))


def _compared(one: Sequence[float], other: Sequence[float], quantile: float) -> Comparison:
    here, there = at(one, quantile), at(other, quantile)
    low = one[_lower(len(one), quantile) - 1]
    high = other[_upper(len(other), quantile) - 1]
    return Comparison(quantile=quantile, here=here, there=there, ratio=here / there, at_least=low / high)


def at(ordered: Sequence[float], quantile: float) -> float:
    """An empirical quantile of what is in order."""
    return ordered[ceil(quantile * len(ordered)) - 1]


def _lower(count: int, quantile: float) -> int:
    """The last place, from 1, whose order statistic is not above the quantile, with confidence; 1 where none is."""
    at_most = 0.0  # P(fewer than `place` are below the quantile)
    for place in range(1, count + 1):
        at_most += _probability(count, place - 1, quantile)
        if at_most > 1 - CONFIDENCE:
            return max(1, place - 1)
    return count


def _upper(count: int, quantile: float) -> int:
    """The first place, from 1, whose order statistic is not below the quantile, with confidence; the last where none is."""
    at_most = 0.0
    for place in range(1, count + 1):
        at_most += _probability(count, place - 1, quantile)
        if at_most >= CONFIDENCE:
            return place
    return count


def _probability(count: int, successes: int, chance: float) -> float:
    """Binomial."""
    choose = lgamma(count + 1) - lgamma(successes + 1) - lgamma(count - successes + 1)
    return exp(choose + successes * log(chance) + (count - successes) * log(1 - chance))


def first(seed: str, turn: int) -> bool:
    """Whether the judged variant is asked before the other in a turn: a coin, the same for the same seed."""
    return bool(hashlib.sha256(f"{seed}:{turn}".encode()).digest()[0] & 1)
