"""Emergency: move traffic while the journal cannot be reached, and say so on the endpoint itself (docs/operations.md)."""

from collections.abc import Mapping

import msgspec

from modeldelivery.release.core import weights
from modeldelivery.release.core.action import CLOCK_STEP
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.intent import refuse_broken
from modeldelivery.release.errors import BrokenError, DeliveryError, LostError, RefusedError, UncertainError
from modeldelivery.release.patience import Patience
from modeldelivery.release.ports import Clock, Progress, Traffic
from modeldelivery.release.version import Version


class MarkedError(DeliveryError):
    """The endpoint is marked; traffic was not seen to move. The message says why.

    Attributes:
        perhaps: whether it is marked is not known: nobody answered, or waited for the answer.
    """

    def __init__(self, message: str, *, perhaps: bool = False) -> None:
        super().__init__(message)
        self.perhaps = perhaps


class Unrecorded(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator asks for: all traffic to one version, now. `operation` is the id of this run."""

    operation: str
    actor: str
    reason: str
    to: Version

    @property
    def mark(self) -> str:
        """What the endpoint says afterwards."""
        return f"{self.operation}: {self.actor} moved all to {self.to}: {self.reason}"


def move(command: Unrecorded, traffic: Traffic, clock: Clock, progress: Progress, patience: float) -> None:
    """Mark, move, and watch until Current is what was asked and no call that was on its way can undo it.

    The mark goes first: from then on nothing that reads it moves traffic. Its weights are none that a recorded move sends,
    even where all traffic goes to the version already, so that whoever describes the endpoint looks for the mark. Whoever
    described it before may still send one call within its lease, so that long is watched after the call was taken.

    Raises:
        RefusedError, BrokenError: the endpoint cannot serve the version; nothing was done.
        UncertainError, UnreachableError: the platform does not answer; nothing was done.
        MarkedError: whatever went wrong from the mark on; run again.
    """
    _fit(command.to, traffic.describe())
    try:
        traffic.mark(command.mark)
    except LostError as error:
        raise MarkedError(str(error), perhaps=True) from error
    except KeyboardInterrupt as error:
        raise MarkedError("interrupted", perhaps=True) from error
    progress.note("marked: the journal does not know of this move")
    try:
        _carry_out(command, traffic, Patience(clock, progress, patience), progress)
    except DeliveryError as error:
        raise MarkedError(str(error)) from error
    except KeyboardInterrupt as error:
        raise MarkedError("interrupted") from error


def _carry_out(command: Unrecorded, traffic: Traffic, watch: Patience, progress: Progress) -> None:
    taken, timing = 0, traffic.timing
    since = watch.elapsed
    while True:
        looked = watch.elapsed - since
        try:
            endpoint = _fit(command.to, traffic.describe())
            target = weights.unrecorded(command.to, endpoint.variants)
            if endpoint.takes_none or (endpoint.busy and endpoint.seal == command.operation):
                watch.pause("endpoint is changing", endpoint.settles)
            elif _shows(endpoint.current, target) and _shows(endpoint.desired, target):
                if endpoint.token and endpoint.seal != command.operation:
                    traffic.move(target, token=endpoint.token, operation=command.operation)
                elif looked > timing.lease + CLOCK_STEP:
                    return
                else:
                    watch.pause("traffic has moved; watching that no call already on its way moves it again")
            elif taken >= timing.tries:
                raise BrokenError(f"the endpoint took the weights {taken} times and took them back")
            else:
                progress.note(f"moving all traffic to {command.to}")
                since = (
                    watch.elapsed + timing.call
                )  # of its answer, at the latest: the call may be taken and the answer lost
                receipt = traffic.move(target, token=endpoint.token, operation=command.operation)
                if receipt:  # no history has it
                    progress.note(f"the platform's log has this call as {receipt}")
                since, taken = watch.elapsed, taken + 1
        except UncertainError as error:
            watch.pause(str(error))


def _shows(shares: Mapping[Version, float], target: weights.Weights) -> bool:
    return weights.same(shares, target) and not weights.recorded(shares)


def _fit(to: Version, endpoint: Endpoint | None) -> Endpoint:
    """The endpoint, if it can serve the version. Raises RefusedError, BrokenError."""
    if endpoint is None:
        raise RefusedError(
            "there is no endpoint here, so there is no traffic to move",
            hint="of an environment on a cluster only the journal says where it is: name that with --kubernetes CONTEXT/NAMESPACE",
        )
    refuse_broken(endpoint)
    if to not in endpoint.variants:
        raise RefusedError(
            f"{to} is not on the endpoint (there: {', '.join(sorted(endpoint.variants))})",
            hint="choose one of these",
        )
    if endpoint.variants[to].instances < 1 and not endpoint.takes_none:
        raise RefusedError(f"{to} has no running instance", hint="choose another with --to")
    return endpoint
