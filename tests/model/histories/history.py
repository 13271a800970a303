"""One random history: its seed is its name, and brings it back."""

import json

import msgspec

from modeldelivery.release.core import weights
from modeldelivery.release.core.action import Done
from modeldelivery.release.core.journal import decode, encode
from modeldelivery.release.core.request import Release
from modeldelivery.release.errors import DeliveryError, RefusedError
from modeldelivery.release.naming import Environment, Model, Place
from modeldelivery.release.operations.status import Found, assess
from modeldelivery.release.ports import Stored
from tests.model.histories.cloud import Cloud, Faults, Orphan, shown
from tests.model.histories.people import DIGESTS, VERSIONS, People
from tests.model.histories.process import Process
from tests.model.histories.rules import Rules
from tests.model.host import finished, made, mixed, moved_by_hand, taken_back
from tests.model.world import config_name, settled_journal

PAUSES = (1.0, 3.0, 6.0, 12.0, 40.0, 200.0)  # seconds; a lease lasts 8
SETTLES = "from here on nothing goes wrong"
MOST = 3_000  # steps of one history
FAULTS = Faults(
    lost=0.02,
    late=0.02,
    unsent=0.01,
    throttled=0.01,
    reverted=0.2,
    killed=0.03,
    console=0.005,
    stale=0.1,
    deleted=0.004,
    newer=0.005,
    damaged=0.004,
)
CALM = Faults()
PLACE = Place(
    model=Model("flights"), environment=Environment("prod"), account="222222222222", region="eu-west-1"
)


class BrokenHistoryError(AssertionError):
    """A rule broken, with what happened before."""


