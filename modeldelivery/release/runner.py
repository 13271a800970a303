"""Carries out an operation: read, decide, act, until it is done. All judgement is in `release.core`; all I/O is in the ports."""

from collections.abc import Callable, Mapping

import msgspec

from modeldelivery.release.core import attribution, history
from modeldelivery.release.core.action import (
    CLOCK_STEP,
    Action,
    Ask,
    Call,
    ChangeFleet,
    Done,
    Move,
    PutBack,
    Question,
    Scale,
    View,
    Wait,
    Write,
)
from modeldelivery.release.core.attribution import Aim, Attribution
from modeldelivery.release.core.journal import Journal, Parked
from modeldelivery.release.errors import (
    DeliveryError,
    GaveUpError,
    LostError,
    UncertainError,
    UnreachableError,
    UnseenError,
)
from modeldelivery.release.instances import InstanceRequests
from modeldelivery.release.patience import Patience
from modeldelivery.release.ports import Caller, Clock, Fleet, JournalStore, Progress, Stored, Traffic
from modeldelivery.release.stages import Stages
from modeldelivery.release.version import Version

FIRST_READS = 5  # in vain, after which a platform that never answered counts as unreachable
SILENCE = 60.0  # seconds without an answer after which an operation that has begun says so
MOMENT = 1.0  # seconds that an outcome, once it was observed, may wait to be written down with its caller


class Runner(msgspec.Struct, kw_only=True):
    """What one operation is carried out with.

    Attributes:
        store: the journal.
        traffic: the endpoint.
        fleet: its versions; None for an operation that changes none.
        clock: elapsed time.
        progress: who is told.
        patience: seconds of waiting in all after which it gives up.
        operation: id of this run.
        caller: whom the platform takes it for; None where nobody asks.
    """

    store: JournalStore
    traffic: Traffic
    clock: Clock
    progress: Progress
    patience: float
    fleet: Fleet | None = None
    operation: str = ""
    caller: Caller | None = None

    def run(self, decide: Callable[[View], Action]) -> Done:
        """Run to the end.

        Args:
            decide: the operation; asked again with what was read whenever anything may have changed.

        Raises:
            GaveUpError: patience ran out.
            UnreachableError: the platform is unreachable, or access is denied.
            DeliveryError: from `decide`.
        """
        return _Run(self, decide).to_the_end()


