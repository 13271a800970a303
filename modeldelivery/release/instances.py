"""Requests for more instances of a version that is to get traffic, and what became of them."""

import msgspec

from modeldelivery.release.core.action import Scale, Scaling
from modeldelivery.release.errors import DeliveryError, LostError, UncertainError
from modeldelivery.release.ports import Progress, Traffic
from modeldelivery.release.version import Version


class InstanceRequests(msgspec.Struct, kw_only=True):
    """Those of one operation. Whatever becomes of one, traffic is moved after it."""

    traffic: Traffic
    progress: Progress
    made: dict[Version, Scaling] = {}

    def send(self, action: Scale, now: float) -> str | None:
        """Make one; its receipt, or None when the platform refuses it for good.

        Raises:
            UncertainError: it may be made again, for a bounded time.
        """
        version, instances = action.version, action.instances
        before = self.made.get(version)
        scaling = Scaling(
            instances=instances,
            since=before.since if before else now,
            until=before.until if before else 0.0,
        )
        self.made = {**self.made, version: scaling}
        self.progress.note(f"scaling {version} to {instances} instances {action.why}")
        receipt: str | None = None
        try:
            receipt = self.traffic.scale(version, instances, action.weights)
            ended = "the platform accepted the request and did not start them"
        except LostError:
            self.made = {**self.made, version: msgspec.structs.replace(scaling, until=action.deadline)}
            raise
        except UncertainError:
            raise
        except DeliveryError as error:
            self.progress.note(f"{version} gets no more instances: {error}")
            ended = str(error)
        accepted = receipt is not None
        self.made = {**self.made, version: msgspec.structs.replace(scaling, ended=ended, accepted=accepted)}
        return receipt
