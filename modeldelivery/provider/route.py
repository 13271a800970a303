"""`modeldelivery:index:Route`: an HTTPRoute over the Deployments of a model's versions, whose traffic belongs to the journal."""

from collections.abc import Mapping
from typing import Any

import msgspec

from modeldelivery.plugin.protocol import Found
from modeldelivery.plugin.values import Properties
from modeldelivery.provider.inputs import BadInputError, RouteInputs, parse_as
from modeldelivery.provider.kubernetes import RouteTarget
from modeldelivery.provider.progress import EngineClock, EngineProgress
from modeldelivery.provider.resource import PATIENCE, ReleaseResource
from modeldelivery.provider.tokens import ROUTE
from modeldelivery.release.aws.environment import AwsEndpoint
from modeldelivery.release.cluster import Reach
from modeldelivery.release.core.journal import ClusterPlace
from modeldelivery.release.kubernetes.kubeconfig import Cluster, Eks
from modeldelivery.release.kubernetes.objects import Namespace
from modeldelivery.release.kubernetes.traffic import KubernetesTraffic

_OF_A_CHECK = {"servingAtCheck", "fallbackAtCheck", "drillAtCheck"}


class RouteResource(ReleaseResource[RouteInputs]):
    """A route of one cluster; that it is the allowed one is known before anything is sent to it."""

    TYPE = ROUTE
    REPLACING = ("routeName", "namespace", "server")
    PLAIN = ("release", "labels", "delivery")
    OBSERVED = ("weights", "variants", "entrance")

    def parse(self, properties: Mapping[str, Any]) -> RouteInputs:
        return parse_as(RouteInputs, properties)

    def outputs(self, id_: str, inputs: RouteInputs, properties: Properties) -> dict[str, Any]:  # noqa: ARG002 - the id says nothing that the inputs do not
        return {**properties, "name": inputs.route_name}

    def look_up(self, id_: str, properties: Properties) -> Found | None:
        """The route as it is, by the state's inputs.

        Raises:
            BadInputError: there are none, as of an import: a route's name does not say which cluster it is in.
        """
        if not properties:
            raise BadInputError(
                "id", f"{id_!r} cannot be imported: `pulumi up` takes up a route of its own stack"
            )
        inputs = self.parse(properties)
        described = self.target(inputs, "").as_inputs()
        if described is None:
            return None
        kept = {key: value for key, value in properties.items() if key not in _OF_A_CHECK}
        news = {**kept, **described}
        return Found(id_, news, self.outputs(id_, inputs, news))

    def target(
        self, inputs: RouteInputs, urn: str, timeout: float = 0, *, verified: bool = False
    ) -> RouteTarget:
        account = self._opens(inputs.profile, inputs.region)
        account.refuse_unless(inputs.allowed_accounts, verified=verified)
        reach = Reach(account=account, opens=self._opens, context=inputs.context)
        cluster = reach.configured(inputs.server)
        fenced, patient = (
            KubernetesTraffic(
                server=reach.server(cluster, patient=patient),
                namespace=Namespace(inputs.namespace),
                name=inputs.route_name,
            )
            for patient in (False, True)
        )
        journal = inputs.journal
        return RouteTarget(
            aws=AwsEndpoint(account=account, name=inputs.route_name, bucket=journal.bucket, key=journal.key),
            place=_placed(inputs.place, cluster),
            fenced=fenced,
            patient=patient,
            inputs=inputs,
            clock=EngineClock(self._cancelled),
            progress=EngineProgress(self._log, urn),
            patience=timeout or PATIENCE,
        )


def _placed(place: ClusterPlace, cluster: Cluster) -> ClusterPlace:
    """The place with what a machine without a kubeconfig needs to reach it."""
    eks = cluster.login.cluster if isinstance(cluster.login, Eks) else ""
    return msgspec.structs.replace(place, ca=cluster.ca, cluster=eks)
