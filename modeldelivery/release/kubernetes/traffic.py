"""One HTTPRoute: described with the pods behind it, and its traffic moved by one write that an older one cannot follow.

Each write names the resourceVersion that was described, and leaves the operation's id: a write that changed nothing would keep
the version, and let an older one in (ADR 15).
"""

from collections.abc import Callable, Collection, Mapping

import msgspec

from modeldelivery.release.core.action import Timing
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.errors import ConflictError
from modeldelivery.release.kubernetes.delivered import BareRoute, bare_route
from modeldelivery.release.kubernetes.objects import Namespace, autoscalers_in, deployments_in
from modeldelivery.release.kubernetes.route import Route, read_route, rules
from modeldelivery.release.kubernetes.route_state import MARK, STATE, annotations
from modeldelivery.release.kubernetes.server import AnsweredError, Response, Server
from modeldelivery.release.naming import member_name
from modeldelivery.release.version import Version

# A call's time-outs are those of release.kubernetes.connection.FENCED. An autoscaler acts when it looks, not when it is asked.
TIMING = Timing(lease=6.0, call=2.5, tries=3, awaits=True)
MARKER = "modelctl-mark"  # field manager of the mark: its time is not that of the rules


class KubernetesTraffic(msgspec.Struct, kw_only=True):
    """A Traffic with compare-and-swap: its token is the route's resourceVersion. A call is taken at any time.

    Attributes:
        server: of the kind that the caller needs.
        namespace: where the route and what it leads to are.
        name: of the route.
        route: as last read or written; None before, and where there is none.
        bare: as last read, where it is delivered and leads nowhere yet: then there is no endpoint.
        first: the resourceVersion that was last read or written, and when it was first, by this process' monotonic clock.
    """

    server: Server
    namespace: Namespace
    name: str
    route: Route | None = None
    bare: BareRoute | None = None
    first: tuple[str, float] = ("", 0.0)

    @property
    def timing(self) -> Timing:
        return TIMING

    @property
    def where(self) -> str:
        return f"httproute/{self.name} -n {self.namespace.name}"

    def describe(self) -> Endpoint | None:
        response = self.server.find(self.namespace.route(self.name))
        self.bare = bare_route(response.body, STATE) if response else None
        self.route = self._read(response) if response and self.bare is None else None
        if self.route is None:
            return None
        pods = deployments_in(self.server.get(self.namespace.deployments()).body)
        return self.route.endpoint({name: each.instances for name, each in pods.items()})

    def move(
        self,
        weights: Weights,
        *,
        token: str,
        operation: str,
        instances: Mapping[Version, int] | None = None,  # noqa: ARG002 - pods are another object's, and no write of ours asks for them again
    ) -> str:
        route = self.described()
        state = route.next_state(route.state.config, route.state.backends, weights)
        body = {
            "metadata": {"resourceVersion": token, "annotations": annotations(state, operation)},
            "spec": {"rules": rules(state.backends, weights)},
        }
        return self.write(lambda path: self.server.patch(path, body))

    def scale(self, version: Version, instances: int, weights: Mapping[Version, float]) -> str:  # noqa: ARG002 - a Deployment has no weights
        """By its autoscaler's least, where it has one: its own number would be taken back within seconds."""
        name = self.described().state.backends[version].name
        scalers = autoscalers_in(self.server.get(self.namespace.autoscalers()).body)
        scaler = scalers.get(name)
        if scaler is None:
            self.server.patch(self.namespace.scale(name), {"spec": {"replicas": instances}})
        elif instances > scaler.spec.max_replicas:
            raise AnsweredError(
                f"{name} may have {scaler.spec.max_replicas} pods (maxReplicas of its autoscaler), not {instances}"
            )
        elif instances > scaler.spec.min_replicas:
            self.server.patch(
                self.namespace.autoscaler(scaler.metadata.name), {"spec": {"minReplicas": instances}}
            )
        return ""

    def marked(self) -> str | None:
        """As last read: a mark that came later has changed the resourceVersion, so no call by what was read is taken."""
        return self.route.mark if self.route else None

    def owner(self) -> str | None:
        """The journal that the route names."""
        if self.bare is not None:
            return self.bare.journal
        return self.route.owner if self.route else None

    def mark(self, text: str) -> None:
        self._annotate(text)

    def unmark(self) -> None:
        self._annotate(None)

    def described(self) -> Route:
        """The route as last read. Raises ConflictError where there was none."""
        if self.route is None:
            raise ConflictError(f"{self.where}: someone else deleted it; reading it again")
        return self.route

    def write(self, send: Callable[[str], Response]) -> str:
        """One write of the route; no receipt: the API server's audit log knows it by the operation in its annotation."""
        self.route = self._read(send(self.namespace.route(self.name)))
        return ""

    def _annotate(self, text: str | None) -> None:
        body = {"metadata": {"annotations": {MARK: text}}}
        self.write(lambda path: self.server.patch(path, body, manager=MARKER))

    def _read(self, response: Response) -> Route:
        route = read_route(self.where, response.body, response.date)
        if self.first[0] != route.version:
            self.first = (route.version, response.at)
        return msgspec.structs.replace(route, unchanged=response.at - self.first[1])


class KubernetesScaling(msgspec.Struct, frozen=True, kw_only=True):
    """The autoscalers of a route's versions: one call. What another team delivers has as many pods as that team says."""

    traffic: KubernetesTraffic

    def unscaled(self, versions: Collection[Version]) -> frozenset[Version]:
        traffic = self.traffic
        backends = traffic.route.state.backends if traffic.route else {}
        own = {v for v in versions if v in backends and backends[v].name == member_name(traffic.name, v)}
        if not own:
            return frozenset()
        scalers = autoscalers_in(traffic.server.get(traffic.namespace.autoscalers()).body)
        return frozenset(v for v in own if backends[v].name not in scalers)
