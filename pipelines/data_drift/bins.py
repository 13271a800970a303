"""Bins of a column, learned once, and the population stability index between two samples counted in them.

Twenty bins of equal mass and one for what is missing: bins of equal width hide a shift behind one outlier.
Source: Siddiqi, Credit Risk Scorecards, 2006, chapter 6, for the index.

No pandas here: what judges a window starts with numpy alone.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

import msgspec
import numpy as np

MASS_BINS = 20
MOST_CATEGORIES = 50  # of the most frequent; the rest is one
FLOOR = 1e-4  # the least share of a bin: an empty one makes no index infinite

Counts: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]
Numbers: TypeAlias = Sequence[float | None] | np.ndarray[tuple[int], np.dtype[np.floating]]
Names: TypeAlias = Sequence[str | None]


class NumberBins(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="number", tag_field="type"
):
    """Bins of a number: bin i holds edges[i-1] <= value < edges[i]; the last bin is for missing values.

    Attributes:
        edges: ascending; the first is the least value of the sample that they were learned from, the last one the next
            number after the largest. So the bins at both ends hold what that sample does not have.
        counts: of that sample, one more than edges and one for missing.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def codes(self, values: Numbers) -> Counts:
        """The bin of each value; NaN and None are missing."""
        numbers = np.asarray(values, dtype=np.float64)
        places = np.searchsorted(np.asarray(self.edges), numbers, side="right")
        return np.where(np.isnan(numbers), len(self.edges) + 1, places)


class CategoryBins(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="category", tag_field="type"
):
    """Bins of a name: one for each known name, one for all others, one for missing.

    Attributes:
        names: the most frequent of the sample that they were learned from, the most frequent first.
        counts: of that sample, two more than names.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]

    def codes(self, values: Names) -> Counts:
        """The bin of each name; None is missing."""
        places: dict[str | None, int] = {name: place for place, name in enumerate(self.names)}
        others = len(self.names)
        places[None] = others + 1
        return np.array([places.get(value, others) for value in values], dtype=np.int64)


Bins: TypeAlias = NumberBins | CategoryBins


def bins_of_numbers(values: Numbers) -> NumberBins:
    """Learn bins of about equal mass; a value that is a twentieth of the sample or more has an edge of its own."""
    numbers = np.asarray(values, dtype=np.float64)
    present = numbers[~np.isnan(numbers)]
    edges: tuple[float, ...] = ()
    if present.size:
        steps = np.linspace(0, 1, MASS_BINS + 1)[1:-1]
        quantiles = np.unique(np.quantile(present, steps, method="inverted_cdf"))
        least, most = present.min(), present.max()
        inner = quantiles[quantiles > least]
        edges = tuple(float(each) for each in (least, *inner, np.nextafter(most, np.inf)))
    empty = NumberBins(edges=edges, counts=())
    return msgspec.structs.replace(empty, counts=_plain(count(empty, empty.codes(numbers))))


def bins_of_names(values: Names) -> CategoryBins:
    """Learn a bin for each of the most frequent names; of two as frequent, the one earlier in the alphabet."""
    counted = Counter(value for value in values if value is not None)
    frequent = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    empty = CategoryBins(names=tuple(name for name, _ in frequent[:MOST_CATEGORIES]), counts=())
    return msgspec.structs.replace(empty, counts=_plain(count(empty, empty.codes(values))))


def size(bins: Bins) -> int:
    """How many bins there are, those of others and of missing values included."""
    return len(bins.edges if isinstance(bins, NumberBins) else bins.names) + 2


def count(bins: Bins, codes: Counts) -> Counts:
    """How many of a sample are in each bin."""
    return np.bincount(codes, minlength=size(bins))


def outside(bins: Bins) -> tuple[int, ...]:
    """The bins of values that the sample does not have from which they were learned, or has in its rarest names alone."""
    if isinstance(bins, CategoryBins):
        return (len(bins.names),)
    return (0, len(bins.edges)) if bins.edges else (0,)


def stability_index(reference: Counts, sample: Counts) -> float:
    """The population stability index, 0 or more: about 0.1 is a shift that can be seen, 0.25 a large one.

    Raises:
        ValueError: a sample is empty.
    """
    if not reference.sum() or not sample.sum():
        raise ValueError("an empty sample has no distribution")
    before = np.maximum(reference / reference.sum(), FLOOR)
    after = np.maximum(sample / sample.sum(), FLOOR)
    return float(((after - before) * np.log(after / before)).sum())


def _plain(counts: Counts) -> tuple[int, ...]:
    return tuple(int(each) for each in counts)
