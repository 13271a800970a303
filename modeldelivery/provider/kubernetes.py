"""A route on Kubernetes brought to what the resource's inputs say, and taken away again."""

from collections.abc import Mapping
from typing import Any

import msgspec

from modeldelivery.provider.inputs import NOT_YET, RouteInputs
from modeldelivery.provider.look import Seen
from modeldelivery.provider.target import ReleaseTarget
from modeldelivery.release.core import history, weights
from modeldelivery.release.core.journal import ClusterPlace, Journal
from modeldelivery.release.core.request import RouteMember
from modeldelivery.release.errors import DeliveryError, RefusedError, UncertainError, UnreachableError
from modeldelivery.release.kubernetes.fleet import KubernetesFleet
from modeldelivery.release.kubernetes.objects import deployments_in
from modeldelivery.release.kubernetes.traffic import KubernetesTraffic
from modeldelivery.release.patience import Patience
from modeldelivery.release.version import Version


class RouteTarget(ReleaseTarget, frozen=True, kw_only=True):
    """Where one resource is carried out. Everything raises DeliveryError.

    Attributes:
        place: the route, as the journal is to name it.
        fenced, patient: the route, over both kinds of connections.
        inputs: what config wants.
    """

    place: ClusterPlace
    fenced: KubernetesTraffic
    patient: KubernetesTraffic
    inputs: RouteInputs

    @property
    def id(self) -> str:
        return f"{self.place.namespace}/{self.place.route}"

    def look(self) -> Seen:
        """Journal and route; before the registry exists there is neither."""
        stored = None if self.inputs.journal.bucket == NOT_YET else self.aws.patient_store.read()
        traffic = self.patient
        described = history.as_recorded(stored.journal if stored else Journal(), traffic.describe())
        if described is None:
            return Seen(stored=stored, endpoint=None, members={})
        self._refuse_other_deliverer(traffic)
        wanted = self._fleet(traffic).name(self.inputs.release.fleet)
        is_elsewhere = described.config != wanted or traffic.described().misdirection is not None
        return Seen(
            stored=stored,
            endpoint=described,
            members=self._members(traffic),
            mark=traffic.marked(),
            owner=traffic.owner() if stored and stored.journal == Journal() else None,
            others=frozenset({"entrance"} if is_elsewhere else ()),
        )

    def up(self) -> str:
        """Carry `up` out; the id."""
        traffic = self.fenced
        traffic.describe()
        self.carry_out(self.inputs, traffic, self._fleet(traffic), self.place)
        return self.id

    def clear_the_way(self) -> None:
        """A route of that name is this stack's own, or nobody's to touch."""
        there = self.patient.describe() is not None or self.patient.bare is not None
        if there and self.patient.owner() != self._owner:
            raise UnreachableError(
                f"{self.patient.where} names {self.patient.owner()} as its journal, and this stack's is {self._owner}",
                hint="give one of the two environments another namespace",
            )

    def kept(self) -> str | None:
        """Id of a route of this stack that a failed create left and the next `up` can go on with."""
        try:
            there = self.patient.describe() is not None and self.patient.owner() == self._owner
        except DeliveryError:
            return None  # the cluster is silent: the route is found by its name next time
        return self.id if there else None

    def finish(self, id_: str, old_inputs: Mapping[str, Any]) -> None:
        """Nothing: labels are written with the rules."""

    def delete(self) -> None:
        """Delete the route, and wait until it is gone, or leads nowhere where Git delivers it; another stack's stays."""
        traffic, waiting = self.patient, Patience(self.clock, self.progress, self.patience)
        while True:
            try:
                if traffic.describe() is None or traffic.owner() != self._owner:
                    return
                traffic.server.delete(traffic.namespace.route(traffic.name))
                why = "deleting the route"
            except UncertainError as error:
                why = str(error)
            waiting.pause(why)

    def as_inputs(self) -> dict[str, Any] | None:
        """Inputs as they are on the route; None where there is none."""
        described = self.patient.describe()
        if described is None or self.patient.owner() != self._owner:
            return None
        journal = self.aws.patient_store.read().journal
        described = history.as_recorded(journal, described) or described
        members = self._members(self.patient)
        fleet = [v for v in journal.fleet if v in members] + [v for v in members if v not in journal.fleet]
        digests, entrance = journal.digests, self.patient.described().entrance
        return {
            **({} if entrance == self.inputs.entrance else {"entrance": entrance.plain()}),
            "release": {"live": journal.live or self.inputs.release.live, "fleet": fleet},
            "variants": [
                msgspec.structs.replace(members[v], digest=digests.get(v, "")).plain() for v in fleet
            ],
            "weights": weights.shares(described.current),
        }

    @property
    def _owner(self) -> str:
        return f"s3://{self.aws.bucket}/{self.aws.key}"

    def _members(self, traffic: KubernetesTraffic) -> dict[Version, RouteMember]:
        """What serves each version on the route, digests left empty."""
        route = traffic.route
        backends = route.state.backends if route else {}
        return {
            version: RouteMember(version=version, digest="", name=each.name, port=each.port)
            for version, each in backends.items()
        }

    def _fleet(self, traffic: KubernetesTraffic) -> KubernetesFleet:
        return KubernetesFleet(
            traffic=traffic,
            members=self.inputs.members,
            current=self._members(traffic),
            entrance=self.inputs.entrance,
            owner=self._owner,
            labels=self.inputs.labels,
            delivery=self.inputs.delivery,
        )

    def _refuse_other_deliverer(self, traffic: KubernetesTraffic) -> None:
        """Raises RefusedError where config says that somebody else delivers what is on the route than who does."""
        application = self.inputs.delivery.application if self.inputs.delivery else None
        there = deployments_in(traffic.server.get(traffic.namespace.deployments()).body)
        behind = {each.name for each in self._members(traffic).values()}
        for name in sorted(behind & there.keys()):
            if there[name].route == traffic.name and there[name].application != application:
                raise RefusedError(
                    f"{name} is delivered by {_deliverer(there[name].application)}, and config says by {_deliverer(application)} "
                    "(serving.kubernetes.deliver): who delivers is decided once, as where an environment serves is",
                    hint="make another environment, and promote into it",
                )


def _deliverer(application: str | None) -> str:
    return f"Argo CD's Application {application}" if application else "`pulumi up`"
