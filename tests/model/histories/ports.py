"""The ports of one operation on the world of a history: every call waits for its turn, and may go wrong."""

from collections.abc import Callable, Mapping, Sequence

from modeldelivery.release.core import sanity
from modeldelivery.release.core.action import Prepared, Timing
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.errors import (
    BusyError,
    ConflictError,
    DamagedError,
    LostError,
    NotSentError,
    UnreachableError,
)
from modeldelivery.release.ports import Stored
from modeldelivery.release.version import Version
from tests.model.histories.cloud import LATEST, Cloud, Orphan, shown
from tests.model.histories.process import Process
from tests.model.histories.rules import Rules, Sent
from tests.model.host import Host, made, replace, reweighed, updated
from tests.model.world import config_name


class Ports:
    """JournalStore, Traffic, Fleet, Clock and Progress of one process.

    Attributes:
        journal: as it last read or wrote it.
        looked: what it last saw of the endpoint.
        looked_at: how many touches there had been then.
    """

    def __init__(self, cloud: Cloud, process: Process, rules: Rules) -> None:
        self._cloud, self._process, self._rules = cloud, process, rules
        self.journal = Journal()
        self.looked: Endpoint | None = None
        self.looked_at = 0
        self._prepared: dict[str, tuple[tuple[Version, ...], dict[Version, int]]] = {}
        self._resizes: dict[str, dict[Version, int]] = {}

    @property
    def who(self) -> str:
        """The operation's name."""
        return self._process.name

    # JournalStore

    def read(self) -> Stored:
        self._call("reads the journal")
        stored = self._stored()
        self._rules.began(self)
        return stored

    def write(self, journal: Journal, etag: str | None) -> Stored:
        cloud, looked = self._cloud, self.looked

        def land() -> bool:
            if etag != cloud.stored_etag:
                self.journal = cloud.journal
                return False
            self._rules.written(self, cloud.journal, journal, looked)
            cloud.journal, cloud.gone, cloud.damaged = journal, None, False
            cloud.etag += 1
            cloud.writers.append(self.who)
            cloud.tell(f"  stored: {_told(journal)}")
            return True

        if not self._send(f"writes {_told(journal)}", land, forever=True):
            raise ConflictError("someone else wrote the journal")
        return self._stored()

    def _stored(self) -> Stored:
        """Raises DamagedError, as the store does."""
        cloud = self._cloud
        wrong = sanity.fault(cloud.journal, cloud.now)
        if wrong:
            raise DamagedError(f"the journal cannot be true ({wrong})")
        self.journal = cloud.journal
        return Stored(journal=cloud.journal, etag=cloud.stored_etag, now=cloud.now)

    # Traffic

    @property
    def timing(self) -> Timing:
        return Timing()

    def describe(self) -> Endpoint | None:
        self._call("describes")
        cloud = self._cloud
        self.looked, self.looked_at = cloud.described()
        return self.looked

    def move(
        self,
        weights: Weights,
        *,
        token: str,  # noqa: ARG002 - SageMaker takes neither
        operation: str,  # noqa: ARG002
        instances: Mapping[Version, int] | None = None,
    ) -> str:
        desired = dict(weights)
        return self._change(
            f"moves to {shown(desired)}",
            lambda host, _: reweighed(host, desired, instances or {}),
            lambda _, sent: self._rules.moved(self, desired, sent),
        )

    def scale(self, version: Version, instances: int, weights: Mapping[Version, float]) -> str:
        desired = dict(weights)
        return self._change(
            f"scales {version} to {instances}",
            lambda host, _: reweighed(host, desired, {version: instances}),
            lambda host, sent: self._rules.scaled(self, host, sent),
        )

    def marked(self) -> str | None:
        self._call("reads the tag")
        return self._cloud.host.tag if self._cloud.host else None

    def owner(self) -> str | None:
        self._call("asks for the journal's place")
        return "s3://registry/journal.json" if self._cloud.host else None

    def mark(self, text: str) -> None:
        def land() -> bool:
            if self._cloud.host:
                self._cloud.host = replace(self._cloud.host, tag=text)
                self._rules.marked()
            return True

        self._send("tags the endpoint", land, forever=True)

    def unmark(self) -> None:
        def land() -> bool:
            if self._cloud.host:
                self._cloud.host = replace(self._cloud.host, tag=None)
                self._rules.unmarked()
            return True

        self._send("takes the tag away", land, forever=True)

    # Fleet

    def name(self, fleet: Sequence[Version]) -> str:
        return config_name(tuple(fleet))

    def prepare(self, config: str, fleet: Sequence[Version], weights: Weights) -> Prepared:
        self._call(f"makes the configuration {config}")
        self._resizes[config] = self._resized(fleet)
        self._prepared[config] = (tuple(fleet), dict(weights))
        return Prepared(resizes=self._resizes[config])  # no version of a history is scaled by itself

    def change(self, config: str, *, token: str, operation: str) -> str:  # noqa: ARG002 - SageMaker takes neither
        fleet, weights = self._prepared[config]
        if self._cloud.host is None:
            self._send(f"creates {config}", lambda: self._create(config, weights))
            return "receipt"
        return self._change(
            f"updates to {config}",
            lambda host, sent: self._updated(host, config, fleet, weights, sent),
            lambda host, sent: self._rules.updating(self, host, sent),
        )

    def _resized(self, fleet: Sequence[Version]) -> dict[Version, int]:
        """Instances of the versions that stay and whose number config changes, as they are."""
        there = dict(self._cloud.host.variants) if self._cloud.host else {}
        wanted = self._cloud.counts
        counts = {v: each.instances_desired for v, each in there.items() if v in fleet}
        return {v: count for v, count in counts.items() if wanted.get(v, count) != count}

    def _updated(
        self,
        host: Host,
        config: str,
        fleet: tuple[Version, ...],
        weights: Mapping[Version, float],
        sent: Sent,
    ) -> tuple[Host, ...]:
        if not host.pending:
            self._rules.dropping(self, host, fleet, sent)
            self._rules.owes(fleet, self._resizes[config])
        return updated(host, config, fleet, weights)

    def _create(self, config: str, weights: Mapping[Version, float]) -> bool:
        cloud = self._cloud
        if cloud.host is not None:
            return False
        cloud.lives += 1
        host = made(config, weights, created=float(cloud.lives), weighed=False)
        cloud.host = replace(host, pending=(config, host.variants))
        cloud.touch(self.who)
        return True

    def _change(
        self,
        doing: str,
        change: Callable[[Host, Sent], tuple[Host, ...]],
        judge: Callable[[Host, Sent], None],
    ) -> str:
        """One call that changes the endpoint; its receipt."""
        cloud = self._cloud
        sent = Sent(cloud.clock, self.looked_at)
        busy = False

        def land() -> bool:
            nonlocal busy
            ways = change(cloud.host, sent) if cloud.host else ()
            busy = bool(cloud.host and cloud.host.pending)
            if not ways:
                self._rules.refused(self, doing, sent)
                return False
            cloud.grow_stale()
            chosen = cloud.one_of(ways)
            before, cloud.host = cloud.host, chosen
            assert before is not None
            cloud.touch(self.who)
            cloud.tell(f"  taken: {doing}")
            judge(before, sent)
            return True

        if not self._send(doing, land):
            if busy:
                raise BusyError("not taken while the endpoint is changing")
            raise UnreachableError(f"SageMaker refuses: {self.who} {doing}")
        return "receipt"

    # Clock and Progress

    def monotonic(self) -> float:
        return self._cloud.clock

    def sleep(self, seconds: float) -> None:
        self._process.pause("sleeps", self._cloud.clock + seconds)

    def note(self, sentence: str) -> None:
        """Nobody reads along."""

    def waiting(self, why: str, seconds: float) -> None:
        """Nobody reads along."""

    # What goes wrong

    def _call(self, doing: str) -> None:
        """A call that changes nothing. Raises LostError, NotSentError."""
        self._process.pause(doing)
        cloud = self._cloud
        cloud.tell(f"{self.who} {doing}")
        if cloud.happens("lost"):
            raise LostError(f"{doing}: no answer")
        if cloud.happens("unsent"):
            raise NotSentError(f"{doing}: no connection")

    def _send(self, doing: str, land: Callable[[], bool], *, forever: bool = False) -> bool:
        """A call that changes something: whether it was taken.

        It is answered within `LATEST` seconds, or not sent at all; one whose sender looks at no deadline first (`forever`)
        may be sent any time later.

        Raises:
            LostError, NotSentError, BusyError: as the world pleases.
        """
        cloud = self._cloud
        sent = cloud.clock
        self._process.pause(doing)
        cloud.tell(f"{self.who} {doing}")
        if cloud.clock > sent + LATEST and not forever:
            raise LostError(f"{doing}: timed out")
        if cloud.happens("throttled"):
            raise BusyError(f"{doing}: slow down")
        if cloud.happens("unsent"):
            raise NotSentError(f"{doing}: no connection")
        if cloud.happens("late"):
            until = cloud.clock + LATEST if forever else sent + LATEST
            cloud.orphans.append(Orphan(self.who, until, land))
            raise LostError(f"{doing}: no answer yet")
        taken = land()
        if cloud.happens("lost"):
            raise LostError(f"{doing}: no answer")
        return taken


def _told(journal: Journal) -> str:
    intent = journal.intent
    if intent is None:
        last = journal.history[-1] if journal.history else None
        return (
            f"no intent, {shown(dict(journal.weights))}, last {last.kind} of {last.operation}"
            if last
            else "nothing"
        )
    return f"{intent.kind} of {intent.operation}: {shown(dict(intent.target))}"
