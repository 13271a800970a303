"""The journal: what serves on an endpoint, who decided it, and what is under way.

One stored object per endpoint. Every write is conditional on what was read, so two writers never both win. Intents and
events carry the id of the operation that wrote them, so one whose response was lost finds its own write when it reads
again. Time is the store's, in seconds since the epoch.
"""

from enum import StrEnum
from typing import Any

import msgspec

from modeldelivery.release import formats
from modeldelivery.release.core.endpoint import Incarnation
from modeldelivery.release.formats import Document, Record
from modeldelivery.release.version import Version

SCHEMA = 1
REQUIREMENTS = frozenset({"kubernetes"})  # entries of `requires` that this program knows: `core/target.py`
KEPT_EVENTS = 500  # newest of each kind of decision, so that no kind pushes another out
KEPT_CLOSED = 100  # intents that came to nothing: whoever was superseded still finds its own
KEPT_DRILLS = 100  # each has the receipts of all its calls


class IntentKind(StrEnum):
    """What may be under way."""

    CREATE = "create"  # `up` makes the endpoint
    FLEET = "fleet"  # `up` adds, drops or resizes versions; weights stand
    UP = "up"  # `up` moves traffic because config's `live` changed
    ROLLBACK = "rollback"
    OTHER = "other"  # a newer version of this program's


class EventKind(StrEnum):
    """What history tells: an intent's outcome, or a decision that moves nothing by itself."""

    CREATE = "create"
    FLEET = "fleet"
    UP = "up"
    ROLLBACK = "rollback"
    ADOPT = "adopt"  # a move by someone else, recorded as decided
    ACCEPT = "accept"  # a rejection lifted
    REJECT = "reject"  # a version without traffic rejected
    DRILL = "drill"  # rollbacks there and back, tried under load; what was decided before stands after it
    WITHDRAWN = "withdrawn"  # a version that never carried everything lost its traffic, without a verdict
    CLOSED = "closed"  # an intent that could not be carried out
    OTHER = "other"  # a newer version of this program's


class Verdict(StrEnum):
    """What a rollback says of the versions that it takes the traffic from."""

    REJECTS = "rejects"
    KEEPS = "keeps"  # nothing yet: `rollback --keep`; the next plain one rejects them
    GIVES = (
        "gives"  # nothing: `rollback --to … --keep` gives a version traffic, and can itself be rolled back
    )
    OTHER = "other"  # a newer version of this program's


class Intent(Record, frozen=True, kw_only=True):
    """A change under way, written before the call that makes it.

    Attributes:
        operation: id of the run that owns it.
        source: weights before.
        target: weights after; for a fleet change, the weights that stand.
        live: config's `live` that counts as applied once this is observed (`up` only).
        config: content of the fleet to move to (fleet changes only).
        drops: versions that a fleet change takes away.
        fleet: versions on the endpoint afterwards (fleet changes only).
        instances: number of instances that it asks for, of versions that it gives another.
        holder: operation that finishes it in its dead owner's stead, and whose the deadline is (a rollback's only).
        verdict: of a rollback; one without it rejects.
        left: versions that a rollback takes the traffic from, wherever they had it, and does not reject.
        deadline: the call is never sent after this instant.
        fence: latest deadline of any earlier intent: until then, an older call may still arrive.
    """

    operation: str
    kind: IntentKind
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
    instances: dict[Version, int] = msgspec.field(default_factory=dict)
    holder: str | None = None
    verdict: Verdict | None = None
    left: tuple[Version, ...] = ()

    @property
    def aim(self) -> tuple[object, ...]:
        """What it wants, whatever time it has left: a renewed intent has the same aim."""
        return self.operation, self.kind, tuple(sorted(self.target.items())), self.config


class Rejection(Record, frozen=True, kw_only=True):
    """A digest set that must get no traffic until it is accepted. `digest` is None when the bits are not known."""

    version: Version
    digest: str | None
    at: float
    actor: str
    reason: str


class Served(Record, frozen=True, kw_only=True):
    """A version that was seen with traffic.

    Attributes:
        since: when it last began to have some.
        whole: when it last began to carry everything; None when it never did.
    """

    version: Version
    since: float
    whole: float | None = None


class Event(Record, frozen=True, kw_only=True):
    """One line of history: what was decided or observed, by whom, why.

    Attributes:
        actor: who, as they say.
        verdict: of a rollback; one without it rejects.
        left: versions that a rollback took the traffic from and did not reject; an earlier one says so by its weights alone.
        caller: who, as the platform knows them (AWS: the ARN that STS tells); None when it was not known in time.
        calls: receipts of the calls that made the change (AWS: request ids, as CloudTrail has them).
    """

    operation: str
    kind: EventKind
    at: float
    actor: str
    reason: str
    source: dict[Version, int]
    target: dict[Version, int]
    verdict: Verdict | None = None
    left: tuple[Version, ...] = ()
    caller: str | None = None
    calls: tuple[str, ...] = ()


class Parked(Record, frozen=True, kw_only=True):
    """How a version's instances were scaled before a change of the fleet took that away.

    Attributes:
        least, most: instances.
        policies: in the platform's words.
        suspended: what of it was suspended, in the platform's words.
    """

    least: int
    most: int
    policies: tuple[dict[str, Any], ...] = ()
    suspended: dict[str, bool] = msgspec.field(default_factory=dict)


