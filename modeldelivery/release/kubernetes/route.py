"""An HTTPRoute of the Gateway API as an endpoint: what it says, what its gateway has made of it, and what is written to it.

The route is ours whole. A gateway says that it has taken a route before its data plane answers by it, so what is requested counts
as current only a while after that; until then it is what the route keeps as in force before (route_state.py). When the gateway said
so is the API server's own record of who wrote status, which is there for every process and outlives them all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from modeldelivery.release import formats
from modeldelivery.release.core import weights as shares
from modeldelivery.release.core.action import CLOCK_STEP
from modeldelivery.release.core.endpoint import Condition, Endpoint, Incarnation, Variant
from modeldelivery.release.core.request import Entrance
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.kubernetes.entrance import entrance_of, is_same, words
from modeldelivery.release.kubernetes.http_route import HttpRoute, Managed, Parent, Ref
from modeldelivery.release.kubernetes.route_state import MARK, OPERATION, OWNER, STATE, Backend, Before, State
from modeldelivery.release.kubernetes.server import MANAGER
from modeldelivery.release.version import Version

API = "gateway.networking.k8s.io/v1"
GIVEN_BACK = "`pulumi up` gives it back the gateway and the hostname of config"
_JUDGED = ("Accepted", "ResolvedRefs")  # a gateway's conditions of a route


class Instances(msgspec.Struct, frozen=True):
    """Pods of one version: that answer, and that are requested."""

    ready: int
    requested: int


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A route of this project's.

    Attributes:
        now: when it was read, by the API server's clock in whole seconds since the epoch.
        unchanged: seconds for which this process has read it as it is, status included.
    """

    where: str
    object: HttpRoute
    state: State
    now: float
    unchanged: float = 0.0

    @property
    def version(self) -> str:
        """The object's resourceVersion."""
        return self.object.metadata.resource_version

    @property
    def mark(self) -> str | None:
        return self.object.metadata.annotations.get(MARK)

    @property
    def owner(self) -> str | None:
        return self.object.metadata.annotations.get(OWNER)

    @property
    def strangers(self) -> list[str]:
        """Backends that are no version's: somebody else wrote rules."""
        names = {backend.name for backend in self.state.backends.values()}
        return [ref.name for ref in self._refs if ref.name not in names]

    @property
    def weights(self) -> dict[Version, int]:
        """As the rules request them, of the versions that the route knows."""
        requested = {ref.name: ref.weight for ref in self._refs}
        return {version: requested.get(each.name, 0) for version, each in self.state.backends.items()}

    @property
    def settling(self) -> bool:
        """Whether the gateway may still answer as before: one that was away takes what was written long ago only now."""
        return any(self._unobserved) or self._settled_for < self.state.settle

    @property
    def _settled_for(self) -> float:
        """Seconds for which the gateway has had the route, at least: both clocks that everybody reads show whole seconds."""
        return max(self.now - max(self._written, self._taken) - CLOCK_STEP, self.unchanged)

    @property
    def failure(self) -> str | None:
        """Why no gateway does what the rules say; None where it does, or has not looked yet."""
        if not self.object.spec.parent_refs:
            return f"{self.where} names no gateway (parentRefs), so none answers by it"
        if self.strangers:
            return (
                f"the rules of {self.where} have backends that are no version's: {', '.join(self.strangers)}"
            )
        for gateway, parent in self._parents:
            for condition in parent.conditions if parent else []:
                if condition.type in _JUDGED and condition.status != "True":
                    return f"gateway {gateway}: {condition.type} is {condition.status} ({condition.reason}: {condition.message})"
        return None

    @property
    def entrance(self) -> Entrance:
        """How requests come to it, as config would state it."""
        spec = self.object.spec
        return entrance_of(spec.parent_refs, spec.hostnames, self.state.settle)

    @property
    def misdirection(self) -> str | None:
        """How requests come to it otherwise than it was written: somebody else led them elsewhere; None where they do not."""
        state = self.state
        written = Entrance(
            gateway=state.gateway, gateway_namespace=state.gateway_namespace, hostname=state.hostname
        )
        if not state.gateway or is_same(self.entrance, written):
            return None
        return f"{self.where} takes requests from {words(self.entrance)}, and was written to take them from {words(written)}"

    def endpoint(self, instances: Mapping[str, Instances]) -> Endpoint:
        """As the core reads it; `instances` by the name of the Deployment."""
        settling = self.settling
        done = not settling and self.failure is None
        endpoint = self._endpoint(instances, settling=settling, done=done)
        if done or not self._is_ours:
            return endpoint
        # Rules that were in force once stay so, whatever a gateway says of them since: none goes back to what was before.
        in_force = self._endpoint(instances, settling=False, done=True)
        return msgspec.structs.replace(endpoint, in_force=in_force)

    def _endpoint(self, instances: Mapping[str, Instances], *, settling: bool, done: bool) -> Endpoint:
        """Settling or not, and with what the rules ask for in force (`done`) or what was before."""
        requested = self.weights
        before = self._before
        current = requested if done or self.strangers else before.weights
        # Rules that somebody else wrote are never what was requested: the next move writes them anew.
        desired = requested if not self.strangers else {}
        moves = not shares.same(before.weights, requested)
        creating = before.config == "" and settling
        settles = settling and (moves or before.config != self.state.config)
        misdirection, remedy = self.misdirection, ""
        condition, word = Condition.READY, "Accepted"
        if settles:
            condition, word = Condition.SETTLING, "Settling"
        elif misdirection:
            condition, word, remedy = Condition.IMPAIRED, "Misdirected", GIVEN_BACK
        if creating or self.object.metadata.deletion_timestamp:
            condition, word = Condition.BUSY, "Creating" if creating else "Deleting"
        return Endpoint(
            incarnation=Incarnation(
                self.object.metadata.uid, self.object.metadata.creation_timestamp.timestamp()
            ),
            condition=condition,
            word=word,
            config=self.state.config if done or self.strangers else before.config,
            variants={
                version: _variant(
                    current.get(version, 0), desired.get(version, 0), instances.get(backend.name)
                )
                for version, backend in self.state.backends.items()
            },
            remedy=remedy,
            failure=misdirection or self.failure,
            token=self.version,
            seal=self.object.metadata.annotations.get(OPERATION),
            modified=max(self._written, self._taken),
            settles=self.state.settle - self._settled_for if settles and not any(self._unobserved) else None,
        )

    def next_state(
        self, config: str, backends: Mapping[Version, Backend], weights: Mapping[Version, int]
    ) -> State:
        """What to keep beside rules with these weights: the gateway may go on for a while as the rules are now.

        Where they are the same already, what it may still do is what it could do before.
        """
        stands = shares.same(weights, self.weights) and config == self.state.config and not self.strangers
        before = (
            self._before
            if stands and (self.settling or self.failure)
            else Before(config=self._content, weights=self.weights)
        )
        return msgspec.structs.replace(
            self.state, config=config, weights=dict(weights), backends=dict(backends), before=before
        )

    @property
    def _before(self) -> Before:
        """What may still be in force; where somebody else wrote rules since, what this project had written."""
        if shares.same(self.weights, self.state.weights):
            return self.state.before
        return Before(config=self.state.config, weights=self.state.weights)

    @property
    def _content(self) -> str:
        """Name of what is there: how requests come to it is part of that."""
        return f"{self.state.config} elsewhere" if self.misdirection else self.state.config

    @property
    def _refs(self) -> list[Ref]:
        return [ref for rule in self.object.spec.rules for ref in rule.backend_refs]

    @property
    def _parents(self) -> list[tuple[str, Parent | None]]:
        """Each gateway that the route names, with what it says; None where it says nothing."""
        parents = {each.parent_ref: each for each in self.object.status.parents}
        return [(ref.name, parents.get(ref)) for ref in self.object.spec.parent_refs]

    @property
    def _unobserved(self) -> list[str]:
        """Gateways that have not looked at what is written."""
        newest = self.object.metadata.generation
        return [gateway for gateway, parent in self._parents if _observed(parent) < newest]

    @property
    def _written(self) -> float:
        """When the rules, or who wrote them, last changed."""
        return self._changed(self._rules_managers, self.object.metadata.creation_timestamp.timestamp())

    @property
    def _taken(self) -> float:
        """When a gateway last said something new of the route; 0 where none ever did."""
        managers = self.object.metadata.managed_fields
        return self._changed([each for each in managers if each.has("status", "parents")], 0.0)

    @property
    def _is_ours(self) -> bool:
        """Whether nobody else has written rules since this project did."""
        return [each.manager for each in self._rules_managers] == [MANAGER]

    @property
    def _rules_managers(self) -> list[Managed]:
        managers = self.object.metadata.managed_fields
        return [each for each in managers if not each.subresource and each.has("spec", "rules")]

    def _changed(self, managers: Sequence[Managed], otherwise: float) -> float:
        """When one of them last changed a field of its own, by the API server's clock."""
        return max((each.time.timestamp() for each in managers if each.time), default=otherwise)