class _Run:
    """What an operation remembers from one look at the world to the next."""

    def __init__(self, ports: Runner, decide: Callable[[View], Action]) -> None:
        self._ports = ports
        self._decide = decide
        self._waiting = Patience(ports.clock, ports.progress, ports.patience)
        self._stored: Stored | None = None
        self._sent_at = 0.0
        self._began: str | None = None
        self._pending: str | None = None
        self._opened = self._read_once = False
        self._taken: dict[object, int] = {}
        self._receipts: dict[Aim, tuple[str, ...]] = {}
        self._accepted_at: float | None = None  # of the last call; None once the endpoint was seen to change
        self._described_at = 0.0
        self._unseen_since: float | None = None
        self._instances = InstanceRequests(traffic=ports.traffic, progress=ports.progress)
        self._answered = True
        self._stages = Stages(fleet=ports.fleet)
        self._looked = False

    def to_the_end(self) -> Done:
        try:
            while True:
                done = self._act_on(self._look())
                if done:
                    return done
        except GaveUpError as error:
            if not self._instances.made:
                raise
            hint = "with `modelctl rollback --now`, traffic moves to the instances that there are"
            raise GaveUpError(error.message, hint=hint) from error

    def _look(self) -> View:
        """Journal, then endpoint; a silent platform is asked again, for longer once the operation has begun."""
        silent_since = self._ports.clock.monotonic()
        tries = 0
        while True:
            try:
                return self._read()
            except UncertainError as error:
                tries += 1
                silence = self._ports.clock.monotonic() - silent_since
                if not self._looked and tries >= FIRST_READS:
                    raise UnreachableError(f"asked {tries} times in vain: {error}") from error
                if silence > SILENCE:
                    raise UnreachableError(
                        f"{error}. So for {silence:.0f} s; what is recorded stands",
                        hint="run the same command again and it goes on",
                    ) from error
                self._waiting.pause(str(error))

    def _read(self) -> View:
        while True:
            sent_at = self._ports.clock.monotonic()
            stored = self._ports.store.read()
            self._begins(stored.journal)
            if not self._late(sent_at):
                break
            self._waiting.pause("the journal's answer came late")
        self._keep(stored, sent_at)
        self._described_at = self._ports.clock.monotonic()
        view = View(
            journal=stored.journal,
            endpoint=history.as_recorded(stored.journal, self._ports.traffic.describe()),
            now=stored.now,
            described=stored.now,
            timing=self._ports.traffic.timing,
            began=self._began,
            pending=self._pending,
            opened=self._opened,
        )
        self._looked = True
        if view.endpoint and view.endpoint.busy:
            self._accepted_at = None
        return view

    def _lagging(self, view: View) -> bool:
        """Whether the last accepted call may not be in what was described: a look ages by no pause of this process."""
        return self._accepted_at is not None and self._described_at - self._accepted_at < view.timing.lag

    def _late(self, sent_at: float) -> bool:
        """Whether the store's answer came only after more time than a call takes: this process was paused meanwhile.

        How much of that passed after the store set its Date is not known, and a deadline reckoned from too late a time would
        keep everybody else waiting for as long.
        """
        longest = self._ports.traffic.timing.call + CLOCK_STEP
        return self._ports.clock.monotonic() - sent_at > longest

    def _begins(self, journal: Journal) -> None:
        """Note what was decided and under way by the first answer, also by one that came too late to be acted on."""
        if not self._read_once:
            self._read_once = True
            self._began = journal.decision.operation if journal.decision else None
            self._pending = journal.intent.operation if journal.intent else None

    def _keep(self, stored: Stored, sent_at: float) -> None:
        """Time counts from the request: the store set its Date after that, so no pause since makes a deadline look later."""
        self._stored, self._sent_at = stored, sent_at
        intent = stored.journal.intent
        self._opened = self._opened or (intent is not None and intent.operation == self._ports.operation)

    def _act_on(self, view: View) -> Done | None:
        """Act on one look at the world; None when it must be looked at again."""
        assert self._stored is not None
        while True:
            clock = self._ports.clock.monotonic()
            now = self._stored.now + clock - self._sent_at
            aim = view.journal.intent.aim if view.journal.intent else None
            view = msgspec.structs.replace(
                view,
                now=now,
                taken=self._taken.get(aim, 0),
                lagging=self._lagging(view),
                scaled=self._instances.made,
                prepared=self._stages.leaves,
                answered=self._answered,
            )
            action = self._decide(view)
            match action:
                case Done():
                    return action
                case Wait():
                    self._waiting.pause(action.why, view.endpoint.settles if view.endpoint else None)
                    return None
                case Ask() | Write():
                    try:
                        view = self._learn(view, action)
                    except UncertainError as error:
                        self._waiting.pause(str(error))
                        return None
                case PutBack():
                    if not self._put_back(action.parked):
                        return None
                    view = msgspec.structs.replace(view, put_back=True)
                case ChangeFleet() if self._stage(action):
                    return None
                case Move() | Scale() | ChangeFleet():
                    self._send(action, view, aim)
                    return None

    def _learn(self, view: View, action: Ask | Write) -> View:
        """Acts after which what was seen of the endpoint still stands. Raises UncertainError."""
        assert self._stored is not None
        if isinstance(action, Ask):
            return msgspec.structs.replace(
                view, answers={**view.answers, action.question: self._answer(action.question)}
            )
        journal = self._attributed(self._stored.journal, action.journal)
        sent_at = self._ports.clock.monotonic()
        stored = self._ports.store.write(journal, self._stored.etag)
        if self._late(sent_at):
            raise LostError("the journal was stored, and the answer came late; looking again")
        self._keep(stored, sent_at)
        return view.wrote(journal)

    def _attributed(self, before: Journal, after: Journal) -> Journal:
        """What is about to be stored, with who did it as far as that is known.

        A rollback's traffic has moved by then, so it does not wait for it; an `up` that changed its fleet and is still to
        move traffic may wait a moment.
        """
        ports, caller = self._ports, None
        if ports.caller and attribution.own_events(before, after, ports.operation):
            ports.caller.ask()
            caller = ports.caller.answer(MOMENT)
        by = Attribution(operation=ports.operation, caller=caller, calls=self._receipts)
        return attribution.attributed(before, after, by)

    def _answer(self, question: Question) -> str | None:
        match question:
            case Question.MARK:
                return self._ports.traffic.marked()
            case Question.OWNER:
                return self._ports.traffic.owner()

    def _stage(self, action: ChangeFleet) -> bool:
        """Carry out what a change of the fleet needs first; False when its call may be sent."""
        try:
            return self._stages.advance(action)
        except UncertainError as error:
            self._wait_out(error)
            return True

    def _wait_out(self, error: UncertainError) -> None:
        """Pause. Raises UnreachableError when what was made cannot be found for longer than a platform's views differ."""
        now = self._ports.clock.monotonic()
        if not isinstance(error, UnseenError):
            self._unseen_since = None
        elif self._unseen_since is None:
            self._unseen_since = now
        elif now - self._unseen_since > self._ports.traffic.timing.lag:
            raise UnreachableError(f"{error}, for {now - self._unseen_since:.0f} s") from error
        self._waiting.pause(str(error))

    def _put_back(self, parked: Mapping[Version, Parked]) -> bool:
        """Make scaling again as it was, and whether that is done."""
        try:
            self._ports.progress.note(f"putting the autoscaling of {', '.join(sorted(parked))} back")
            self._stages.put_back(parked)
        except UncertainError as error:
            self._wait_out(error)
            return False
        return True

    def _refused(self, action: Call) -> None:
        """What a change of the fleet took away is put back when the platform refuses its call; else the next `up` does it."""
        if not isinstance(action, ChangeFleet) or not self._stages.gone:
            return
        try:
            self._stages.put_back(self._stages.gone)
        except DeliveryError as error:
            self._ports.progress.note(f"autoscaling is put back by the next `pulumi up`: {error}")

    def _send(self, action: Call, view: View, aim: object) -> None:
        """One call, if it still may be sent, and note what became of it."""
        if not view.timing.may_send(action.deadline, view.now):
            return
        try:
            receipt = self._call(action, view)
        except UncertainError as error:
            self._answered = self._answered and not isinstance(error, LostError)
            self._wait_out(error)
        except DeliveryError:
            self._refused(action)
            raise
        else:
            if receipt is None:
                return
            if not isinstance(action, Scale):
                self._taken[aim] = self._taken.get(aim, 0) + 1
                self._accepted_at = self._ports.clock.monotonic()
            self._note_receipt(view.journal, receipt)
            self._waiting.hurry()

    def _note_receipt(self, journal: Journal, receipt: str) -> None:
        """Keep it for the outcome; and only now that the call was taken, begin to ask who made it."""
        assert journal.intent is not None, "no call without an intent"
        aim = attribution.aim(journal.intent)
        self._receipts[aim] = (*self._receipts.get(aim, ()), *([receipt] if receipt else []))
        if self._ports.caller:
            self._ports.caller.ask()

    def _call(self, action: Call, view: View) -> str | None:
        """The receipt; None for instances that the platform refuses for good. Raises UncertainError."""
        ports, progress = self._ports, self._ports.progress
        match action:
            case Move():
                progress.note(f"moving traffic to {_shown(action)}")
                return ports.traffic.move(
                    action.weights,
                    token=action.token,
                    operation=action.operation,
                    instances=action.instances,
                )
            case Scale():
                return self._instances.send(action, view.now)
            case ChangeFleet():
                assert ports.fleet is not None, "only `up` changes a fleet"
                progress.note(f"changing the fleet to {', '.join(action.fleet)}")
                return ports.fleet.change(action.config, token=action.token, operation=action.operation)


def _shown(move: Move) -> str:
    return ", ".join(f"{version} {weight} %" for version, weight in move.weights.items())