class ClusterPlace(Record, frozen=True, kw_only=True):
    """Where an environment serves that is on Kubernetes.

    Attributes:
        server: address of the API server.
        namespace, route: the HTTPRoute.
        ca: PEM of who signs the server's certificate; "" for those that a machine trusts.
        cluster: EKS' name of it, by which AWS credentials log in; "" where it is none of EKS.
    """

    server: str
    namespace: str
    route: str
    ca: str = ""
    cluster: str = ""


class DrillMove(Record, frozen=True, kw_only=True):
    """One rollback of a drill, as callers noticed it; seconds count from when it was requested.

    Attributes:
        to: version that it went to.
        wrong: until the last answer of another version came; 0 where none did.
        done: until it reported that it was done.
        requests: sent from then until the next one was requested.
        lost: of these, not answered with a status of 2xx.
        late: answered by another version, though sent after it had reported done.
    """

    to: Version
    wrong: float
    done: float
    requests: int
    lost: int = 0
    late: int = 0


class Drill(Record, frozen=True, kw_only=True):
    """The latest drill, or the one under way: rollbacks from the version that serves to the fallback and back, under load.

    Attributes:
        operation: id of the run; each of its moves is an operation whose id begins with it.
        home, away: the version that serves before and after it, and the fallback.
        rounds: that were to be tried, two moves each.
        rate: requests a second.
        moves: that were measured.
        ended: when it was over; None while it is under way, or was killed.
        why: it ended before its last round; empty where it did not.
        calls: receipts of the calls of its moves.
        decision, served: as they were before and are again after it; of one that is over, nothing.
    """

    operation: str
    actor: str
    reason: str
    since: float
    home: Version
    away: Version
    rounds: int
    rate: int
    moves: tuple[DrillMove, ...] = ()
    ended: float | None = None
    why: str = ""
    calls: tuple[str, ...] = ()
    decision: Event | None = None
    served: tuple[Served, ...] = ()


class Journal(Document, frozen=True, kw_only=True):
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
        parked: scaling that a change of the fleet takes away before its call; whoever finds it here puts it back.
        resizes: versions whose instances config changed in number and that were not brought to it yet, with the number that each
            had; whoever finds them here asks for what config says then.
        served: versions seen with traffic, oldest first; the one with most of it goes last.
        decision: what the present weights come from.
        history: newest last; bounded for each kind of event by itself.
        place: where the endpoint is, when it is not SageMaker's; such a journal `requires` a reader who knows that.
        drill: the latest one.
    """

    schema: int = SCHEMA
    incarnation: Incarnation | None = None
    live: Version | None = None
    fleet: tuple[Version, ...] = ()
    weights: dict[Version, int] = msgspec.field(default_factory=dict)
    digests: dict[Version, str] = msgspec.field(default_factory=dict)
    intent: Intent | None = None
    fence: float = 0.0
    rejections: tuple[Rejection, ...] = ()
    drops: tuple[Version, ...] = ()
    drops_until: float = 0.0
    parked: dict[Version, Parked] = msgspec.field(default_factory=dict)
    resizes: dict[Version, int] = msgspec.field(default_factory=dict)
    served: tuple[Served, ...] = ()
    decision: Event | None = None
    history: tuple[Event, ...] = ()
    place: ClusterPlace | None = None
    drill: Drill | None = None

    def rejection(self, version: Version) -> Rejection | None:
        """Why a version may get no traffic, if it may not: a rejection follows the bits, whatever they are called."""
        return self.rejection_of(version, self.digests.get(version))

    def rejection_of(self, version: Version, digest: str | None) -> Rejection | None:
        """The same of a version whose bits are known, also if it never was in the fleet."""
        for rejection in self.rejections:
            if rejection.version == version or (digest is not None and rejection.digest == digest):
                return rejection
        return None

    def with_event(self, event: Event) -> "Journal":
        """The journal with one more event; the oldest of that kind goes when there are too many of it."""
        most = _KEPT.get(event.kind, KEPT_EVENTS)
        alike = [number for number, each in enumerate(self.history) if each.kind is event.kind]
        gone = set(alike[: len(alike) + 1 - most]) if len(alike) >= most else set()
        kept = tuple(each for number, each in enumerate(self.history) if number not in gone)
        return msgspec.structs.replace(self, history=(*kept, event))


_KEPT = {EventKind.CLOSED: KEPT_CLOSED, EventKind.DRILL: KEPT_DRILLS}


def decode(body: bytes, where: str) -> Journal:
    """Read a journal, of this schema or an earlier one.

    Raises:
        UpdateNeededError: it requires what this version does not know.
        msgspec.DecodeError: it is no journal.
    """
    journal = formats.decode(body, Journal, where, REQUIREMENTS)
    return journal if journal.schema >= SCHEMA else _of_schema_1(journal)


def encode(journal: Journal) -> bytes:
    """A journal as it is stored."""
    return formats.encode(journal)


def _of_schema_1(journal: Journal) -> Journal:
    """Schema 0 had no `whole`: a version counts as having carried everything unless history shows it only with a part."""
    whole, part = set[Version](), set[Version]()
    for event in journal.history:
        having = {version for version, weight in event.target.items() if weight > 0}
        (whole if len(having) == 1 else part).update(having)
    served = tuple(
        each if each.version in part - whole else msgspec.structs.replace(each, whole=each.since)
        for each in journal.served
    )
    return msgspec.structs.replace(journal, schema=SCHEMA, served=served)
