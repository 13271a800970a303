"""The endpoint of an environment, wherever its journal says that it serves.

Only the journal knows, and it is read first anyway: so an environment on SageMaker pays nothing for others being elsewhere.
"""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

import msgspec

from modeldelivery.release.core.action import Timing
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import ClusterPlace, Journal
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.ports import JournalStore, Scaling, Stored, Traffic
from modeldelivery.release.version import Version

if TYPE_CHECKING:
    from modeldelivery.release.kubernetes.traffic import KubernetesTraffic


class PlacedStore(msgspec.Struct):
    """A JournalStore that remembers where the environment serves; None for SageMaker."""

    store: JournalStore
    place: ClusterPlace | None = None

    def read(self) -> Stored:
        stored = self.store.read()
        self.place = stored.journal.place
        return stored

    def write(self, journal: Journal, etag: str | None) -> Stored:
        return self.store.write(journal, etag)


class PlacedTraffic:
    """A Traffic and a Scaling: SageMaker's, or a route's once a journal that was read says so."""

    def __init__(
        self,
        store: PlacedStore,
        sagemaker: Traffic,
        scaling: Scaling,
        opens: "Callable[[ClusterPlace], KubernetesTraffic]",
    ) -> None:
        self._store, self._sagemaker, self._sagemaker_scaling = store, sagemaker, scaling
        self._opens = opens
        self._route: KubernetesTraffic | None = None

    @property
    def timing(self) -> Timing:
        return self._traffic.timing

    def describe(self) -> Endpoint | None:
        return self._traffic.describe()

    def move(
        self, weights: Weights, *, token: str, operation: str, instances: Mapping[Version, int] | None = None
    ) -> str:
        return self._traffic.move(weights, token=token, operation=operation, instances=instances)

    def scale(self, version: Version, instances: int, weights: Mapping[Version, float]) -> str:
        return self._traffic.scale(version, instances, weights)

    def marked(self) -> str | None:
        return self._traffic.marked()

    def owner(self) -> str | None:
        return self._traffic.owner()

    def mark(self, text: str) -> None:
        self._traffic.mark(text)

    def unmark(self) -> None:
        self._traffic.unmark()

    def unscaled(self, versions: Collection[Version]) -> frozenset[Version]:
        route = self._opened
        if route is None:
            return self._sagemaker_scaling.unscaled(versions)
        # What only a cluster needs costs an environment on SageMaker nothing.
        from modeldelivery.release.kubernetes.traffic import KubernetesScaling  # noqa: PLC0415 - as above

        return KubernetesScaling(traffic=route).unscaled(versions)

    @property
    def _traffic(self) -> Traffic:
        return self._opened or self._sagemaker

    @property
    def _opened(self) -> "KubernetesTraffic | None":
        place = self._store.place
        if place is None:
            return None
        if self._route is None:
            self._route = self._opens(place)
        return self._route
