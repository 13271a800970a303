"""Gives variants the instances that they want, moves traffic between them, and replaces those that ended."""

import logging
import time
from collections.abc import Iterable
from typing import Protocol

from sandbox.hosting.account import Account
from sandbox.hosting.container import ContainerError
from sandbox.hosting.delays import Delays
from sandbox.hosting.endpoint import Endpoint, Variant
from sandbox.hosting.fleet import Fleet, Instance

_LOG = logging.getLogger(__name__)
_SERVING = {"InService", "UpdateRollbackFailed"}


class Plane(Protocol):
    """The data plane, as hosting sees it."""

    def publish(self) -> None:
        """Return when every later request follows the present weights and instances."""

    def drain(self, instances: list[Instance]) -> None:
        """Return when no request is in flight on them."""


class Provisioning:
    """The instances of every endpoint."""

    def __init__(self, fleet: Fleet, plane: Plane, delays: Delays) -> None:
        self._fleet = fleet
        self._plane = plane
        self._delays = delays

    def fill(self, endpoint: Endpoint, variants: Iterable[Variant]) -> None:
        """Give each variant the instances it wants; when one fails everything new is stopped. Raises ContainerError."""
        started: list[tuple[Variant, Instance]] = []
        variant = None
        try:
            wanting = list(variants)
            for variant in wanting:
                for _ in range(variant.desired_count - len(variant.instances)):
                    instance = self._fleet.start(f"{endpoint.name}-{variant.name}", variant.spec)
                    # One by one: when one fails, what was started is known.
                    started.append((variant, instance))
            begun = time.monotonic()
            for variant, instance in started:
                self._fleet.wait(instance, begun + self._ping(variant))
        except ContainerError as error:
            self._fleet.stop(instance for _, instance in started)
            raise unhealthy(variant.name if variant else "", str(error)) from None
        for variant, instance in started:
            variant.instances.append(instance)
        for variant in wanting:
            del variant.instances[variant.desired_count :]
            variant.current_count = variant.desired_count

    def swap(self, account: Account, endpoint: Endpoint, variants: dict[str, Variant]) -> None:
        """Route to other instances from now on; the ones let go finish what they have and end."""
        with account.lock:
            before, endpoint.variants = endpoint.variants, variants
            kept = {instance.id for variant in variants.values() for instance in variant.instances}
        gone = [i for variant in before.values() for i in variant.instances if i.id not in kept]
        self._plane.publish()
        if gone:
            self._plane.drain(gone)
            self._fleet.stop(gone)

    def watch(self, account: Account) -> None:
        """Replace the instances whose process ended by itself, as SageMaker does; once per call."""
        dead = self._fleet.dead()
        with account.lock:
            hurt = [
                (endpoint, variant, instance, dead[instance.id])
                for endpoint in account.endpoints.values()
                if endpoint.status in _SERVING
                for variant in endpoint.variants.values()
                for instance in variant.instances
                if instance.id in dead
            ]
        for endpoint, variant, instance, ended in hurt:
            _LOG.warning("instance %s of %s: %s; starting another", instance.id, endpoint.name, ended)
            self._replace(account, endpoint, variant, instance)

    def _replace(self, account: Account, endpoint: Endpoint, variant: Variant, dead: Instance) -> None:
        try:
            fresh = self._fleet.start(f"{endpoint.name}-{variant.name}", dead.spec)
        except ContainerError:
            _LOG.exception("variant %s of %s cannot be started again", variant.name, endpoint.name)
            return
        try:
            self._fleet.wait(fresh, time.monotonic() + self._ping(variant))
        except ContainerError:
            _LOG.exception("variant %s of %s does not come back", variant.name, endpoint.name)
            self._fleet.stop([fresh])
            return
        with account.lock:
            # The endpoint may have moved on meanwhile: then nobody needs this one.
            serving = endpoint.variants.get(variant.name)
            wanted = serving is not None and dead in serving.instances
            if serving is not None and wanted:
                serving.instances[serving.instances.index(dead)] = fresh
        self._plane.publish()
        self._fleet.stop([dead] if wanted else [fresh])

    def _ping(self, variant: Variant) -> float:
        return min(variant.startup or self._delays.ping, self._delays.ping)


def unhealthy(variant: str, detail: str) -> ContainerError:
    """A container that does not get healthy, in SageMaker's words."""
    return ContainerError(
        f"The primary container for production variant {variant} did not pass the ping health check. "
        f"Please check CloudWatch logs for this endpoint. ({detail})"
    )


def no_capacity() -> ContainerError:
    """Instances that AWS does not have, in SageMaker's words."""
    return ContainerError(
        "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
        "Please retry using a different ML instance type or after some time."
    )
