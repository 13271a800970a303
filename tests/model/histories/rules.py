"""What must hold of every history, judged as things happen, by the truth and not by what anyone believes."""

import re
from collections import Counter
from typing import Protocol

import msgspec

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.accept import Accept
from modeldelivery.release.core.action import CLOCK_STEP, Done, Timing
from modeldelivery.release.core.adopt import Adopt
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import EventKind, IntentKind, Journal, Verdict
from modeldelivery.release.core.reject import Reject
from modeldelivery.release.core.rollback import Rollback
from modeldelivery.release.core.up import Up
from modeldelivery.release.operations.unrecorded import Unrecorded
from modeldelivery.release.version import Version
from tests.model.histories.cloud import Cloud
from tests.model.host import Host
from tests.model.reports import DECISIONS

VERSION = re.compile(r"v\d+\.\d+\.\d+")
_TAKEN = re.compile(r"took the weights (\d+) times")
FARTHEST = Timing().lease + Timing().call + 2 * CLOCK_STEP  # seconds; of a deadline, by the store's clock
# A call of one who saw no tag lands this long after the tag at the latest: it read it after its intent was written.
OUTWAITED = Timing().lease + 2 * CLOCK_STEP


class Seer(Protocol):
    """An operation's ports, with what it has seen."""

    who: str
    journal: Journal
    looked: Endpoint | None
    looked_at: int


class Sent(msgspec.Struct, frozen=True):
    """A call, as it was sent; it may arrive later, when its sender has looked again.

    Attributes:
        at: when.
        touches: how many its sender knew of.
    """

    at: float
    touches: int


class Preview:
    """What a preview showed, and when."""

    def __init__(self, cloud: Cloud, shown: dict[Version, int]) -> None:
        self.shown = shown
        self.touches, self.writes = len(cloud.touched), len(cloud.writers)