class History:
    """Runs operations at random until they are through, then asks whether what is left can be put right."""

    def __init__(self, seed: object, faults: Faults = FAULTS) -> None:
        self.cloud = Cloud(seed, faults)
        self.rules = Rules(self.cloud)
        self.people = People(self.cloud, self.rules)
        self._living: list[Process] = []
        self._steps = 0

    def run(self, operations: int) -> None:
        """Raises BrokenHistoryError."""
        try:
            self._prepare()
            while operations or self._living:
                operations -= self._step(operations)
            self._settle()
        finally:
            for process in self._living:
                process.kill()

    def _prepare(self) -> None:
        """Some versions have served, one after the other; in some histories there was nothing yet."""
        cloud, chance = self.cloud, self.cloud.chance
        if chance.random() < 0.1:
            self._begin(self.people.an_up())
            return
        fleet = tuple(sorted(chance.sample(VERSIONS, chance.choice((2, 2, 3)))))
        served = tuple(chance.sample(fleet, chance.choice((1, 2, 2))))
        cloud.lives, cloud.etag = 1, 1
        cloud.journal = settled_journal(served[-1], fleet, served, DIGESTS)
        counts = {served[-1]: chance.choice((1, 1, 3))}  # what serves was perhaps scaled out by autoscaling
        cloud.host = made(
            config_name(fleet), cloud.journal.weights, instances=counts, weighed=len(served) > 1
        )
        cloud.counts = {
            v: chance.choice((2, 4))
            for v in VERSIONS
            if cloud.faults.recounted and cloud.happens("recounted")
        }
        self.people.release = Release(live=served[-1], fleet=fleet)
        cloud.tell(
            f"{served[-1]} serves, after {' '.join(served[:-1]) or 'nothing'}; fleet {' '.join(fleet)}"
        )

    def _step(self, operations: int) -> int:
        """One thing happens; 1 when it was a new operation's beginning."""
        cloud, chance = self.cloud, self.cloud.chance
        self._check()
        ready = [p for p in self._living if p.wakes <= cloud.clock]
        if operations and len(self._living) < 3 and chance.random() < (0.08 if self._living else 1.0):
            self._begin(self.people.anything())
            return 1
        if cloud.orphans and chance.random() < 0.2:
            self._land(cloud.orphans.pop(chance.randrange(len(cloud.orphans))))
        if cloud.host and cloud.host.pending and chance.random() < 0.25:
            self._platform()
        if cloud.host and not cloud.host.pending and cloud.happens("console"):
            self._console()
        if cloud.gone is None and cloud.journal.history and cloud.happens("deleted"):
            cloud.delete_journal()
        if cloud.gone is None and cloud.journal.history and cloud.happens("damaged"):
            cloud.damage_journal()
        if cloud.gone is None and cloud.happens("newer"):
            self._newer_program()
        if not ready or chance.random() < 0.05:
            self._time()
        elif cloud.happens("killed"):
            self._kill(chance.choice(ready))
        else:
            self._resume(chance.choice(ready))
        return 0

    def _begin(self, process: Process | None) -> None:
        if process:
            self._living.append(process)

    def _resume(self, process: Process) -> None:
        process.resume()
        if process.ended:
            self._living.remove(process)
            self._ended(process)

    def _ended(self, process: Process) -> None:
        if process.error is None:
            return
        self.cloud.tell(f"{process.name} ends: {type(process.error).__name__}: {process.error}")
        if not isinstance(process.error, DeliveryError):
            self.cloud.broken.append(f"{process.name} ends in a traceback: {process.error!r}")
        self.rules.failed(process.name, process.error)

    def _kill(self, process: Process) -> None:
        self.cloud.tell(f"{process.name} is killed before it {process.doing}")
        process.kill()
        self._living.remove(process)

    def _land(self, orphan: Orphan) -> None:
        if self.cloud.clock <= orphan.until:
            self.cloud.tell(f"a late call of {orphan.name} arrives")
            orphan.land()

    def _platform(self) -> None:
        cloud = self.cloud
        assert cloud.host is not None
        assert cloud.host.pending is not None
        fleet = cloud.host.pending[0] != cloud.host.config
        creating = cloud.host.pending == (cloud.host.config, cloud.host.variants)
        if not creating and cloud.happens("reverted"):
            cloud.host = cloud.one_of(taken_back(cloud.host, "no capacity"))
            cloud.tell(
                f"SageMaker takes it back: {shown(cloud.host.current)}, Desired {shown(cloud.host.desired)}"
            )
        elif fleet and cloud.happens("mixed"):
            cloud.host = mixed(cloud.host, "unhealthy")
            cloud.tell("SageMaker cannot take it back: a mix serves")
        else:
            cloud.host = finished(cloud.host)
            cloud.tell(f"SageMaker is through: {shown(cloud.host.current)}")
        cloud.touch("platform")

    def _console(self) -> None:
        cloud = self.cloud
        assert cloud.host is not None
        names = [v for v, _ in cloud.host.variants]
        share = dict.fromkeys(names, 0.0)
        for version in cloud.chance.sample(names, min(len(names), cloud.chance.choice((1, 1, 2)))):
            share[version] = cloud.chance.choice((1.0, 100.0, 1000.0))
        cloud.host = moved_by_hand(cloud.host, share)
        cloud.touch("console")
        cloud.tell(f"the console moves to {shown(share)}")

    def _newer_program(self) -> None:
        """A newer program notes in the journal what this one does not know, and this one must keep."""
        cloud = self.cloud
        document = json.loads(encode(cloud.journal))
        document["rollout"] = {"step": len(cloud.writers)}
        for rejection in document.get("rejections", []):
            rejection["ticket"] = "T-1"
        cloud.journal = decode(json.dumps(document).encode(), "the journal")
        cloud.etag += 1
        cloud.writers.append("newer")
        cloud.tell("a newer program writes to the journal")

    def _time(self) -> None:
        cloud = self.cloud
        asleep = [p.wakes for p in self._living if p.wakes > cloud.clock]
        if asleep and cloud.chance.random() < 0.7:
            cloud.clock = min(asleep)
        else:
            cloud.clock += cloud.chance.choice(PAUSES)

    def _check(self) -> None:
        self._steps += 1
        if self._steps > MOST:
            self.cloud.broken.append("it does not end")
        if self.cloud.broken:
            raise BrokenHistoryError("\n  ".join([self.cloud.broken[0], *self.cloud.trace[-80:]]))

    # What is left

    def _settle(self) -> None:
        """Nothing goes wrong any more: `status` tells the truth, `up` and rollback converge."""
        cloud = self.cloud
        cloud.faults = CALM
        cloud.tell(SETTLES)
        cloud.clock += 30.0
        cloud.orphans.clear()
        cloud.restore_journal()
        while cloud.host and cloud.host.pending:
            self._platform()
        self._status_tells_the_truth()
        if cloud.host is None or cloud.host.stuck:
            return
        if cloud.host.tag:
            self._must_end(self.people.an_adopt())
            cloud.require(not cloud.host.tag, "adopt leaves the tag")
        if isinstance(self._must_end(self.people.an_up()), Done):
            self.rules.counted()
        self._status_tells_the_truth()
        first = self._must_end(self.people.a_rollback())
        self._status_tells_the_truth()
        second = self._must_end(self.people.a_rollback())
        if isinstance(first, Done):
            cloud.require(isinstance(second, Done) and second.already, "a second rollback is not content")
        cloud.require(cloud.journal.intent is None or first is None, "an intent is left for ever")
        self._check()

    def _must_end(self, process: Process | None) -> object:
        """Run one operation alone; its result, None when it refuses."""
        if process is None:
            return None
        self._living.append(process)
        while process in self._living:
            self._check()
            if self.cloud.host and self.cloud.host.pending:
                self._platform()
            self.cloud.clock = max(self.cloud.clock, process.wakes)
            self._resume(process)
        self._check()
        fine = process.error is None or isinstance(process.error, RefusedError)
        self.cloud.require(fine, f"{process.name} fails alone: {process.error!r}")
        self._check()
        return process.result

    def _status_tells_the_truth(self) -> None:
        """Nothing is under way: what `status` says fits is so."""
        cloud, journal = self.cloud, self.cloud.journal
        host = cloud.host
        if host is None or host.stuck:
            return
        stored = Stored(journal=journal, etag=str(cloud.etag), now=cloud.now)
        status = assess(PLACE, Found(stored=stored, endpoint=host.described(), mark=host.tag))
        cloud.require(status.serving in host.serving, f"status says that {status.serving} serves")
        if status.divergence or status.pending:
            return
        agree = weights.same(dict(host.current), journal.weights)
        cloud.require(
            agree, f"status is content; the endpoint has {host.current}, the journal {journal.weights}"
        )
        rejected = [v for v in sorted(host.serving) if journal.rejection(v)]
        cloud.require(not rejected, f"status is content while {rejected}, rejected, serves")
        left = not weights.same(dict(host.current), dict(host.desired))
        cloud.require(not left, f"status is content while a Desired is left behind: {host.desired}")
        self._check()


def run(seed: int, faults: Faults = FAULTS, operations: int = 5) -> History:
    """Raises BrokenHistoryError."""
    history = History(seed, faults)
    history.run(operations)
    return history


def with_faults(**changes: float) -> Faults:
    return msgspec.structs.replace(FAULTS, **changes)
