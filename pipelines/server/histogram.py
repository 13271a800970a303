"""A histogram that takes many values at once."""

from typing import Any

import numpy as np
import numpy.typing as npt
from prometheus_client import Histogram


class BulkHistogram(Histogram):
    """The library's, whose `observe` takes one value and walks over the buckets for it."""

    def observe_all(self, values: npt.NDArray[np.floating[Any]]) -> None:
        """Count each of some values; none is NaN.

        They are compared with the bounds in their own type: a float32 of 0.05 is not above the bound 0.05.
        """
        bounds = np.array(self._upper_bounds, dtype=values.dtype)
        counts = np.bincount(np.searchsorted(bounds, values))  # a bucket's bound belongs to it
        for place in np.flatnonzero(counts).tolist():
            self._buckets[place].inc(float(counts[place]))
        self._sum.inc(float(values.sum(dtype=np.float64)))
