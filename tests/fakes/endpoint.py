"""An endpoint in memory: a Traffic and a Fleet, with either kind of fencing."""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from modeldelivery.release.core.action import Prepared, Timing
from modeldelivery.release.core.endpoint import Condition, Endpoint, Incarnation, Variant
from modeldelivery.release.core.journal import Parked
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.errors import BusyError, ConflictError, LostError, UnreachableError
from modeldelivery.release.runner import Runner
from modeldelivery.release.version import Version
from tests.fakes.journal import START, FakeJournal
from tests.fakes.time import FakeTime


@dataclass
class FakeEndpoint:
    """What a call asks for is observed after `looks` describes and `slow` seconds.

    Attributes:
        compares: a move with an older token is refused, and each leaves its operation's id (compare-and-swap). Else neither,
            and deadlines do the work.
        tag, owned: what it says of a move without the journal, and of its journal's place.
        aimed: what it will be when the platform is through.
        faults: what happens to the next calls: "busy", "lost" (taken all the same), "unsent", "reverted", "refused" for good,
            or a function that runs first, and may raise.
        stale: seconds for which a describe shows what was, after a call was accepted.
        ignores: calls are taken and nothing comes of them.
        unreachable: what every describe raises.
        calls: what was asked of it and changes something.
        scaling: of versions that something scales.
        resizes: versions whose changed number of instances no change of the fleet brings.
        entered: versions new to a living endpoint, with their weights.
    """

    time: FakeTime
    endpoint: Endpoint | None = None
    compares: bool = False
    looks: int = 1
    slow: float = 0.0
    stale: float = 0.0
    tag: str | None = None
    owned: str | None = None
    aimed: Endpoint | None = None
    lives: int = 0
    faults: deque[str | Callable[[], object]] = field(default_factory=deque)
    ignores: bool = False
    unreachable: Exception | None = None
    calls: list[tuple[object, ...]] = field(default_factory=list)
    scaling: dict[Version, Parked] = field(default_factory=dict)
    resizes: dict[Version, int] = field(default_factory=dict)
    prepared: dict[str, tuple[tuple[Version, ...], dict[Version, int]]] = field(default_factory=dict)
    entered: list[tuple[Version, int]] = field(default_factory=list)
    _before: Endpoint | None = None
    _stale_until: float = 0.0
    _left: int = 0
    _until: float = 0.0
    _written: int = 1

    @property
    def timing(self) -> Timing:
        return Timing()

    def describe(self) -> Endpoint | None:
        if self.unreachable:
            raise self.unreachable
        if self.aimed and self._left <= 0 and self.time.seconds >= self._until:
            self.endpoint, self.aimed = self.aimed, None
        self._left -= 1
        if self.time.seconds < self._stale_until:
            return self._before
        if self.endpoint is None or not self.compares:
            return self.endpoint
        return msgspec.structs.replace(self.endpoint, token=str(self._written))

    def move(
        self,
        weights: Weights,
        *,
        token: str = "",
        operation: str = "",
        instances: Mapping[Version, int] | None = None,
    ) -> str:
        assert self.endpoint is not None
        assert weights.keys() == self.endpoint.variants.keys()
        self._refuse_older(token)
        variants = {
            v: msgspec.structs.replace(
                variant,
                current=weights[v],
                desired=weights[v],
                instances=(instances or {}).get(v, variant.instances),
                instances_desired=(instances or {}).get(v, variant.instances_desired),
            )
            for v, variant in self.endpoint.variants.items()
        }
        after = self._sealed(msgspec.structs.replace(self.endpoint, variants=variants), operation)
        return self._call("move", dict(weights), after)

    def scale(self, version: Version, instances: int, weights: Mapping[Version, float]) -> str:
        assert self.endpoint is not None
        assert weights == self.endpoint.current, "a call for instances would move traffic"
        scaled = msgspec.structs.replace(
            self.endpoint.variants[version], instances=instances, instances_desired=instances
        )
        after = msgspec.structs.replace(self.endpoint, variants={**self.endpoint.variants, version: scaled})
        return self._call("scale", {version: instances}, after)

    def marked(self) -> str | None:
        return self.tag

    def owner(self) -> str | None:
        return self.owned

    def mark(self, text: str) -> None:
        self.calls.append(("mark", text))
        self.tag = text

    def unmark(self) -> None:
        self.calls.append(("unmark",))
        self.tag = None

    def name(self, fleet: Sequence[Version]) -> str:
        return "+".join(sorted(fleet))

    def prepare(self, config: str, fleet: Sequence[Version], weights: Weights) -> Prepared:
        self.prepared[config] = (tuple(fleet), dict(weights))
        parks = {v: scaling for v, scaling in self.scaling.items() if v not in fleet}
        return Prepared(parks=parks, resizes=self.resizes)

    def park(self, versions: Collection[Version]) -> None:
        for version in versions:
            self.scaling.pop(version, None)

    def put_back(self, parked: Mapping[Version, Parked]) -> None:
        self.scaling |= parked

    def change(self, config: str, *, token: str = "", operation: str = "") -> str:
        fleet, weights = self.prepared[config]
        before = self.endpoint.variants if self.endpoint else {}
        lost = [v for v, variant in before.items() if v not in fleet and (variant.current or variant.desired)]
        assert not lost, f"{lost} would be dropped with traffic"
        assert not [v for v in self.scaling if v in before and v not in fleet], (
            "a scaled version cannot be dropped"
        )
        if self.endpoint is not None:
            self._refuse_older(token)
        entering = [(v, weights[v]) for v in fleet if self.endpoint and v not in before]
        after = Endpoint(
            incarnation=self.endpoint.incarnation if self.endpoint else self._next_life(),
            condition=Condition.READY,
            word="InService",
            config=config,
            variants={v: before.get(v) or serving(weights[v]) for v in fleet},
        )
        kind = "create" if self.endpoint is None else "fleet"
        receipt = self._call(kind, dict(weights), self._sealed(after, operation))
        self.entered += entering
        return receipt

    def _next_life(self) -> Incarnation:
        self.lives += 1
        return Incarnation("arn:endpoint", START + self.lives)

    def _refuse_older(self, token: str) -> None:
        if self.compares and token != str(self._written):
            raise ConflictError("the endpoint is no longer what was read")

    def _sealed(self, endpoint: Endpoint, operation: str) -> Endpoint:
        return msgspec.structs.replace(endpoint, seal=operation) if self.compares else endpoint

    def _call(self, kind: str, desired: Mapping[Version, int], after: Endpoint) -> str:
        fault = self.faults.popleft() if self.faults else ""
        if callable(fault):
            fault()
        if fault == "busy" or self.aimed or (self.endpoint and self.endpoint.busy):
            raise BusyError("the endpoint is changing")
        if fault == "unsent":
            raise LostError(kind)
        if fault == "refused":
            raise UnreachableError(f"{kind}: the account-level service limit is 2 instances")
        self._before, self._stale_until = self.endpoint, self.time.seconds + self.stale
        self.calls.append((kind, desired))
        self._written += after != self.endpoint  # a write that changes nothing keeps its version
        if not self.ignores:
            aimed = self.endpoint if fault == "reverted" and self.endpoint else after
            base = self.endpoint or msgspec.structs.replace(after, variants={})
            self.endpoint = _changing(base, after, desired if kind == "move" else {})
            self.aimed, self._left, self._until = aimed, self.looks, self.time.seconds + self.slow
        if fault == "lost":
            raise LostError(kind)
        return f"receipt-{len(self.calls)}"


