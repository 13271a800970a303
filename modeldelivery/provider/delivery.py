"""The `modeldelivery` package: one resource and one function."""

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
from modeldelivery.provider import endpoint, fleet
from modeldelivery.release.aws.session import open_account

VERSION = "0.1.0"


class ModelDelivery(Provider):
    """Pulumi's view of `release`."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self._opens = cache(
            open_account
        )  # a client costs tenths of a second, and both the function and the resource need some
        self._endpoint = endpoint.EndpointResource(log, self.cancelled, self._opens)

    def schema(self) -> Mapping[str, Any]:
        return {
            "name": "modeldelivery",
            "version": VERSION,
            "resources": {endpoint.TYPE: {"isComponent": False}},
            "functions": {fleet.TOKEN: {}},
        }

    def configure(self, config: Properties) -> None:
        """Takes nothing: region, profile and accounts come with each resource, so that a destroy has them from the state."""

    def check(self, resource: Resource, olds: Properties, news: Properties, random_seed: bytes) -> Checked:  # noqa: ARG002
        _known(resource)
        return self._endpoint.check(resource, news)

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
        return self._endpoint.diff(resource, old_inputs, news)

    def create(self, resource: Resource, inputs: Properties, *, timeout: float, preview: bool) -> Created:
        return self._endpoint.create(resource, inputs, timeout=timeout, preview=preview)

    def read(self, resource: Resource, id_: str, inputs: Properties, outputs: Properties) -> Found | None:  # noqa: ARG002
        _known(resource)
        return self._endpoint.read(id_, inputs)

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
        return self._endpoint.update(resource, old_inputs, news, timeout=timeout, preview=preview)

    def delete(
        self,
        resource: Resource,
        id_: str,  # noqa: ARG002
        inputs: Properties,
        outputs: Properties,  # noqa: ARG002
        *,
        timeout: float,
    ) -> None:
        self._endpoint.delete(resource, inputs, timeout=timeout)

    def invoke(self, token: str, args: Properties, *, preview: bool) -> Mapping[str, Any]:  # noqa: ARG002
        if token != fleet.TOKEN:
            raise ProviderError(f"modeldelivery has no function {token}; it has {fleet.TOKEN}")
        return fleet.get_fleet(args, self._opens)


def _known(resource: Resource) -> None:
    if resource.type != endpoint.TYPE:
        raise ProviderError(f"modeldelivery has no resource {resource.type}; it has {endpoint.TYPE}")
