"""The `modeldelivery` package: an endpoint on either target, and two functions."""

import threading
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from modeldelivery.plugin.protocol import (
    Checked,
    Created,
    Diff,
    Found,
    Log,
    Provider,
    ProviderError,
    Resource,
)
from modeldelivery.plugin.values import Properties
from modeldelivery.provider import endpoint, fleet, tokens
from modeldelivery.provider.resource import ReleaseResource
from modeldelivery.provider.tokens import ENDPOINT, GET_CLUSTER, ROUTE
from modeldelivery.release.aws.session import open_account

VERSION = "0.1.0"
TYPES = (ENDPOINT, ROUTE)


class ModelDelivery(Provider):
    """Pulumi's view of `release`."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self._opens = cache(
            open_account
        )  # a client costs tenths of a second, and both the function and the resource need some
        self._making = threading.Lock()  # what one call has seen of a resource, the next one goes by
        self._resources: dict[str, ReleaseResource[Any]] = {}

    def schema(self) -> Mapping[str, Any]:
        return {
            "name": "modeldelivery",
            "version": VERSION,
            "resources": {each: {"isComponent": False} for each in TYPES},
            "functions": {fleet.TOKEN: {}, GET_CLUSTER: {}},
        }

    def configure(self, config: Properties) -> None:
        """Takes nothing: region, profile and accounts come with each resource, so that a destroy has them from the state."""

    def check(self, resource: Resource, olds: Properties, news: Properties, random_seed: bytes) -> Checked:  # noqa: ARG002
        return self._of(resource).check(resource, news)

    def diff(
        self,
        resource: Resource,
        id_: str,  # noqa: ARG002
        *,
        old_inputs: Properties,
        old_outputs: Properties,  # noqa: ARG002
        news: Properties,
        ignore_changes: Sequence[str],  # noqa: ARG002 (the engine has applied it to `news`)
    ) -> Diff:
        return self._of(resource).diff(resource, old_inputs, news)

    def create(self, resource: Resource, inputs: Properties, *, timeout: float, preview: bool) -> Created:
        return self._of(resource).create(resource, inputs, timeout=timeout, preview=preview)

    def read(self, resource: Resource, id_: str, inputs: Properties, outputs: Properties) -> Found | None:  # noqa: ARG002
        return self._of(resource).read(id_, inputs)

    def update(
        self,
        resource: Resource,
        id_: str,  # noqa: ARG002
        *,
        old_inputs: Properties,
        old_outputs: Properties,  # noqa: ARG002
        news: Properties,
        timeout: float,
        preview: bool,
    ) -> Mapping[str, Any]:
        return self._of(resource).update(resource, old_inputs, news, timeout=timeout, preview=preview)

    def delete(
        self,
        resource: Resource,
        id_: str,  # noqa: ARG002
        inputs: Properties,
        outputs: Properties,  # noqa: ARG002
        *,
        timeout: float,
    ) -> None:
        self._of(resource).delete(resource, inputs, timeout=timeout)

    def _of(self, resource: Resource) -> ReleaseResource[Any]:
        if resource.type not in TYPES:
            raise ProviderError(
                f"modeldelivery has no resource {resource.type}; it has {' and '.join(TYPES)}"
            )
        with self._making:
            if resource.type not in self._resources:
                self._resources[resource.type] = _kind(resource.type)(self.log, self.cancelled, self._opens)
            return self._resources[resource.type]

    def invoke(self, token: str, args: Properties, *, preview: bool) -> Mapping[str, Any]:  # noqa: ARG002
        match token:
            case fleet.TOKEN:
                return fleet.get_fleet(args, self._opens)
            case tokens.GET_CLUSTER:
                # As of a route.
                from modeldelivery.provider.cluster import get_cluster  # noqa: PLC0415

                return get_cluster(args)
        raise ProviderError(f"modeldelivery has no function {token}; it has {fleet.TOKEN} and {GET_CLUSTER}")


def _kind(type_: str) -> type[ReleaseResource[Any]]:
    """The resource's class; what only a cluster needs costs a stack on SageMaker nothing."""
    if type_ == ROUTE:
        from modeldelivery.provider.route import RouteResource  # noqa: PLC0415 - as above

        return RouteResource
    return endpoint.EndpointResource