def _changing(before: Endpoint, after: Endpoint, desired: Mapping[Version, int]) -> Endpoint:
    """While the platform is at work: Desired is as asked, Current as before; a seal is there at once."""
    variants = {
        v: msgspec.structs.replace(variant, desired=desired.get(v, variant.desired))
        for v, variant in before.variants.items()
    }
    return msgspec.structs.replace(
        before, condition=Condition.BUSY, word="Updating", variants=variants, seal=after.seal
    )


def serving(weight: float, instances: int = 1) -> Variant:
    return Variant(current=weight, desired=weight, instances=instances, instances_desired=instances)


def an_endpoint(weights: Mapping[Version, float], config: str = "config", **changes: object) -> Endpoint:
    """One at rest, in its first life, with a running instance of each version."""
    endpoint = Endpoint(
        incarnation=Incarnation("arn:endpoint", START),
        condition=Condition.READY,
        word="InService",
        config=config,
        variants={v: serving(w) for v, w in weights.items()},
    )
    return msgspec.structs.replace(endpoint, **changes)


def a_runner(
    store: FakeJournal, host: FakeEndpoint, time: FakeTime, patience: float = 300.0, operation: str = ""
) -> Runner:
    return Runner(
        store=store,
        traffic=host,
        fleet=host,
        clock=time,
        progress=time,
        patience=patience,
        operation=operation,
    )
