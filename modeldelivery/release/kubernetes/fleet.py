"""The fleet behind an HTTPRoute, changed: versions are Deployments that others deliver, and a route has them or not."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from modeldelivery.release.core.journal import Parked
from modeldelivery.release.core.request import Entrance, RouteMember
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.errors import BrokenError, BusyError, RefusedError
from modeldelivery.release.kubernetes.objects import DIGEST, Deployment, deployments_in, names_in
from modeldelivery.release.kubernetes.route import (
    API,
    OWNER,
    Backend,
    Before,
    State,
    annotations,
    rules,
)
from modeldelivery.release.kubernetes.traffic import KubernetesTraffic
from modeldelivery.release.version import Version


class KubernetesFleet(msgspec.Struct, kw_only=True):
    """A Fleet with compare-and-swap.

    Attributes:
        traffic: the route; a change is made by what it last described.
        members: what config wants each version to be served by.
        current: members of versions that config no longer names and that still are on the route.
        entrance: how requests come to it.
        owner: the journal's place, which the route names.
        labels: of the route.
        prepared: weights and versions of each content that was prepared.
    """

    traffic: KubernetesTraffic
    members: Mapping[Version, RouteMember]
    entrance: Entrance
    owner: str
    current: Mapping[Version, RouteMember] = {}
    labels: Mapping[str, str] = {}
    prepared: dict[str, tuple[tuple[Version, ...], dict[Version, int]]] = {}

    def name(self, fleet: Sequence[Version]) -> str:
        """Name of the content: the same versions, bits and entrance, the same name; weights are not content."""
        content = [[self._member(v) for v in sorted(fleet)], self.entrance]
        text = json.dumps(msgspec.to_builtins(content), sort_keys=True)
        return f"{self.traffic.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def prepare(self, config: str, fleet: Sequence[Version], weights: Weights) -> Mapping[Version, Parked]:
        """Look whether every version runs, whole and with its bits; whoever delivers Deployments may still be at it.

        Raises:
            BusyError: not yet.
            BrokenError: one makes no progress any more.
            RefusedError: one has no pods by its own word, or does not say which bits they serve.
        """
        server, namespace = self.traffic.server, self.traffic.namespace
        deployments = deployments_in(server.get(namespace.deployments()).body)
        services = names_in(server.get(namespace.services()).body)
        for version in sorted(fleet):
            member = self._member(version)
            _refuse_unready(member, deployments.get(member.name))
            if member.name not in services:
                raise BusyError(f"{version}: there is no service {member.name} in {namespace.name} yet")
        self.prepared[config] = tuple(fleet), dict(weights)
        return {}  # an autoscaler follows its Deployment, and hinders nothing

    def park(self, versions: Collection[Version]) -> None:
        """Nothing is taken away, as `prepare` says."""

    def put_back(self, parked: Mapping[Version, Parked]) -> None:
        """Nothing was taken away."""

    def change(self, config: str, *, token: str, operation: str) -> str:
        fleet, weights = self.prepared[config]
        backends = {v: Backend(name=self._member(v).name, port=self._member(v).port) for v in fleet}
        if not token:
            return self._create(config, backends, weights, operation)
        route = self.traffic.described()
        standing = route.weights
        kept = {v: standing.get(v, weights.get(v, 0)) for v in fleet}
        state = msgspec.structs.replace(
            route.next_state(config, backends, kept), settle=self.entrance.settle_seconds
        )
        body = {
            "metadata": {
                "resourceVersion": token,
                "labels": dict(self.labels),
                "annotations": annotations(state, operation) | {OWNER: self.owner},
            },
            "spec": self._spec() | {"hostnames": self._hostnames, "rules": rules(backends, kept)},
        }
        return self.traffic.write(lambda path: self.traffic.server.patch(path, body))

    def _create(
        self, config: str, backends: Mapping[Version, Backend], weights: Mapping[Version, int], operation: str
    ) -> str:
        state = State(
            config=config,
            weights=dict(weights),
            settle=self.entrance.settle_seconds,
            backends=dict(backends),
            before=Before(),
        )
        body = {
            "apiVersion": API,
            "kind": "HTTPRoute",
            "metadata": {
                "name": self.traffic.name,
                "labels": dict(self.labels),
                "annotations": annotations(state, operation) | {OWNER: self.owner},
            },
            "spec": self._spec()
            | ({"hostnames": self._hostnames} if self._hostnames else {})
            | {"rules": rules(backends, weights)},
        }
        routes = self.traffic.namespace.routes()
        return self.traffic.write(lambda _: self.traffic.server.create(routes, body))

    def _spec(self) -> dict[str, Any]:
        gateway = {"name": self.entrance.gateway, "namespace": self.entrance.gateway_namespace}
        return {"parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", **gateway}]}

    @property
    def _hostnames(self) -> list[str] | None:
        return [self.entrance.hostname] if self.entrance.hostname else None

    def _member(self, version: Version) -> RouteMember:
        return self.members.get(version) or self.current[version]


def _refuse_unready(member: RouteMember, deployment: Deployment | None) -> None:
    """Raises as `KubernetesFleet.prepare` says."""
    what = f"{member.version}: deployment {member.name}"
    if deployment is None:
        raise BusyError(f"{what} is not there yet")
    if member.digest and not deployment.digest:
        raise RefusedError(
            f"{what} does not say which bits its pods serve",
            hint=f"give its pods (spec.template.metadata.annotations) `{DIGEST}: {member.digest}`, then `pulumi up` again",
        )
    if member.digest and deployment.digest != member.digest:
        raise BusyError(f"{what} serves {deployment.digest}, not {member.digest}")
    if deployment.spec.replicas < 1:
        raise RefusedError(f"{what} has no pods (replicas: 0)", hint="scale it, then `pulumi up` again")
    if deployment.stuck:
        raise BrokenError(
            f"{what} makes no progress ({deployment.stuck})",
            hint=f"`kubectl describe deployment {member.name}` says more",
        )
    if deployment.waits_for:
        raise BusyError(f"{what}: {deployment.waits_for}")