def read_route(where: str, body: Any, now: float) -> Route:
    """A route as the API server gives it. Raises UnreachableError for one that is not this project's."""
    try:
        parsed = msgspec.convert(body, HttpRoute)
        text = parsed.metadata.annotations.get(STATE)
        if text is None:
            raise UnreachableError(
                f"{where} was not made by this project, which will not touch it",
                hint="give config another namespace, or delete it",
            )
        return Route(
            where=where,
            object=parsed,
            state=formats.decode(text.encode(), State, f"the annotation {STATE} of {where}"),
            now=now,
        )
    except msgspec.DecodeError as error:
        raise UnreachableError(
            f"{where} cannot be understood ({error})",
            hint=f"somebody edited it by hand: `kubectl get -o yaml {where}`",
        ) from error


def rules(backends: Mapping[Version, Backend], weights: Mapping[Version, int]) -> list[dict[str, Any]]:
    """The rules, whole: every request goes to one of the backends by weight."""
    refs: Sequence[dict[str, Any]] = [
        {
            "group": "",
            "kind": "Service",
            "name": each.name,
            "port": each.port,
            "weight": weights.get(version, 0),
        }
        for version, each in sorted(backends.items())
    ]
    return [{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": refs}]


def _variant(current: float, desired: float, instances: Instances | None) -> Variant:
    pods = instances or Instances(0, 1)  # a Deployment that is gone runs on none of the pods that it needs
    return Variant(
        current=float(current),
        desired=float(desired),
        instances=pods.ready,
        instances_desired=pods.requested,
    )


def _observed(parent: Parent | None) -> int:
    """The generation that a gateway has looked at; -1 where it says nothing."""
    looked = (
        [each.observed_generation for each in parent.conditions if each.type in _JUDGED] if parent else []
    )
    return min(looked, default=-1)
