"""Releases carried out on a target: the operations of the core over its ports, each run an operation of its own."""

import itertools
from dataclasses import dataclass, field
from typing import Literal

from modeldelivery.release.core import accept, rollback, up
from modeldelivery.release.core import adopt as adopting
from modeldelivery.release.core.request import Release, Request
from modeldelivery.release.operations import adopt
from modeldelivery.release.runner import Runner
from tests.contract.conftest import A, B, C, Target
from tests.fakes.time import FakeTime

DIGESTS = {version: f"sha256:{version}" for version in (A, B, C)}
PATIENCE = 60.0  # seconds of the target's clock


class KilledError(Exception):
    """Where a process died."""


@dataclass
class Dying:
    """A Traffic whose user is killed at the call that moves traffic: before it is sent, or once it was taken."""

    traffic: object
    when: Literal["before", "after"]

    def __getattr__(self, name):
        return getattr(self.traffic, name)

    def move(self, *weights, **options):
        if self.when == "after":
            self.traffic.move(*weights, **options)
        raise KilledError


@dataclass
class Releases:
    """What config and operators do to one endpoint."""

    target: Target
    progress: FakeTime = field(default_factory=FakeTime)
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def up(self, live, *fleet, dies=None):
        command = up.Up(
            operation=f"up-{next(self._numbers)}",
            actor="ci",
            request=Request(release=Release(live=live, fleet=fleet), digests=DIGESTS),
            shown=None,
            serving=None,
            config=self.target.fleet.name,
        )
        return self._run(command, up.decide, dies)

    def rollback(self, dies=None, **options):
        command = rollback.Rollback(
            operation=f"rollback-{next(self._numbers)}", actor="ada", reason="errors doubled", **options
        )
        return self._run(command, rollback.decide, dies)

    def accept(self, version):
        operation = f"accept-{next(self._numbers)}"
        return self._run(
            accept.Accept(operation=operation, actor="ada", reason="fixed upstream", version=version),
            accept.decide,
        )

    def adopt(self):
        operation = f"adopt-{next(self._numbers)}"
        command = adopting.Adopt(operation=operation, actor="ada", reason="by hand")
        return adopt.run(command, self._runner(operation))

    def moved_by_someone_else(self, weights):
        """Traffic moves, and no journal knows."""
        token = self.target.traffic.describe().token
        self.target.traffic.move(weights, token=token, operation="somebody")
        self.target.settled()

    @property
    def weights(self):
        """Of the versions that have traffic, once nothing is under way."""
        current = self.target.settled().current
        return {version: weight for version, weight in current.items() if weight}

    @property
    def fleet(self):
        return sorted(self.target.settled().variants)

    @property
    def journal(self):
        return self.target.store.read().journal

    @property
    def rejected(self):
        return [rejection.version for rejection in self.journal.rejections]

    def _run(self, command, decide, dies=None):
        runner = self._runner(command.operation, dies)
        return runner.run(lambda view: decide(command, view))

    def _runner(self, operation, dies=None):
        traffic = self.target.traffic
        return Runner(
            store=self.target.store,
            traffic=Dying(traffic, dies) if dies else traffic,
            fleet=self.target.fleet,
            clock=self.target.clock,
            progress=self.progress,
            patience=PATIENCE,
            operation=operation,
        )
