"""What every target of a resource is carried out with, and how `up` is, on whatever platform."""

import os
import uuid

import msgspec

from modeldelivery.provider.inputs import Inputs
from modeldelivery.provider.look import versions
from modeldelivery.provider.progress import EngineClock, EngineProgress
from modeldelivery.release.actor import actor
from modeldelivery.release.aws.environment import AwsEndpoint
from modeldelivery.release.core import up
from modeldelivery.release.core.journal import ClusterPlace
from modeldelivery.release.ports import Fleet, Traffic
from modeldelivery.release.runner import Runner
from modeldelivery.release.version import Version


def new_operation() -> str:
    """The id of one run."""
    return uuid.uuid4().hex[:12]


def whoever() -> str:
    """Who runs `pulumi up`, as the journal has them."""
    return f"{actor(os.environ)} (pulumi up)"


class ReleaseTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where one resource is carried out.

    Attributes:
        aws: the journal, and whom AWS takes this run for.
        clock, progress: the engine's.
        patience: seconds of waiting after which it gives up.
    """

    aws: AwsEndpoint
    clock: EngineClock
    progress: EngineProgress
    patience: float

    def carry_out(
        self, inputs: Inputs, traffic: Traffic, fleet: Fleet, place: ClusterPlace | None = None
    ) -> tuple[Version, ...]:
        """Bring fleet and traffic to what config and the journal say.

        Args:
            inputs: what config wants.
            traffic: of the platform, by connections that send a call once.
            fleet: likewise.
            place: where it serves, when that is not SageMaker.

        Returns:
            Versions whose number of instances is still to be asked for.

        Raises:
            DeliveryError: it was refused, or did not come to its end.
        """
        request = up.Up(
            operation=new_operation(),
            actor=whoever(),
            request=inputs.request,
            shown=versions(inputs.weights),
            serving=versions(inputs.serving_at_check),
            config=fleet.name,
            place=place,
        )
        done = self.runner(request.operation, traffic, fleet).run(lambda view: up.decide(request, view))
        for warning in done.warnings:
            self.progress.warning(warning)
        return done.resizes

    def runner(self, operation: str, traffic: Traffic, fleet: Fleet | None = None) -> Runner:
        """What carries one operation of this target out."""
        return Runner(
            store=self.aws.store,
            traffic=traffic,
            fleet=fleet,
            clock=self.clock,
            progress=self.progress,
            patience=self.patience,
            operation=operation,
            caller=self.aws.caller,
        )
