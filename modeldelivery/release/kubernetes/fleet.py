"""The fleet behind an HTTPRoute, changed: versions are Deployments that others deliver, and a route has them or not."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from modeldelivery.release.core.action import Prepared
from modeldelivery.release.core.journal import Parked
from modeldelivery.release.core.request import Delivery, Entrance, RouteMember, refuse_shared
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.errors import BrokenError, BusyError, DeliveryError, RefusedError
from modeldelivery.release.kubernetes import pods
from modeldelivery.release.kubernetes.delivered import REFRESH, Application, application_path, other_entrance
from modeldelivery.release.kubernetes.objects import DIGEST, Deployment, deployments_in, names_in, read
from modeldelivery.release.kubernetes.route import API, rules
from modeldelivery.release.kubernetes.route_state import OWNER, Backend, Before, State, annotations
from modeldelivery.release.kubernetes.traffic import KubernetesTraffic
from modeldelivery.release.naming import member_name
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
        delivery: by whom everything but rules is delivered from Git; None where the route is written whole.
        looks_since: when Argo CD was asked to look, by the API server's clock; None before.
        prepared: weights and versions of each content that was prepared.
    """

    traffic: KubernetesTraffic
    members: Mapping[Version, RouteMember]
    entrance: Entrance
    owner: str
    current: Mapping[Version, RouteMember] = {}
    labels: Mapping[str, str] = {}
    delivery: Delivery | None = None
    looks_since: float | None = None
    prepared: dict[str, tuple[tuple[Version, ...], dict[Version, int]]] = {}

    def name(self, fleet: Sequence[Version]) -> str:
        """Name of the content: the same versions, bits and entrance, the same name; weights are not content."""
        content = [[self._member(v) for v in sorted(fleet)], self.entrance]
        text = json.dumps(msgspec.to_builtins(content), sort_keys=True)
        return f"{self.traffic.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def prepare(self, config: str, fleet: Sequence[Version], weights: Weights) -> Prepared:
        """Look whether every version runs, whole and with its bits; whoever delivers Deployments may still be at it.

        Raises:
            BusyError: not yet.
            BrokenError: one makes no progress any more.
            RefusedError: one has no pods by its own word, or does not say which bits they serve.
            BadRequestError: one is served by what serves another.
        """
        refuse_shared({version: self._member(version).name for version in sorted(fleet)})
        server, namespace = self.traffic.server, self.traffic.namespace
        deployments = deployments_in(server.get(namespace.deployments()).body)
        services = names_in(server.get(namespace.services()).body)
        if lacking := self._lacking_entrance():
            raise BusyError(f"{lacking}{self._deliverers_word()}")
        for version in sorted(fleet):
            member = self._member(version)
            if lacking := _lacking(member, deployments.get(member.name), services, namespace.name):
                raise BusyError(f"{lacking}{self._deliverers_word() if self._is_own(member) else ''}")
            if waits := _waits(member, deployments[member.name]):
                raise BusyError(f"{waits}{self._pods_word(deployments[member.name])}")
        self.prepared[config] = tuple(fleet), dict(weights)
        return Prepared()  # an autoscaler follows its Deployment, and hinders nothing

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
        state = route.next_state(config, backends, kept).with_entrance(self.entrance)
        body = {
            "metadata": {"resourceVersion": token, **self._metadata(state, operation)},
            "spec": self._spec() | {"rules": rules(backends, kept)},
        }
        return self.traffic.write(lambda path: self.traffic.server.patch(path, body))

    def _create(
        self, config: str, backends: Mapping[Version, Backend], weights: Mapping[Version, int], operation: str
    ) -> str:
        state = State(
            config=config,
            weights=dict(weights),
            backends=dict(backends),
            before=Before(),
        ).with_entrance(self.entrance)
        metadata, spec = self._metadata(state, operation), self._spec() | {"rules": rules(backends, weights)}
        if bare := self.traffic.bare:
            written = {"metadata": {"resourceVersion": bare.version, **metadata}, "spec": spec}
            return self.traffic.write(lambda path: self.traffic.server.patch(path, written))
        if self.delivery:
            raise BusyError(f"{self.traffic.where} is not there any more")
        body = {
            "apiVersion": API,
            "kind": "HTTPRoute",
            "metadata": {"name": self.traffic.name, **metadata},
            "spec": {key: value for key, value in spec.items() if value is not None},
        }
        routes = self.traffic.namespace.routes()
        return self.traffic.write(lambda _: self.traffic.server.create(routes, body))

    def _metadata(self, state: State, operation: str) -> dict[str, Any]:
        """What one write leaves beside the rules: labels and the journal's place are Git's where Git delivers the route."""
        own = annotations(state, operation)
        return (
            {"annotations": own}
            if self.delivery
            else {"labels": dict(self.labels), "annotations": own | {OWNER: self.owner}}
        )

    def _spec(self) -> dict[str, Any]:
        """How requests come to the route, likewise."""
        if self.delivery:
            return {}
        gateway = {"name": self.entrance.gateway, "namespace": self.entrance.gateway_namespace}
        hostnames = [self.entrance.hostname] if self.entrance.hostname else None
        return {
            "parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", **gateway}],
            "hostnames": hostnames,
        }

    def _lacking_entrance(self) -> str | None:
        """What of a delivered route is not as config has it."""
        if self.delivery is None:
            return None
        traffic = self.traffic
        route = traffic.server.find(traffic.namespace.route(traffic.name))
        if route is None:
            return f"{traffic.where} is not there yet"
        other = other_entrance(route.body, self.entrance)
        return f"{traffic.where} still takes requests from {other}" if other else None

    def _deliverers_word(self) -> str:
        """Why Argo CD has not delivered it yet, after a semicolon; it is asked to look, once. "" where it does not deliver."""
        if self.delivery is None:
            return ""
        server, where = (
            self.traffic.server,
            application_path(self.delivery.namespace, self.delivery.application),
        )
        name = f"Application {self.delivery.namespace}/{self.delivery.application}"
        try:
            if self.looks_since is None:
                response = server.patch(where, {"metadata": {"annotations": {REFRESH: "normal"}}})
                self.looks_since = response.date
            else:
                response = server.get(where)
            application = read(response.body, Application)
        except DeliveryError as error:
            return f"; {name} cannot be read ({error})"
        silent = response.date - self.looks_since if application.is_to_look else 0.0
        return f"; {name}: {application.held_by(self.delivery.path, silent)}"

    def _pods_word(self, deployment: Deployment) -> str:
        """Why its pods are not ready, likewise; "" where nobody tells."""
        server, namespace = self.traffic.server, self.traffic.namespace
        if deployment.refused:
            return f"; {deployment.refused}"
        try:
            why = pods.held(server.get(namespace.pods(deployment.spec.selector.match_labels)).body)
        except DeliveryError as error:
            return f"; its pods cannot be read ({error})"
        return f"; {why}" if why else ""

    def _is_own(self, member: RouteMember) -> bool:
        """Whether it is called as this project calls what it makes, and not as another team does."""
        return member.name == member_name(self.traffic.name, member.version)

    def _member(self, version: Version) -> RouteMember:
        return self.members.get(version) or self.current[version]


