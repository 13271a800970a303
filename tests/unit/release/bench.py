"""An endpoint on which A served before B, and who acts on it: one operation after the other, or many at once."""

import msgspec

from modeldelivery.release.core import accept, adopt, reject, rollback, up
from modeldelivery.release.core.request import Release, Request
from modeldelivery.release.operations import status
from modeldelivery.release.version import Version
from tests.fakes.endpoint import FakeEndpoint, a_runner
from tests.fakes.journal import FakeJournal
from tests.fakes.scaling import FakeScaling
from tests.fakes.time import FakeTime
from tests.fakes.turns import Turns
from tests.unit.release.stored import PLACE

A, B, C = Version("v1.0.0"), Version("v1.1.0"), Version("v1.2.0")
DIGESTS = {A: "sha256:a", B: "sha256:b", C: "sha256:c"}


class KilledError(Exception):
    """The process ends here."""


class Bench:
    """The fakes; each run of a command is a new operation."""

    caller = None  # whom the platform takes whoever runs it for

    def __init__(self, fleet=(A, B)):
        self.time = FakeTime()
        self.store, self.host = FakeJournal(self.time), FakeEndpoint(self.time)
        self.runs = 2
        self.up("op1", A, fleet)
        self.up("op2", B, fleet)
        self.passes()
        self.host.calls.clear()
        self.store.written.clear()

    def an_up(self, operation, live, fleet=(A, B), **previewed):
        return up.Up(
            operation=operation,
            actor="ci",
            request=Request(release=Release(live=live, fleet=fleet), digests=DIGESTS),
            config=lambda versions: "+".join(sorted(versions)),
            **{"shown": None, "serving": None, **previewed},
        )

    def up(self, operation, live, fleet=(A, B), patience=300.0, **previewed):
        command = self.an_up(operation, live, fleet, **previewed)
        return self.run(lambda view: up.decide(command, view), patience, operation)

    def rollback(self, patience=300.0, **options):
        given = {"operation": "op3", "actor": "operator", "reason": "5xx", **options}
        goal = rollback.Rollback(**given)
        return self.run(lambda view: rollback.decide(goal, view), patience, goal.operation)

    def again(self, **options):
        """A further rollback, a minute later; what it says."""
        self.passes()
        self.host.calls.clear()
        return self.rollback(operation=self.operation(), actor="ada", reason="again", **options)

    def accept(self, version):
        self.passes()
        command = accept.Accept(operation=self.operation(), actor="owner", reason="fixed", version=version)
        return self.run(lambda view: accept.decide(command, view))

    def reject(self, version):
        self.passes()
        command = reject.Reject(
            operation=self.operation(),
            actor="ada",
            reason="bad data",
            version=version,
            digest=DIGESTS[version],
        )
        return self.run(lambda view: reject.decide(command, view))

    def adopt(self):
        self.passes()
        command = adopt.Adopt(operation=self.operation(), actor="owner", reason="was me")
        return self.run(lambda view: adopt.decide(command, view))

    def killed(self, act, after="move", *, taken=True):
        """Run until its call of a kind was taken, or was about to be sent, and no further; the platform goes on."""
        call = getattr(self.host, after)

        def dies(*args, **more):
            if taken:
                call(*args, **more)
            raise KilledError

        setattr(self.host, after, dies)
        try:
            act()
        except KilledError:
            pass
        else:
            raise AssertionError(f"it never came to {after}")
        finally:
            setattr(self.host, after, call)

    def console(self, weights, *, desired=None):
        """Someone else sets weights, and they are there; or only asked for them, and they were taken back."""
        endpoint = self.endpoint
        variants = {
            v: msgspec.structs.replace(
                variant,
                current=float(weights.get(v, 0)),
                desired=float((desired or weights).get(v, 0)),
            )
            for v, variant in endpoint.variants.items()
        }
        self.host.endpoint = msgspec.structs.replace(endpoint, variants=variants)

    def run(self, decide, patience=300.0, operation=""):
        runner = a_runner(self.store, self.host, self.time, patience, operation)
        runner.caller = self.caller
        return runner.run(decide)

    def operation(self):
        self.runs += 1
        return f"run{self.runs}"

    def passes(self, seconds=60):
        """Every lease is over, and the platform is through."""
        self.time.sleep(seconds)
        for _ in range(3):
            self.host.describe()

    @property
    def endpoint(self):
        return self.host.describe()

    @property
    def current(self):
        return self.endpoint.current

    @property
    def journal(self):
        return self.store.journal

    @property
    def rejected(self):
        return [r.version for r in self.journal.rejections]

    @property
    def fallback(self):
        return self.status.fallback

    @property
    def status(self):
        return status.assess(PLACE, status.read(self.store, self.host, FakeScaling()))

    @property
    def moves(self):
        return [target for kind, target in self.host.calls if kind == "move"]


class Crowd(Bench):
    """A bench on which operations run at once, each call of theirs taking a while."""

    def __init__(self, seed, fleet=(A, B)):
        super().__init__(fleet)
        turns = Turns(seed)
        turns.seconds = self.time.seconds
        self.time = self.store.time = self.host.time = turns
        for port, names in ((self.store, ("read", "write")), (self.host, ("describe", "move", "marked"))):
            for name in names:
                setattr(port, name, self._slowly(getattr(port, name)))

    def at_once(self, **operations):
        """How each ended, and how many seconds after they began."""
        began = self.time.seconds
        ends = self.time.run(operations)
        return {name: (end, at - began) for name, (end, at) in ends.items()}

    def _slowly(self, call):
        def slow(*args, **more):
            self.time.call()
            return call(*args, **more)

        return slow
