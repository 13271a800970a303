"""The life of a resource that is an endpoint, wherever it serves: what check, diff and the rest are for the engine.

`release.core.up` is carried out by the target; what is common to all targets is here.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from modeldelivery.plugin.protocol import (
    Change,
    Checked,
    Created,
    Diff,
    Failure,
    Found,
    InitFailedError,
    Log,
    ProviderError,
    Resource,
)
from modeldelivery.plugin.values import Properties
from modeldelivery.provider.inputs import BadInputError, Inputs
from modeldelivery.release.aws.session import Opens, WrongAccountError, open_account
from modeldelivery.release.core import history
from modeldelivery.release.errors import DeliveryError, RefusedError

if TYPE_CHECKING:
    from modeldelivery.provider.look import Seen

PATIENCE = 3600.0  # seconds; a platform takes minutes to start instances
Wanted = TypeVar("Wanted", bound=Inputs)


class Target(Protocol):
    """Where one resource is carried out. Everything raises DeliveryError."""

    def look(self) -> "Seen":
        """Journal and endpoint."""
        ...

    def clear_the_way(self) -> None:
        """An endpoint of that name is this stack's own or nobody's to touch."""
        ...

    def up(self) -> str:
        """Carry `up` out; the resource's id."""
        ...

    def kept(self) -> str | None:
        """Id of what a failed create left and the next `up` can go on with."""
        ...

    def finish(self, id_: str, old_inputs: Properties) -> None:
        """What an update brings in order beside versions and traffic."""
        ...

    def delete(self) -> None:
        """Delete the endpoint; the journal stays, so that rejections outlive it."""
        ...


class ReleaseResource(ABC, Generic[Wanted]):
    """The resource's life, in the words of `modeldelivery.plugin.protocol.Provider`.

    Attributes:
        TYPE: its token.
        REPLACING: inputs whose change makes another endpoint.
        PLAIN: inputs that are compared with the last ones, not with the endpoint.
        OBSERVED: inputs that are compared so only where nothing was looked at.
    """

    TYPE: ClassVar[str]
    REPLACING: ClassVar[tuple[str, ...]]
    PLAIN: ClassVar[tuple[str, ...]] = ("release",)
    OBSERVED: ClassVar[tuple[str, ...]] = ("weights", "variants")

    def __init__(self, log: Log, cancelled: threading.Event, opens: Opens | None = None) -> None:
        self._log = log
        self._cancelled = cancelled
        self._opens = opens or open_account
        self._seen: dict[str, Seen] = {}

    @abstractmethod
    def parse(self, properties: Mapping[str, Any]) -> Wanted:
        """Raises BadInputError."""

    @abstractmethod
    def target(self, inputs: Wanted, urn: str, timeout: float = 0, *, verified: bool = False) -> Target:
        """Where it is carried out; `verified` for what changes: then AWS itself says whose the credentials are."""

    @abstractmethod
    def outputs(self, id_: str, inputs: Wanted, properties: Properties) -> dict[str, Any]:
        """The inputs, and what others may use of it."""

    @abstractmethod
    def look_up(self, id_: str, properties: Properties) -> Found | None:
        """The endpoint as it is. Raises DeliveryError."""

    def check(self, resource: Resource, news: Properties) -> Checked:
        """Judge the inputs, resolve, and add what the traffic will be and what it is now."""
        try:
            inputs = self.parse(news)
            observed = self.target(inputs, resource.urn).look()
            for finding in observed.findings:
                self._log.warning(finding.text, resource.urn)
            plan = observed.plan(inputs)
        except BadInputError as error:
            return Checked(news, [Failure(error.key, str(error))])
        except WrongAccountError as error:
            return Checked(news, [Failure("allowedAccounts", str(error))])
        except RefusedError as error:
            return Checked(news, [Failure("release", str(error))])
        except DeliveryError as error:
            raise ProviderError(str(error)) from error
        for warning in (*plan.warnings, *observed.counts(inputs), *observed.unapproved(inputs)):
            self._log.warning(warning, resource.urn)
        self._seen[resource.urn] = observed
        added = {
            "weights": plan.weights,
            "servingAtCheck": observed.serving,
            "fallbackAtCheck": history.fallback(observed.journal, observed.endpoint),
            "drillAtCheck": observed.drill(inputs),
        }
        return Checked({**news, **{key: value for key, value in added.items() if value is not None}})

    def diff(self, resource: Resource, old_inputs: Properties, news: Properties) -> Diff:
        """What an update would do: by the world when check has looked at it, else (refresh) by the inputs alone."""
        changed = {key for key in self.PLAIN if _differ(old_inputs, news, key)}
        replaced = {key for key in self.REPLACING if _differ(old_inputs, news, key)}
        observed = self._seen.pop(resource.urn, None)
        if observed is None:
            changed |= {key for key in self.OBSERVED if _differ(old_inputs, news, key)}
        else:
            changed |= observed.differing(self.parse(news))
        return Diff(
            {
                **dict.fromkeys(sorted(changed), Change.UPDATE),
                **dict.fromkeys(sorted(replaced), Change.UPDATE_REPLACE),
            }
        )

    def create(self, resource: Resource, properties: Properties, *, timeout: float, preview: bool) -> Created:
        """Make the endpoint, or take up the one that a killed create of this stack left."""
        inputs = self.parse(properties)
        self._seen.pop(resource.urn, None)  # no diff follows this check
        if preview:
            return Created("", {**properties, "name": inputs.name})
        try:
            target = self.target(inputs, resource.urn, timeout, verified=True)
            target.clear_the_way()
        except DeliveryError as error:
            raise ProviderError(str(error)) from error
        try:
            id_ = target.up()
        except DeliveryError as error:
            made = target.kept()
            if made:  # so that the next `up` goes on with it
                outputs = self.outputs(made, inputs, properties)
                raise InitFailedError(
                    made, outputs=outputs, inputs=properties, reasons=[str(error)]
                ) from error
            raise ProviderError(str(error)) from error
        return Created(id_, self.outputs(id_, inputs, properties))

    def update(
        self, resource: Resource, old_inputs: Properties, news: Properties, *, timeout: float, preview: bool
    ) -> Mapping[str, Any]:
        """Bring fleet and traffic to what config and the journal say."""
        inputs = self.parse(news)
        if preview:
            return {**news, "name": inputs.name}
        try:
            target = self.target(inputs, resource.urn, timeout, verified=True)
            id_ = target.up()
            target.finish(id_, old_inputs)
            return self.outputs(id_, inputs, news)
        except DeliveryError as error:
            raise ProviderError(str(error)) from error

    def read(self, id_: str, properties: Properties) -> Found | None:
        """The endpoint as it is; for an import, from its id alone where that says enough."""
        try:
            return self.look_up(id_, properties)
        except DeliveryError as error:
            raise ProviderError(str(error)) from error

    def delete(self, resource: Resource, properties: Properties, *, timeout: float) -> None:
        """Delete the endpoint; the journal stays, so that rejections outlive it."""
        try:
            inputs = self.parse(properties)
            self.target(inputs, resource.urn, timeout, verified=True).delete()
        except DeliveryError as error:
            raise ProviderError(str(error)) from error


def _differ(olds: Properties, news: Properties, key: str) -> bool:
    return (olds.get(key) or None) != (news.get(key) or None)
