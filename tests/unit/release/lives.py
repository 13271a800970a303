"""Random lives of an endpoint, lived through the real operations, and what config may ask next."""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modeldelivery.release.core import accept, adopt, rollback, up
from modeldelivery.release.core.action import Done
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.request import Release, Request, Rules
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.version import Version
from tests.examples import examples
from tests.fakes.endpoint import FakeEndpoint, a_runner, serving
from tests.fakes.journal import START, FakeJournal
from tests.fakes.time import FakeTime

A, B, C, D = (Version(f"v1.{minor}.0") for minor in range(4))
DIGESTS = {A: "sha256:a", B: "sha256:b", C: "sha256:c", D: "sha256:b"}  # D is B's bits under another name
LONGEST = 10  # things that happen in a life
EXAMPLES = 250  # lives for each claim
ENOUGH = 8  # of them, to which it must apply, in `make check` as well, which tries a part

steady = settings(
    max_examples=examples(EXAMPLES),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass
class Life:
    """An endpoint, its journal, and whoever acts on them, one after the other."""

    time: FakeTime = field(default_factory=FakeTime)
    store: FakeJournal = field(init=False)
    host: FakeEndpoint = field(init=False)
    acts: int = 0
    happened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store, self.host = FakeJournal(self.time), FakeEndpoint(self.time)

    @property
    def journal(self) -> Journal:
        return self.store.journal

    @property
    def endpoint(self) -> Endpoint | None:
        return self.host.describe()

    @property
    def now(self) -> float:
        return START + self.time.seconds

    def up(self, request: Request) -> Done | None:
        """None when it is refused."""
        command = up.Up(
            operation=self._operation(),
            actor="ci",
            request=request,
            shown=None,
            serving=None,
            config=lambda fleet: "+".join(sorted(fleet)),
        )
        return self._run(f"up {request.live} of {request.fleet}", lambda view: up.decide(command, view))

    def rollback(self, to: Version | None = None, *, keep: bool = False) -> Done | None:
        command = rollback.Rollback(
            operation=self._operation(), actor="operator", reason="5xx", to=to, keep=keep
        )
        return self._run(f"rollback to {to}", lambda view: rollback.decide(command, view))

    def accept(self, version: Version) -> Done | None:
        command = accept.Accept(operation=self._operation(), actor="owner", reason="fixed", version=version)
        return self._run(f"accept {version}", lambda view: accept.decide(command, view))

    def adopt(self) -> Done | None:
        command = adopt.Adopt(operation=self._operation(), actor="owner", reason="was me")
        return self._run("adopt", lambda view: adopt.decide(command, view))

    def console(self, version: Version, share: int) -> None:
        """Someone sets weights by hand: 1 and 0, or a split with the first other."""
        endpoint = self.endpoint
        if endpoint is None or version not in endpoint.variants:
            return
        other = next((v for v in endpoint.variants if v != version), None)
        given = {version: share, **({other: 100 - share} if other else {})}
        variants = {
            v: msgspec.structs.replace(variant, current=given.get(v, 0), desired=given.get(v, 0))
            for v, variant in endpoint.variants.items()
        }
        self.host.endpoint = msgspec.structs.replace(endpoint, variants=variants)
        self.happened.append(f"console gives {version} {share}")

    def lost(self) -> None:
        """The endpoint is deleted; the journal stays."""
        self.host.endpoint = self.host.aimed = None
        self.happened.append("endpoint deleted")

    def remade(self, fleet: tuple[Version, ...]) -> None:
        """Another endpoint, under the same name, made by someone else."""
        self.lost()
        self.host.prepare("elsewhere", fleet, {v: 100 if v == fleet[0] else 0 for v in fleet})
        self.host.change("elsewhere")
        while self.host.aimed:
            self.host.describe()
        self.happened.append(f"endpoint made elsewhere with {fleet}")

    def scaled(self, version: Version, instances: int) -> None:
        endpoint = self.endpoint
        if endpoint and version in endpoint.variants:
            weight = endpoint.variants[version].current
            more = {**endpoint.variants, version: serving(weight, instances)}
            self.host.endpoint = msgspec.structs.replace(endpoint, variants=more)

    def _operation(self) -> str:
        self.acts += 1
        return f"op{self.acts}"

    def _run(self, what: str, decide: Callable[..., object]) -> Done | None:
        self.happened.append(what)
        try:
            return a_runner(self.store, self.host, self.time).run(decide)  # type: ignore[arg-type]
        except RefusedError:
            return None


versions = st.sampled_from([A, B, C, D])
WHOLE = (A, B, C, D)
fleets = st.just(WHOLE) | st.lists(versions, min_size=1, unique=True).map(tuple)
free = st.just(Rules())
strict = st.builds(
    Rules,
    rollout_required=st.booleans(),
    separate_drop=st.booleans(),
    bake_seconds=st.sampled_from([0, 60, 600]),
)


@st.composite
def requests(draw: st.DrawFn, rules: st.SearchStrategy[Rules] = free) -> Request:
    fleet = draw(fleets)
    return a_request(draw(st.sampled_from(fleet)), fleet, draw(rules))


def a_request(live: Version, fleet: tuple[Version, ...] = WHOLE, rules: Rules = Rules()) -> Request:  # noqa: B008 (frozen)
    return Request(
        release=Release(live=live, fleet=fleet), digests={v: DIGESTS[v] for v in fleet}, rules=rules
    )


Step = Callable[[Life], object]
steps: st.SearchStrategy[Step] = st.one_of(
    requests().map(lambda request: lambda life: life.up(request)),
    requests(strict).map(lambda request: lambda life: life.up(request)),
    st.just(lambda life: life.rollback()),
    st.tuples(versions, st.booleans()).map(lambda ask: lambda life: life.rollback(ask[0], keep=ask[1])),
    versions.map(lambda version: lambda life: life.accept(version)),
    st.just(lambda life: life.adopt()),
    st.tuples(versions, st.sampled_from([1, 30, 100])).map(lambda ask: lambda life: life.console(*ask)),
    fleets.map(lambda fleet: lambda life: life.remade(fleet)),
    st.just(lambda life: life.lost()),
    st.tuples(versions, st.integers(1, 3)).map(lambda ask: lambda life: life.scaled(*ask)),
    st.sampled_from([10.0, 100.0, 1000.0]).map(lambda seconds: lambda life: life.time.sleep(seconds)),
)


@st.composite
def lives(draw: st.DrawFn, last: Step | None = None) -> Life:
    """One in which some versions served, and then all sorts of things happened; `last` happens at the end."""
    life = Life()
    for live in draw(st.lists(versions, min_size=1, max_size=3)):
        life.up(a_request(live))
    happening = draw(st.lists(steps, max_size=LONGEST))
    for step in [*happening, *([last] if last else [])]:
        step(life)
    return life


@st.composite
def situations(
    draw: st.DrawFn, rules: st.SearchStrategy[Rules] = strict, last: Step | None = None
) -> tuple[Life, Request]:
    """A life, and what config asks next; half of the time its `live` is as applied."""
    life = draw(lives(last))
    request = draw(requests(rules))
    applied = life.journal.live
    if applied and draw(st.booleans()):
        fleet = request.fleet if applied in request.fleet else (*request.fleet, applied)
        request = a_request(applied, fleet, request.rules)
    return life, request


def every(
    claim: Callable[[Life, Request], bool],
    request: st.SearchStrategy[tuple[Life, Request]],
    *,
    at_least: int = ENOUGH,
) -> None:
    """Check a claim on many examples; it returns whether it applied, and must have applied often enough to mean something."""
    applied = 0

    @steady
    @given(request)
    def check(example: tuple[Life, Request]) -> None:
        nonlocal applied
        applied += claim(*example)

    check()
    assert applied >= at_least, f"it applied to {applied} examples only"
