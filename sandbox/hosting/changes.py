"""Carries out what a hosting call asked for, in the background, as SageMaker does.

An update that fails is rolled back silently: the endpoint is InService again, on the old configuration with the old
weights, and only FailureReason tells (terraform-provider-aws#48997).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from sandbox.faults import Faults
from sandbox.hosting.account import Account
from sandbox.hosting.container import ContainerError
from sandbox.hosting.delays import Delays
from sandbox.hosting.endpoint import Capture, Endpoint, Variant
from sandbox.hosting.fleet import Fleet, Instance

_LOG = logging.getLogger(__name__)


class Plane(Protocol):
    """The data plane, as hosting sees it."""

    def publish(self) -> None:
        """Return when every later request follows the present weights and instances."""

    def drain(self, instances: list[Instance]) -> None:
        """Return when no request is in flight on them."""


@dataclass(frozen=True)
class Target:
    """What an update moves to."""

    config: str
    variants: dict[str, Variant]
    capture: Capture | None


class Changes:
    """Every change of an endpoint under way."""

    def __init__(self, fleet: Fleet, plane: Plane, delays: Delays, faults: Faults) -> None:
        self._fleet = fleet
        self._plane = plane
        self._delays = delays
        self._faults = faults

    def create(self, account: Account, endpoint: Endpoint, variants: dict[str, Variant]) -> None:
        """Creating → InService, or Failed with a reason."""

        def run() -> None:
            self._wait("endpoint")
            try:
                self._fill(endpoint, variants.values())
            except ContainerError as error:
                with account.lock:
                    endpoint.failure = str(error)
                    endpoint.move("Failed")
                return
            with account.lock:
                endpoint.variants = variants
            self._plane.publish()
            with account.lock:
                endpoint.move("InService")

        self._begin(account, endpoint, run)

    def update(self, account: Account, endpoint: Endpoint, target: Target) -> None:
        """Updating → InService on the target, or RollingBack → InService on the old configuration with a reason."""

        def run() -> None:
            self._wait("endpoint")
            stuck = self._faults.of_endpoint("rollback_failed", account.id, endpoint.name)
            try:
                if stuck or self._faults.of_endpoint("fail_update", account.id, endpoint.name):
                    raise ContainerError(_unhealthy(list(target.variants)[-1], "a fault was asked for"))  # noqa: TRY301
                self._fill(endpoint, target.variants.values())
            except ContainerError as error:
                with account.lock:
                    endpoint.failure = str(error)
                    endpoint.move("RollingBack")
                self._wait("endpoint")
                with account.lock:
                    endpoint.moving_to = None
                    endpoint.move("UpdateRollbackFailed" if stuck else "InService")
                return
            self._swap(account, endpoint, target.variants)
            with account.lock:
                endpoint.config, endpoint.moving_to = target.config, None
                endpoint.capture, endpoint.failure = target.capture, None
                endpoint.move("InService")

        with account.lock:
            endpoint.moving_to = target.config
            endpoint.move("Updating")
        self._begin(account, endpoint, run)

    def weigh(self, account: Account, endpoint: Endpoint) -> None:
        """Updating → InService, when Current has become Desired; a server may silently revert instead."""

        def run() -> None:
            self._wait("weights")
            variants = {name: variant.copy() for name, variant in endpoint.variants.items()}
            try:
                if not self._faults.of_endpoint("revert_weights", account.id, endpoint.name):
                    self._fill(endpoint, variants.values())
                    for variant in variants.values():
                        variant.current_weight = variant.desired_weight
                    self._swap(account, endpoint, variants)
            except ContainerError as error:
                with account.lock:
                    endpoint.failure = str(error)
            with account.lock:
                for variant in endpoint.variants.values():
                    variant.desired_weight = variant.current_weight
                    variant.desired_count = variant.current_count
                endpoint.move("InService")

        with account.lock:
            endpoint.move("Updating")
        self._begin(account, endpoint, run)

    def delete(self, account: Account, endpoint: Endpoint) -> None:
        """Deleting → gone."""

        def run() -> None:
            self._wait("endpoint")
            self._swap(account, endpoint, {})
            with account.lock:
                del account.endpoints[endpoint.name]
                account.tags.pop(endpoint.arn, None)

        with account.lock:
            endpoint.move("Deleting")
        self._begin(account, endpoint, run)

    def watch(self, account: Account) -> None:
        """Replace the instances whose process ended by itself, as SageMaker does; once per call."""
        dead = self._fleet.dead()
        with account.lock:
            hurt = [
                (endpoint, variant, instance, dead[instance.id])
                for endpoint in account.endpoints.values()
                if endpoint.status == "InService"
                for variant in endpoint.variants.values()
                for instance in variant.instances
                if instance.id in dead
            ]
        for endpoint, variant, instance, ended in hurt:
            _LOG.warning("instance %s of %s: %s; starting another", instance.id, endpoint.name, ended)
            self._replace(account, endpoint, variant, instance)

    def _replace(self, account: Account, endpoint: Endpoint, variant: Variant, dead: Instance) -> None:
        try:
            fresh = self._fleet.start(f"{endpoint.name}-{variant.name}", variant.spec)
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

    def _fill(self, endpoint: Endpoint, variants: Iterable[Variant]) -> None:
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
            raise ContainerError(_unhealthy(variant.name if variant else "", str(error))) from None
        for variant, instance in started:
            variant.instances.append(instance)
        for variant in wanting:
            del variant.instances[variant.desired_count :]
            variant.current_count = variant.desired_count

    def _swap(self, account: Account, endpoint: Endpoint, variants: dict[str, Variant]) -> None:
        """Route to other instances from now on; the ones let go finish what they have and end."""
        with account.lock:
            before, endpoint.variants = endpoint.variants, variants
            kept = {instance.id for variant in variants.values() for instance in variant.instances}
        gone = [i for variant in before.values() for i in variant.instances if i.id not in kept]
        self._plane.publish()
        if gone:
            self._plane.drain(gone)
            self._fleet.stop(gone)

    def _ping(self, variant: Variant) -> float:
        return min(variant.startup or self._delays.ping, self._delays.ping)

    def _wait(self, kind: str) -> None:
        time.sleep(self._delays.of(kind))

    def _begin(self, account: Account, endpoint: Endpoint, run: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                run()
            except Exception:  # noqa: BLE001 - whatever it was, the endpoint must not hang
                # A defect of the sandbox itself: an endpoint that hangs in Updating for ever would hide it.
                _LOG.exception("a change of %s broke", endpoint.name)
                with account.lock:
                    endpoint.failure = "the sandbox broke: see `sandbox logs`"
                    endpoint.move("Failed")

        threading.Thread(target=guarded, name=f"change-{endpoint.name}", daemon=True).start()


def _unhealthy(variant: str, detail: str) -> str:
    return (
        f"The primary container for production variant {variant} did not pass the ping health check. "
        f"Please check CloudWatch logs for this endpoint. ({detail})"
    )