class Rules:
    """Notes in `cloud.broken` what is broken.

    Attributes:
        goals: what each operation wants.
        previews: of each `up`.
        enforced: versions rejected when a rollback or a reject reported done, and not accepted since.
        tagged: when the tag that stands was put there; None when there is none.
        outwaited: the emergency move that put it there has ended well.
        owed: versions whose changed number of instances a change of the fleet left to be asked for, with the number that each had.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.goals: dict[str, object] = {}
        self.previews: dict[str, Preview] = {}
        self.enforced: set[Version] = set()
        self.tagged: float | None = None
        self.outwaited = False
        self.owed: dict[Version, int] = {}
        self._overtaken: set[str] = set()
        self._called = Counter[str]()
        self._reported: set[str] = set()  # operations that ended well
        self._changed = ("", "")  # who changed the fleet last, and the configuration that this leads to
        self._taken = Counter[str]()  # weights calls that moved traffic
        self._anew = False  # the journal was lost, and another begun
        self._rolled: list[tuple[str, Version]] = []  # rollbacks that reported done, and what serves since
        self._known: dict[
            str, tuple[int, str | None]
        ] = {}  # of each operation: how many when it began, and what stood

    # The journal

    def written(self, by: Seer, before: Journal, after: Journal, looked: Endpoint | None) -> None:
        """A write that is taken, by what its sender had `looked` at when it sent it."""
        require, who = self._cloud.require, by.who
        require(not self._cloud.damaged, f"{who} writes by a journal that cannot be true")
        if before == Journal():
            lost = self._cloud.gone is not None and self._cloud.host is not None
            knowing = isinstance(self.goals[who], Adopt)
            require(knowing or not lost, f"{who} begins a journal where one was lost")
            self._begins_anew()
        goal = self.goals[who]
        accepted = goal.version if isinstance(goal, Accept) else None
        for rejection in before.rejections:
            kept = rejection in after.rejections
            lifted = accepted in {rejection.version, *_named(before, rejection.digest)}
            require(kept or lifted, f"{who} loses the rejection of {rejection.version}")
            if not kept:
                self.enforced = {v for v in self.enforced if after.rejection(v)}
        unknown = dict(before.others).items() <= dict(after.others).items()
        require(unknown, f"{who} loses what a newer program wrote")
        for event in before.history:
            kept = event.kind not in DECISIONS or event in after.history
            require(kept, f"{who} loses the {event.kind} of {event.operation} from history")
        self._intent_written(by, before, after, looked)
        self._deadline_written(by, before, after)

    def _begins_anew(self) -> None:
        """What was decided is lost with the journal, and an adopt says so."""
        self.enforced.clear()
        self.owed.clear()
        self._overtaken.clear()
        self._known = {who: (len(self._rolled), stood) for who, (_, stood) in self._known.items()}
        self._anew = len(self._cloud.touched) > 0

    def began(self, by: Seer) -> None:
        """It has read the journal, and not looked at the endpoint yet: an answer that came late it asks for again."""
        if by.looked is None:
            decision = by.journal.decision
            self._known[by.who] = len(self._rolled), decision.operation if decision else None

    def _deadline_written(self, by: Seer, before: Journal, after: Journal) -> None:
        """Nobody is kept waiting for longer than a call may take."""
        if after.intent and after.intent != before.intent:
            most = max(self._cloud.now + FARTHEST, before.fence)
            self._cloud.require(after.intent.deadline <= most, f"{by.who} sets a deadline far ahead")

    def _intent_written(self, by: Seer, before: Journal, after: Journal, looked: Endpoint | None) -> None:
        require = self._cloud.require
        old, new = before.intent, after.intent
        if old and (new is None or new.operation != old.operation):
            self._overtaken.add(old.operation)
            require(
                any(e.operation == old.operation for e in after.history),
                f"{by.who} ends the {old.kind} of {old.operation} without a word in history",
            )
        if new is None or (old and old.operation == new.operation):
            return
        again = new.operation in self._overtaken and new.kind is not IntentKind.FLEET
        goal = self.goals.get(new.operation)
        if isinstance(goal, Rollback):
            require(not again, f"{by.who}, whose rollback was superseded, comes back")
            assert looked is not None
            self._rollback_opened(by, before, after, goal, looked)

    def _rollback_opened(
        self, by: Seer, before: Journal, after: Journal, goal: Rollback, observed: Endpoint
    ) -> None:
        require, intent = self._cloud.require, after.intent
        assert intent is not None
        target = weights.whole_version(intent.target)
        if goal.to is None:
            told = history.fallback(before, observed)
            require(
                target == told or weights.same(observed.current, intent.target),
                f"{by.who}, a bare rollback, goes to {target}; status calls {told} the fallback",
            )
        if not goal.keep:
            left = [v for v in weights.traffic(observed.current) if v != target and not after.rejection(v)]
            require(not left, f"{by.who} takes traffic from {left} and does not reject it")

    # The endpoint

    def moved(self, by: Seer, desired: dict[Version, int], sent: Sent) -> None:
        """A weights call that is taken."""
        require = self._cloud.require
        emergency = by.who.startswith("emergency")  # its weights are none that a recorded move sends
        whole = sum(desired.values()) == weights.FULL
        self._taken[by.who] += 1
        require(whole is not emergency, f"{by.who} sends {desired}")
        for version in sorted(self.enforced & weights.traffic(desired).keys()):
            require(
                emergency,
                f"{by.who} gives {version} traffic after its rejection was reported done",
            )
        if isinstance(self.goals[by.who], Up):
            self._follows(by, desired)
        self._lets(by, sent)

    def _follows(self, by: Seer, desired: dict[Version, int]) -> None:
        """An `up` that began before a rollback was done moves nothing over it while it stands.

        Unless it finishes a later one, whose owner is gone.
        """
        decision, intent = self._cloud.journal.decision, self._cloud.journal.intent
        if intent is not None and intent.kind is IntentKind.ROLLBACK:
            return
        count, stood = self._known[by.who]
        for operation, target in self._rolled[count:]:
            stands = decision is not None and decision.operation == operation != stood
            self._cloud.require(
                not stands or weights.whole_version(desired) == target,
                f"{by.who} began before {operation} reported done, and undoes it",
            )

    def scaled(self, by: Seer, before: Host, sent: Sent) -> None:
        """A call that changes counts: traffic must stay where it is."""
        after = self._cloud.host
        assert after is not None
        assert after.pending is not None
        spread = {v: s.current for v, s in after.pending[1]}
        raced = len(self._cloud.touched) > sent.touches + 1
        stays = weights.same(spread, dict(before.current))
        self._cloud.require(
            raced or stays,
            f"{by.who} scales, and traffic goes from {before.current} to {spread}",
        )
        self._cloud.require(
            stays or by.who not in self._reported,
            f"{by.who} reported done, and its request for instances takes traffic from {before.current} to {spread}",
        )
        self._lets(by, sent)

    def refused(self, by: Seer, doing: str, sent: Sent) -> None:
        """A call that is not taken: never for its form, and so never again and again."""
        host = self._cloud.host
        at_rest = host is not None and not host.pending and not host.stuck
        foreseen = sent.touches == len(self._cloud.touched)
        self._cloud.require(
            not (at_rest and foreseen), f"{by.who} {doing}, which SageMaker refuses in this form"
        )

    def dropping(self, by: Seer, before: Host, fleet: tuple[Version, ...], sent: Sent) -> None:
        """A change of the fleet that arrives: it must ask to drop nothing that serves."""
        foreign = "console" in self._cloud.touched[sent.touches :]
        gone = sorted(before.serving.difference(fleet))
        self._cloud.require(not gone or foreign, f"{by.who} drops {gone}, which serves")

    def owes(self, fleet: tuple[Version, ...], resized: dict[Version, int]) -> None:
        """A change of the fleet that arrives, and does not bring the counts that config changed."""
        self.owed = {v: had for v, had in {**self.owed, **resized}.items() if v in fleet}

    def counted(self) -> None:
        """An `up` ended well, alone: no count is left to be asked for, unless somebody gave the version another."""
        cloud = self._cloud
        assert cloud.host is not None
        there = dict(cloud.host.variants)
        left = [v for v, had in self.owed.items() if v in there and there[v].instances_desired == had]
        cloud.require(not left, f"{left} run on as many instances as before config changed their number")
        cloud.require(not cloud.journal.resizes, f"{sorted(cloud.journal.resizes)} are left to be asked for")

    def updating(self, by: Seer, before: Host, sent: Sent) -> None:
        """A change of the fleet that is taken: it moves no traffic."""
        after = self._cloud.host
        assert after is not None
        assert after.pending is not None
        self._changed = by.who, after.pending[0]
        spread = {v: s.current for v, s in after.pending[1]}
        raced = (
            len(self._cloud.touched) > sent.touches + 1
        )  # by a call that came after it looked, and outwaits its lease
        gone = before.serving.difference(spread)
        self._cloud.require(
            raced or gone or weights.same(spread, dict(before.current)),
            f"{by.who} changes the fleet, and traffic goes from {before.current} to {spread}",
        )
        self._lets(by, sent)

    def _lets(self, by: Seer, sent: Sent) -> None:
        """While the tag stands, or the journal is gone, nothing changes the endpoint but an emergency move."""
        if by.who.startswith("emergency"):
            return
        self._called[by.who] += 1
        gone = self._cloud.gone
        in_time = gone is None or sent.at <= gone + OUTWAITED
        self._cloud.require(in_time, f"{by.who} changes the endpoint without its journal")
        if self.tagged is None:
            return
        first = self._called[by.who] == 1 and isinstance(self.goals[by.who], Rollback)
        if first and by.looked and sum(by.looked.current.values()) == weights.FULL:
            return  # its first call asks only where it sees an emergency move's weights
        late = sent.at > self.tagged + OUTWAITED or self.outwaited
        self._cloud.require(not late, f"{by.who} changes the endpoint while the tag stands")

    def marked(self) -> None:
        """The endpoint is tagged; a second emergency move lets the first one's time run on."""
        self.tagged = self._cloud.clock if self.tagged is None else self.tagged

    def unmarked(self) -> None:
        """Everything is recorded."""
        self.tagged, self.outwaited = None, False

    # Ends

    def failed(self, who: str, error: BaseException) -> None:
        """An operation ended with an error: what it counts is what happened."""
        counted = _TAKEN.search(str(error))
        if counted:
            self._cloud.require(
                self._taken[who] >= int(counted[1]),
                f"{who} took the weights {self._taken[who]} times and reports {counted[1]}",
            )
        host = self._cloud.host
        if "Nothing else was changed" in str(error) and host is not None and not host.pending:
            self._cloud.require(
                self._changed != (who, host.config),
                f"{who} says that it changed nothing else; its fleet is there",
            )

    def ended(self, by: Seer, done: object) -> None:
        """An operation ended with status 0, or an emergency move with its own."""
        self._reported.add(by.who)
        goal = self.goals[by.who]
        alone = len(self._cloud.touched) == by.looked_at or set(self._cloud.touched[by.looked_at :]) == {
            by.who
        }
        match goal:
            case Rollback():
                assert isinstance(done, Done)
                self._rollback_done(by, goal, done, alone=alone)
            case Up():
                assert isinstance(done, Done)
                self._up_done(by, goal, done, alone=alone)
            case Reject(version=version):
                rejected = self._cloud.journal.rejection_of(version, goal.digest) is not None
                self._cloud.require(
                    rejected or not self._last_writer(by),
                    f"{by.who} reports {version} rejected, and it is not",
                )
                self._enforce()
            case Adopt():
                if alone and self._last_writer(by) and self._cloud.journal.intent is None:
                    self._agrees(by)
            case Unrecorded(to=to):
                self.outwaited = True
                if alone:
                    self._serves(by, to)

    def _rollback_done(self, by: Seer, goal: Rollback, done: Done, *, alone: bool) -> None:
        require, journal = self._cloud.require, self._cloud.journal
        named = Version(VERSION.findall(done.summary)[0])
        if goal.to:
            require(named == goal.to, f"{by.who} asked for {goal.to} and reports {named}")
        if alone:
            self._serves(by, named)
        if self._last_writer(by) and not goal.keep and alone:
            host = self._cloud.host
            assert host is not None
            left = [v for v in host.serving if v != named]
            require(not left, f"{by.who} reports done while {left} has traffic")
            decision = journal.decision
            assert decision is not None
            if decision.verdict is not Verdict.GIVES:
                from_ = [
                    v for v in weights.traffic(decision.source) if v != named and not journal.rejection(v)
                ]
                accepted = any(e.kind is EventKind.ACCEPT for e in journal.history)
                require(not from_ or accepted, f"{by.who} reports done and {from_} is not rejected")
        self._rolled.append((by.who, named))
        self._enforce()

    def _enforce(self) -> None:
        """What is rejected now gets no traffic any more."""
        journal = self._cloud.journal
        under_way = journal.intent.actor if journal.intent else None  # what it rejects may still serve
        self.enforced |= {r.version for r in journal.rejections if r.actor != under_way}

    def _up_done(self, by: Seer, goal: Up, done: Done, *, alone: bool) -> None:
        cloud, journal, host = self._cloud, self._cloud.journal, self._cloud.host
        assert host is not None
        preview = self.previews[by.who]
        touched = set(cloud.touched[preview.touches :]) <= {by.who}
        written = set(cloud.writers[preview.writes :]) <= {by.who}
        if touched and written:
            cloud.require(
                weights.same(dict(host.current), preview.shown),
                f"{by.who} ends with {host.current}, and its preview showed {preview.shown}",
            )
        foreign = any(who == "console" or who.startswith("emergency") for who in cloud.touched)
        cloud.require(
            foreign
            or self._anew
            or not self._last_writer(by)
            or not any("someone else" in warning for warning in done.warnings),
            f"{by.who} calls a move of its own stack someone else's",
        )
        if not alone:
            return
        rejected = [v for v in sorted(host.serving) if by.journal.rejection(v)]
        cloud.require(
            not rejected or done.warnings, f"{by.who} is content while {rejected}, rejected, serves"
        )
        if self._last_writer(by):
            cloud.require(
                journal.live == goal.request.live, f"{by.who} reports done, and live is {journal.live}"
            )
            intent = journal.intent  # what comes last, a count, gives way to another's
            others = intent is not None and bool(done.resizes) and intent.actor != by.who
            cloud.require(intent is None or others, f"{by.who} reports done and leaves an intent")
            if not done.warnings:
                self._agrees(by)

    def _last_writer(self, by: Seer) -> bool:
        """Whether nobody decided anything since it last read."""
        return by.journal == self._cloud.journal

    def _serves(self, by: Seer, version: Version) -> None:
        host = self._cloud.host
        assert host is not None
        whole = weights.whole_version(dict(host.current))
        self._cloud.require(whole == version, f"{by.who} reports {version}, and {host.current} serves")

    def _agrees(self, by: Seer) -> None:
        host, journal = self._cloud.host, self._cloud.journal
        assert host is not None
        self._cloud.require(
            weights.same(dict(host.current), journal.weights),
            f"{by.who} reports done; the endpoint has {host.current}, the journal {journal.weights}",
        )


def _named(journal: Journal, digest: str | None) -> list[Version]:
    """Versions that are names of these bits."""
    return [v for v, each in journal.digests.items() if each == digest]
