"""The world of a random history: one journal, one endpoint, a clock, and a seed that says what goes wrong."""

import random
from collections.abc import Callable

import msgspec

from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.version import Version
from tests.model.histories.damage import DAMAGES
from tests.model.host import Host

STALE = 8.0
LATEST = 4.0  # seconds after it was sent within which a call arrives, if it ever does


class Faults(msgspec.Struct, frozen=True):
    """Chance of each thing that goes wrong, per call or per step.

    Attributes:
        lost: no answer, whether or not the call was carried out.
        late: no answer, and the call arrives later.
        unsent: no connection.
        throttled: refused for now.
        reverted: the platform takes a change back.
        mixed: a fleet change ends in UpdateRollbackFailed.
        killed: a process.
        console: someone else moves traffic.
        stale: a call that is taken is not shown yet, for up to `STALE` seconds.
        deleted: the journal, once in a history.
        newer: a newer program writes to the journal what this one does not know.
        damaged: somebody edits the journal, once in a history: it is JSON, and cannot be true.
        recounted: a version's number of instances is another in config than on the endpoint, in a history.
    """

    lost: float = 0.0
    late: float = 0.0
    unsent: float = 0.0
    throttled: float = 0.0
    reverted: float = 0.0
    mixed: float = 0.0
    killed: float = 0.0
    console: float = 0.0
    stale: float = 0.0
    deleted: float = 0.0
    newer: float = 0.0
    damaged: float = 0.0
    recounted: float = 0.0


class Orphan(msgspec.Struct, frozen=True):
    """A call whose sender waits no longer, still on its way."""

    name: str
    until: float
    land: Callable[[], object]


class Cloud:
    """What is true, whatever anyone knows of it.

    Attributes:
        clock: seconds since the epoch; the journal's store shows whole ones.
        etag: counts writes of the journal.
        gone: since when there is no journal that can be true; None while there is one, or never was.
        damaged: it is gone, and another object is in its place.
        copy: the journal that is gone.
        counts: instances that config asks for, of those versions whose number it changes.
        host: the endpoint; None when there is none.
        stale: what a description still shows, how many touches it knows of, and until when; None when it shows what is.
        touched: who changed the endpoint's traffic or fleet, or began to, each time (a touch): an operation's name, "console" or "platform".
        writers: who wrote the journal, each time.
        trace: what happened, a line each.
        broken: rules that were broken.
    """

    def __init__(self, seed: object, faults: Faults) -> None:
        self.chance = random.Random(str(seed))  # noqa: S311 (a schedule, not a secret)
        self.faults = faults
        self.clock = 1_000_000.0
        self.journal = Journal()
        self.etag = 0
        self.gone: float | None = None
        self.damaged = False
        self.copy = Journal()
        self.stale: tuple[Endpoint | None, int, float] | None = None
        self.counts: dict[Version, int] = {}
        self.host: Host | None = None
        self.lives = 0
        self.touched: list[str] = []
        self.writers: list[str] = []
        self.orphans: list[Orphan] = []
        self.trace: list[str] = []
        self.broken: list[str] = []

    @property
    def now(self) -> float:
        """By the store's clock."""
        return float(int(self.clock))

    def happens(self, fault: str) -> bool:
        return self.chance.random() < getattr(self.faults, fault)

    def one_of(self, ways: tuple[Host, ...]) -> Host:
        return ways[0] if len(ways) == 1 else self.chance.choice(ways)

    def delete_journal(self) -> None:
        """Somebody's script: the object is gone."""
        self.copy, self.journal, self.gone = self.journal, Journal(), self.clock
        self.tell("the journal is deleted")

    def damage_journal(self) -> None:
        """Somebody edits it by hand, and what comes of it cannot be true."""
        kind = self.chance.choice(sorted(DAMAGES))
        self.copy, self.gone, self.damaged = self.journal, self.clock, True
        self.journal = DAMAGES[kind](self.journal, self.now)
        self.etag += 1
        self.tell(f"the journal is damaged: {kind}")

    @property
    def stored_etag(self) -> str | None:
        """Of the object where the journal is kept; None where there is none."""
        return str(self.etag) if self.etag and (self.gone is None or self.damaged) else None

    def restore_journal(self) -> None:
        """Its last copy is put back, as the runbook says; where a new one was begun meanwhile, that stays."""
        if self.gone is not None:
            self.journal, self.gone, self.damaged = self.copy, None, False
            self.etag += 1
            self.tell("the journal's last copy is put back")

    def described(self) -> tuple[Endpoint | None, int]:
        """What a description shows, and how many touches it knows of."""
        if self.stale and self.clock < self.stale[2]:
            return self.stale[:2]
        return self.host.described() if self.host else None, len(self.touched)

    def grow_stale(self) -> None:
        """A call is about to be taken, which is perhaps not shown at once."""
        if self.happens("stale"):
            shown, true = self.described()
            self.stale = shown, true, self.clock + self.chance.uniform(1.0, STALE)

    def tell(self, line: str) -> None:
        self.trace.append(f"{self.clock - 1_000_000:7.1f} s  {line}")

    def require(self, holds: object, rule: str) -> None:
        """Note a rule that is broken."""
        if not holds:
            self.broken.append(rule)

    def touch(self, who: str) -> None:
        self.touched.append(who)


def shown(weights: dict[Version, float] | tuple[tuple[Version, float], ...]) -> str:
    """Weights in a trace's line."""
    items = weights.items() if isinstance(weights, dict) else weights
    return " ".join(f"{v}={w:g}" for v, w in items)
