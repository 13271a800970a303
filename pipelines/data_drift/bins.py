"""Bins of a column, learned once, and the population stability index between two samples counted in them.

Twenty bins of equal mass and one for what is missing: bins of equal width hide a shift behind one outlier.
Source: Siddiqi, Credit Risk Scorecards, 2006, chapter 6, for the index.
"""

from typing import TypeAlias

import msgspec
import numpy as np
import pandas as pd

MASS_BINS = 20
MOST_CATEGORIES = 50  # of the most frequent; the rest is one
FLOOR = 1e-4  # the least share of a bin: an empty one makes no index infinite

Counts: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]


class NumberBins(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="number", tag_field="type"
):
    """Bins of a number: bin i holds edges[i-1] <= value < edges[i]; the last bin is for missing values.

    Attributes:
        edges: ascending.
        counts: of the sample that they were learned from, one more than edges and one for missing.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def codes(self, values: pd.Series) -> Counts:
        """The bin of each value."""
        numbers = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
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

    def codes(self, values: pd.Series) -> Counts:
        """The bin of each value."""
        places = {name: place for place, name in enumerate(self.names)}
        codes = values.map(places).fillna(len(self.names)).to_numpy(dtype=np.int64)
        return np.where(values.isna().to_numpy(), len(self.names) + 1, codes)


Bins: TypeAlias = NumberBins | CategoryBins


def bins_of_numbers(values: pd.Series) -> NumberBins:
    """Learn bins of about equal mass; a value that is a twentieth of the sample or more has an edge of its own."""
    numbers = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
    present = numbers[~np.isnan(numbers)]
    edges: tuple[float, ...] = ()
    if present.size:
        steps = np.linspace(0, 1, MASS_BINS + 1)[1:-1]
        quantiles = np.unique(np.quantile(present, steps, method="inverted_cdf"))
        edges = tuple(float(each) for each in quantiles[quantiles > present.min()])
    empty = NumberBins(edges=edges, counts=())
    return msgspec.structs.replace(empty, counts=_plain(count(empty, empty.codes(values))))


def bins_of_names(values: pd.Series) -> CategoryBins:
    """Learn a bin for each of the most frequent names; of two as frequent, the one earlier in the alphabet."""
    frequent = sorted(values.dropna().value_counts().items(), key=lambda each: (-each[1], str(each[0])))
    empty = CategoryBins(names=tuple(str(name) for name, _ in frequent[:MOST_CATEGORIES]), counts=())
    return msgspec.structs.replace(empty, counts=_plain(count(empty, empty.codes(values))))


def count(bins: Bins, codes: Counts) -> Counts:
    """How many of a sample are in each bin."""
    size = len(bins.edges) + 2 if isinstance(bins, NumberBins) else len(bins.names) + 2
    return np.bincount(codes, minlength=size)


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
