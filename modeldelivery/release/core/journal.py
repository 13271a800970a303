"""The journal: what serves on an endpoint, who decided it, and what is under way.

One S3 object per endpoint. Every write is conditional on what was read, so two writers never both win. Intents and
events carry the id of the operation that wrote them, so one whose response was lost finds its own write when it reads
again. Time is S3's, in seconds since the epoch.
"""

from enum import StrEnum

import msgspec

from modeldelivery.release.core.endpoint import Incarnation
from modeldelivery.release.version import Version

KEPT_EVENTS = 500


class Kind(StrEnum):
    """What moves traffic or changes a fleet, or decides about either."""

    CREATE = "create"  # `up` makes the endpoint
    FLEET = "fleet"  # `up` adds, drops or resizes versions; weights stand
    UP = "up"  # `up` moves traffic because config's `live` changed
    ROLLBACK = "rollback"
    ADOPT = "adopt"  # a move by someone else, recorded as decided
    ACCEPT = "accept"  # a rejection lifted
    CLOSED = "closed"  # an intent that could not be carried out


class Intent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A change under way, written before the call that makes it.

    Attributes:
        operation: id of the run that owns it.
        source: weights before.
        target: weights after; for a fleet change, the weights that stand.
        live: config's `live` that counts as applied once this is observed (`up` only).
        config: endpoint configuration to move to (fleet changes only).
        drops: versions that a fleet change takes away.
        fleet: versions on the endpoint afterwards (fleet changes only).
        holder: operation that finishes it in its dead owner's stead, and whose the deadline is (a rollback's only).
        deadline: the call is never sent after this instant.
        fence: latest deadline of any earlier intent: until then, an older call may still arrive.
    """

    operation: str
    kind: Kind
    actor: str
    reason: str
    since: float
    source: dict[Version, int]
    target: dict[Version, int]
    deadline: float
    fence: float
    live: Version | None = None
    config: str | None = None
    drops: tuple[Version, ...] = ()
    fleet: tuple[Version, ...] = ()
    holder: str | None = None

    @property
    def aim(self) -> tuple[object, ...]:
        """What it wants, whatever time it has left: a renewed intent has the same aim."""
        return self.operation, self.kind, tuple(sorted(self.target.items())), self.config


class Rejection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A digest set that must get no traffic until it is accepted. `digest` is None when the bits are not known."""

    version: Version
    digest: str | None
    at: float
    actor: str
    reason: str


class Served(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A version that was seen serving, since when it last began to."""

    version: Version
    since: float


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of history: what was decided or observed, by whom, why."""

    operation: str
    kind: Kind
    at: float
    actor: str
    reason: str
    source: dict[Version, int]
    target: dict[Version, int]


class Journal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """See docs/architecture.md. An empty journal is one of an endpoint that never was.

    Attributes:
        incarnation: the endpoint's life to which `weights` belong.
        live: config's `live` as last applied.
        fleet: versions on the endpoint as of the last fleet change.
        weights: as decided and last observed.
        digests: digest set of every version that was ever put into the fleet.
        intent: the move under way.
        fence: latest deadline of any intent, open or closed.
        drops: versions that some fleet change, even one superseded since, may still take away until `drops_until`.
        served: versions seen serving, oldest first; the last serves now.
        decision: what the present weights come from.
        history: newest last; bounded.
    """

    incarnation: Incarnation | None = None
    live: Version | None = None
    fleet: tuple[Version, ...] = ()
    weights: dict[Version, int] = {}
    digests: dict[Version, str] = {}
    intent: Intent | None = None
    fence: float = 0.0
    rejections: tuple[Rejection, ...] = ()
    drops: tuple[Version, ...] = ()
    drops_until: float = 0.0
    served: tuple[Served, ...] = ()
    decision: Event | None = None
    history: tuple[Event, ...] = ()

    def rejection(self, version: Version) -> Rejection | None:
        """Why a version may get no traffic, if it may not: a rejection follows the bits, whatever they are called."""
        digest = self.digests.get(version)
        for rejection in self.rejections:
            if rejection.version == version or (digest is not None and rejection.digest == digest):
                return rejection
        return None

    def with_event(self, event: Event) -> "Journal":
        return msgspec.structs.replace(self, history=(*self.history, event)[-KEPT_EVENTS:])
