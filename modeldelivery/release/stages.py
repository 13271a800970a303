"""What a change of the fleet needs before its one call, stage by stage: everything is looked at again after each."""

from collections.abc import Mapping

import msgspec

from modeldelivery.release.core.action import ChangeFleet, Prepared
from modeldelivery.release.core.journal import Parked
from modeldelivery.release.ports import Fleet
from modeldelivery.release.version import Version


class Stages(msgspec.Struct, kw_only=True):
    """The changes of one operation.

    Attributes:
        fleet: None for an operation that changes none.
        prepared: the change that was prepared last.
        leaves: what it leaves to be done; None before one was prepared.
        gone: scaling that may have been taken away.
        cleared: all of it was.
    """

    fleet: Fleet | None
    prepared: ChangeFleet | None = None
    leaves: Prepared | None = None
    gone: dict[Version, Parked] = {}
    cleared: bool = False

    def advance(self, action: ChangeFleet) -> bool:
        """Carry out the next stage; False when none is left. The journal has by now what the last one takes away.

        Raises:
            UncertainError: the stage may be tried again.
        """
        fleet = self._fleet
        earlier = self.prepared and (self.prepared.config, self.prepared.weights)
        if earlier != (action.config, action.weights):
            self.leaves = fleet.prepare(action.config, action.fleet, action.weights)
            self.prepared, self.cleared = action, False
            return True
        parks = self.leaves.parks if self.leaves else {}
        if self.cleared or not parks:
            return False
        self.gone = {**self.gone, **parks}  # some of it is gone even when a later call fails
        fleet.park(parks)
        self.cleared = True
        return True

    def put_back(self, parked: Mapping[Version, Parked]) -> None:
        """Make scaling again as it was. Raises UncertainError."""
        self._fleet.put_back(parked)
        self.prepared, self.leaves, self.gone, self.cleared = None, None, {}, False

    @property
    def _fleet(self) -> Fleet:
        assert self.fleet is not None, "only `up` changes a fleet"
        return self.fleet
