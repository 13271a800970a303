"""Carries out what a hosting call asked for, in the background, as SageMaker does.

A change that fails is taken back silently: the endpoint is InService again, on the old configuration with the old
weights and counts, and only FailureReason tells (terraform-provider-aws#48997).
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.faults import Faults
from sandbox.hosting import quota
from sandbox.hosting.account import Account
from sandbox.hosting.container import ContainerError
from sandbox.hosting.delays import Delays
from sandbox.hosting.endpoint import Capture, Endpoint, Variant
from sandbox.hosting.open_questions import OpenQuestions
from sandbox.hosting.provisioning import Provisioning, no_capacity, unhealthy

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Target:
    """What an update moves to."""

    config: str
    variants: dict[str, Variant]
    capture: Capture | None


@dataclass(frozen=True)
class Wanted:
    """What a call asks of a variant; None leaves it as it is."""

    weight: float | None = None
    count: int | None = None


class Changes:
    """Every change of an endpoint under way. All but `watch` are called under the account's lock, and return at once."""

    def __init__(
        self, provisioning: Provisioning, delays: Delays, faults: Faults, questions: OpenQuestions
    ) -> None:
        self._provisioning = provisioning
        self._delays = delays
        self._faults = faults
        self._questions = questions

    def create(self, account: Account, endpoint: Endpoint, variants: dict[str, Variant]) -> None:
        """Creating → InService, or Failed with a reason. Raises RefusedError beyond a quota."""
        fleet = quota.of_fleet(variants.values())
        quota.require(account, fleet, self._faults)
        account.endpoints[endpoint.name] = endpoint
        endpoint.arriving = fleet

        def run() -> None:
            self._wait("endpoint")
            try:
                self._take_capacity(account, endpoint)
                self._provisioning.fill(endpoint, variants.values())
            except ContainerError as error:
                with account.lock:
                    endpoint.failure = str(error)
                    endpoint.settle("Failed")
                return
            self._provisioning.swap(account, endpoint, variants)
            with account.lock:
                endpoint.settle("InService")

        self._begin(account, endpoint, run)

    def update(self, account: Account, endpoint: Endpoint, target: Target) -> None:
        """Updating → InService on the target, or RollingBack → InService on the old configuration with a reason.

        Raises RefusedError beyond a quota: the old fleet goes on until the new one serves.
        """
        fleet = quota.of_fleet(target.variants.values())
        quota.require(account, fleet, self._faults)
        before = endpoint.show()
        endpoint.arriving, endpoint.moving_to = fleet, target.config
        if endpoint.failure and self._questions.clears_reason_first(account.id, endpoint.name):
            endpoint.failure = None
        endpoint.move("Updating")
        self._grow_stale(account, endpoint, before)

        def run() -> None:
            self._wait("endpoint")
            stuck = self._faults.of_endpoint("rollback_failed", account.id, endpoint.name) is not None
            try:
                self._take_capacity(account, endpoint)
                if self._faults.of_endpoint("fail_update", account.id, endpoint.name):
                    raise unhealthy(list(target.variants)[-1], "a fault was asked for")
                self._provisioning.fill(endpoint, target.variants.values())
                if stuck:
                    self._mix(account, endpoint, target)
                    raise unhealthy(list(target.variants)[-1], "a fault was asked for")
            except ContainerError as error:
                with account.lock:
                    endpoint.failure = str(error)
                    endpoint.move("RollingBack")
                self._wait("endpoint")
                with account.lock:
                    endpoint.settle("UpdateRollbackFailed" if stuck else "InService")
                return
            with account.lock:
                endpoint.capture = target.capture  # before the routes are told
            self._provisioning.swap(account, endpoint, target.variants)
            with account.lock:
                endpoint.config, endpoint.mixed_with = target.config, None
                endpoint.failure = None
                endpoint.settle("InService")

        self._begin(account, endpoint, run)

    def weigh(self, account: Account, endpoint: Endpoint, wanted: Mapping[str, Wanted]) -> None:
        """Updating → InService, when Current has become Desired; or RollingBack → InService on what was.

        A variant that `wanted` leaves out keeps what it has. Raises RefusedError beyond a quota.
        """
        moved = self._moved(account, endpoint, wanted)
        more = {v.instance_type: 0 for v in moved.values()}
        for name, variant in moved.items():
            more[variant.instance_type] += max(
                0, variant.desired_count - endpoint.variants[name].current_count
            )
        grows = any(more.values())
        if grows:
            quota.require(account, more, self._faults)
        before = endpoint.show()
        for name, variant in moved.items():
            endpoint.variants[name].desired_weight = variant.desired_weight
            endpoint.variants[name].desired_count = variant.desired_count
        endpoint.arriving.update(more)
        endpoint.move("Updating")
        self._grow_stale(account, endpoint, before)

        def run() -> None:
            self._wait("weights")
            reverted = self._faults.of_endpoint("revert_weights", account.id, endpoint.name) is not None
            try:
                if grows:
                    self._take_capacity(account, endpoint)
                if not reverted:
                    self._provisioning.fill(endpoint, moved.values())
            except ContainerError as error:
                with account.lock:
                    endpoint.failure = str(error)
                reverted = True
            if reverted:
                self._take_back(account, endpoint)
                return
            for variant in moved.values():
                variant.current_weight = variant.desired_weight
            self._provisioning.swap(account, endpoint, moved)
            with account.lock:
                endpoint.settle("InService")

        self._begin(account, endpoint, run)

    def _moved(
        self, account: Account, endpoint: Endpoint, wanted: Mapping[str, Wanted]
    ) -> dict[str, Variant]:
        """The endpoint's variants with what they are to have as Desired."""
        moved = {name: variant.copy() for name, variant in endpoint.variants.items()}
        left = any(_left_behind(variant, wanted.get(name, Wanted())) for name, variant in moved.items())
        desired = left and self._questions.keeps_desired(account.id, endpoint.name)
        for name, variant in moved.items():
            change = wanted.get(name, Wanted())
            if not desired:
                variant.revert()
            variant.desired_weight = variant.desired_weight if change.weight is None else change.weight
            variant.desired_count = variant.desired_count if change.count is None else change.count
        return moved

    def keeps_desired(self, account: Account, endpoint: Endpoint, *, weight: bool, count: bool) -> bool:
        """Whether an update that retains weights or counts keeps what its variants were to have, not what they have."""
        left = any(
            (weight and variant.current_weight != variant.desired_weight)
            or (count and variant.current_count != variant.desired_count)
            for variant in endpoint.variants.values()
        )
        return left and self._questions.keeps_desired(account.id, endpoint.name)

    def retained_capture(self, account: Account, endpoint: Endpoint, new: Capture | None) -> Capture | None:
        """What an update that retains properties captures."""
        retains = endpoint.capture != new and self._questions.retains_capture(account.id, endpoint.name)
        return endpoint.capture if retains else new

    def delete(self, account: Account, endpoint: Endpoint) -> None:
        """Deleting → gone."""

        def run() -> None:
            self._wait("endpoint")
            self._provisioning.swap(account, endpoint, {})
            with account.lock:
                del account.endpoints[endpoint.name]
                account.tags.pop(endpoint.arn, None)

        endpoint.move("Deleting")
        self._begin(account, endpoint, run)

    def watch(self, account: Account) -> None:
        """Replace the instances whose process ended by itself, as SageMaker does; once per call."""
        self._provisioning.watch(account)

    def _take_capacity(self, account: Account, endpoint: Endpoint) -> None:
        if self._faults.of_endpoint("no_capacity", account.id, endpoint.name):
            raise no_capacity()

    def _take_back(self, account: Account, endpoint: Endpoint) -> None:
        with account.lock:
            endpoint.move("RollingBack")
        self._wait("weights")
        with account.lock:
            if self._questions.reverts_desired(account.id, endpoint.name):
                for variant in endpoint.variants.values():
                    variant.revert()
            endpoint.settle("InService")

    def _mix(self, account: Account, endpoint: Endpoint, target: Target) -> None:
        """What UpdateRollbackFailed serves: instances of both configurations, each variant with the weight that it had."""
        mixed = {name: variant.copy() for name, variant in endpoint.variants.items()}
        for name, new in target.variants.items():
            old = mixed.setdefault(name, new)
            old.instances += [instance for instance in new.instances if instance not in old.instances]
        for variant in mixed.values():
            variant.current_count = variant.desired_count = len(variant.instances)
        self._provisioning.swap(account, endpoint, mixed)
        with account.lock:
            endpoint.mixed_with = target.config

    def _grow_stale(self, account: Account, endpoint: Endpoint, before: dict[str, object]) -> None:
        fault = self._faults.of_endpoint("stale", account.id, endpoint.name)
        endpoint.hide_behind(before, fault.seconds if fault else self._delays.of("stale"))

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
                    endpoint.settle("Failed")

        threading.Thread(target=guarded, name=f"change-{endpoint.name}", daemon=True).start()


def _left_behind(variant: Variant, wanted: Wanted) -> bool:
    """Whether it keeps a property of which Current and Desired differ."""
    weight = wanted.weight is None and variant.current_weight != variant.desired_weight
    return weight or (wanted.count is None and variant.current_count != variant.desired_count)