def _lacking(
    member: RouteMember, deployment: Deployment | None, services: Collection[str], namespace: str
) -> str | None:
    """What whoever delivers the version has not delivered yet. Raises RefusedError for what does not say which bits it serves."""
    what = _named(member)
    if deployment is None:
        return f"{what} is not there yet"
    if member.digest and not deployment.digest:
        raise RefusedError(
            f"{what} does not say which bits its pods serve",
            hint=f"give its pods (spec.template.metadata.annotations) `{DIGEST}: {member.digest}`, then `pulumi up` again",
        )
    if member.digest and deployment.digest != member.digest:
        return f"{what} serves {deployment.digest}, not {member.digest}"
    if member.name not in services:
        return f"{member.version}: there is no service {member.name} in {namespace} yet"
    return None


def _waits(member: RouteMember, deployment: Deployment) -> str | None:
    """What is missing until a delivered version runs whole. Raises RefusedError, BrokenError as `KubernetesFleet.prepare` says."""
    what = _named(member)
    if deployment.spec.replicas < 1:
        raise RefusedError(f"{what} has no pods (replicas: 0)", hint="scale it, then `pulumi up` again")
    if deployment.stuck:
        raise BrokenError(
            f"{what} makes no progress ({deployment.stuck})",
            hint=f"`kubectl describe deployment {member.name}` says more",
        )
    return f"{what}: {deployment.waits_for}" if deployment.waits_for else None


def _named(member: RouteMember) -> str:
    return f"{member.version}: deployment {member.name}"
