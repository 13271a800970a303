"""What of a column can move: its values, how many are missing, how many lie outside what training had.

They are judged apart because they have different histories. The weather of one week of training differs from the others by an index
of 6, as far as an index goes nearly; but hardly a report of it was missing, and hardly a value beyond all others. Judged as one,
nothing could ever move such a column.
"""

from enum import StrEnum

import msgspec
import numpy as np

from pipelines.data_drift.bins import Bins, Counts, NumberBins, outside, stability_index


class Part(StrEnum):
    """Of a column."""

    VALUES = "values"  # those that are there, within the range of training; of names all
    MISSING = "missing"
    OUTSIDE = "outside"  # below or above all of training, or a name that training does not have


class Indices(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Population stability indices of one column, by part."""

    values: float
    missing: float
    outside: float

    def of(self, part: Part) -> float:
        """The index of a part."""
        index: float = getattr(self, part)
        return index


def split(bins: Bins, counts: Counts) -> dict[Part, Counts]:
    """Counts of each part: values by bin, present and missing, inside and outside."""
    present = counts[:-1]
    there, beyond = int(present.sum()), int(counts[list(outside(bins))].sum())
    return {
        Part.VALUES: present[1:-1] if isinstance(bins, NumberBins) else present,
        Part.MISSING: np.array([there, counts[-1]]),
        Part.OUTSIDE: np.array([there - beyond, beyond]),
    }


def index(reference: Counts, sample: Counts) -> float:
    """The population stability index of a part; 0 where either sample has nothing of it."""
    return stability_index(reference, sample) if reference.sum() and sample.sum() else 0.0


def most(reference: Counts) -> float:
    """The largest index of a sample that is all in one bin: in that of which the reference has least, and has some.

    Where all of the reference is in one bin (nothing was missing, nothing outside), in another one.
    """
    if not reference.sum():
        return 0.0
    held = np.flatnonzero(reference)
    if len(held) == 1:
        held = np.arange(len(reference))
    every = np.zeros_like(reference)
    every[held[np.argmin(reference[held])]] = 1
    return stability_index(reference, every)
