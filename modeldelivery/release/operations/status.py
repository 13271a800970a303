"""What is serving, where a rollback would go, and any mismatch between journal and endpoint."""

from datetime import UTC, datetime

import msgspec

from modeldelivery.release.core import history, lost, weights
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Event, EventKind, IntentKind, Journal
from modeldelivery.release.core.resolve import rejected_sentence
from modeldelivery.release.errors import DamagedError, DeliveryError, NoRegistryError, UpdateNeededError
from modeldelivery.release.naming import Place
from modeldelivery.release.operations import health
from modeldelivery.release.operations.health import DIVERGENCE, Finding, Observed
from modeldelivery.release.operations.judgements import Judgement, judgements
from modeldelivery.release.operations.latest_drill import LatestDrill, latest_drill
from modeldelivery.release.operations.verified import Verifications, VerifiedBits, verifications
from modeldelivery.release.ports import JournalStore, Registry, Scaling, Stored, Traffic
from modeldelivery.release.verdicts import Verdicts, VerdictStore
from modeldelivery.release.version import Version, precedence

UNKNOWN = "unknown"


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    by: str
    at: datetime
    reason: str


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """Who decided, or is carrying out, what.

    Attributes:
        by: who, as they say.
        caller: who, as the platform knows them; None when it was not known in time, and of what is under way.
        calls: receipts of the calls that made the change (AWS: request ids, as CloudTrail has them).
    """

    kind: EventKind
    by: str
    at: datetime
    reason: str
    operation: str
    target: dict[Version, int]
    caller: str | None = None
    calls: tuple[str, ...] = ()


class OnEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One version. Weights are shares of 100; instances count what runs and what is asked for.

    Attributes:
        roles: of "serving", "live", "fallback", "candidate", "rejected".
        intended: share by the journal, or by the move under way; None when the journal says nothing.
        since: when it began to serve, if it does.
        verified: here, as far as that was looked up; None where no such evidence is kept.
        drift: the newest judgement of what it is asked; None where there is none.
        quality: the newest one by labels; None likewise.
    """

    version: Version
    roles: tuple[str, ...]
    intended: int | None
    actual: int | None
    instances: int | None
    instances_desired: int | None
    since: datetime | None
    rejected: Rejected | None
    verified: VerifiedBits | None = None
    drift: Judgement | None = None
    quality: Judgement | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What `modelctl status --json` prints.

    Attributes:
        endpoint_status: in the platform's word; "unknown" when the endpoint cannot be seen, None when there is none.
        live: config's `live` as last applied; it does not serve while a rollback holds.
        hold: why `live` does not serve, and what to type; None when nothing holds.
        pending: a move under way, or one that nobody finished yet.
        divergence: where journal and endpoint contradict each other, as sentences; they are among the findings.
        findings: what is not as it should be, the worst first, with what to type.
        problems: what could not be read; there may be more to find.
        damaged: whether that is because the journal is gone, or holds what nobody ever stored.
        judged: whether anybody judged drift or quality here; None where that is not known.
        drill: the latest one; None when none can be told of.
        unverified: candidates that could get traffic, and of which this environment keeps no verification.
        unread: why it cannot be told of some whether they are verified.
        at: by S3's clock.
    """

    model: str
    environment: str
    account: str
    region: str
    endpoint: str
    endpoint_status: str | None
    serving: Version | None
    live: Version | None
    fallback: Version | None
    candidates: tuple[Version, ...]
    versions: tuple[OnEndpoint, ...]
    decision: Decided | None
    hold: str | None
    pending: Decided | None
    divergence: tuple[str, ...]
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]
    damaged: bool = False
    judged: bool | None = None
    drill: LatestDrill | None = None
    unverified: tuple[Version, ...] = ()
    unread: tuple[str, ...] = ()
    at: datetime | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was read.

    Attributes:
        stored: the journal, None when it could not be read.
        registry: whether there is a place for one.
        endpoint: None when there is none, or when it could not be seen.
        visible: whether it could.
        mark: what the endpoint says of a move without the journal.
        unscaled: versions on the endpoint that nothing scales; None when that was not asked or cannot be told.
        verifications: of versions on the endpoint, where that was looked up.
        verdicts: the newest on each version; None where they were not read, or could not be.
        problems: why something could not be read.
        damaged: whether one of them is a journal that is gone, or that nobody ever stored.
    """

    stored: Stored | None
    registry: bool = True
    endpoint: Endpoint | None
    visible: bool = True
    mark: str | None = None
    unscaled: frozenset[Version] | None = None
    verifications: Verifications = Verifications()
    verdicts: Verdicts | None = None
    problems: tuple[str, ...] = ()
    damaged: bool = False


def read(
    store: JournalStore, traffic: Traffic, scaling: Scaling, verdicts: VerdictStore | None = None
) -> Found:
    """Ask all of them; what does not answer becomes one of the `problems`.

    Raises:
        UpdateNeededError: nothing that this version could say of the journal would be true.
    """
    problems: list[str] = []
    stored: Stored | None = None
    endpoint: Endpoint | None = None
    mark: str | None = None
    is_visible = damaged = False
    registry = True
    try:
        stored = store.read()
    except UpdateNeededError:
        raise
    except DamagedError as error:
        problems.append(str(error))
        damaged = True
    except DeliveryError as error:
        registry = not isinstance(error, NoRegistryError)
        problems.append(f"the journal cannot be read: {error}")
    try:
        endpoint = history.as_recorded(stored.journal if stored else Journal(), traffic.describe())
        is_visible = True
    except DeliveryError as error:
        problems.append(f"the endpoint cannot be seen: {error}")
    try:
        mark = traffic.marked() if endpoint else None
        if endpoint and stored and stored.journal == Journal():
            lost.refuse(stored.journal, traffic.owner())
    except DamagedError as error:
        problems.append(str(error))
        damaged = True
    except DeliveryError as error:
        problems.append(f"the endpoint's tags cannot be looked at: {error}")
    unscaled: frozenset[Version] | None = None
    try:
        unscaled = scaling.unscaled(endpoint.variants) if endpoint else None
    except DeliveryError as error:
        problems.append(f"autoscaling cannot be looked at: {error}")
    judged: Verdicts | None = None
    try:
        # Without a registry there is none of its objects either.
        judged = verdicts.read() if verdicts and registry else None
    except DeliveryError as error:
        problems.append(f"verdicts on drift and quality cannot be read: {error}")
    return Found(
        stored=stored,
        registry=registry,
        endpoint=endpoint,
        visible=is_visible,
        mark=mark,
        unscaled=unscaled,
        verdicts=judged,
        problems=tuple(problems),
        damaged=damaged,
    )


def with_verifications(place: Place, reading: Found, registry: Registry) -> Found:
    """The same, with which versions on the endpoint are verified. In a cluster none can be asked by itself, so nothing is looked up."""
    stored, endpoint = reading.stored, reading.endpoint
    if stored is None or endpoint is None or stored.journal.place is not None:
        return reading
    digests = {v: stored.journal.digests[v] for v in endpoint.variants if v in stored.journal.digests}
    return msgspec.structs.replace(
        reading, verifications=verifications(place, registry, digests, endpoint.incarnation.id)
    )


def assess(place: Place, reading: Found) -> Status:
    """Put it side by side."""
    stored, endpoint = reading.stored, reading.endpoint
    journal = stored.journal if stored else Journal()
    serving = weights.main_version(endpoint.current) if endpoint else None
    versions = set(endpoint.variants) if endpoint else set(journal.fleet)
    candidates = tuple(
        v
        for v in sorted(versions, key=precedence)
        if stored and not history.carried(journal, v) and v != serving
    )
    fallback = history.fallback(journal, endpoint)
    kept = reading.verifications.of
    findings = health.findings(_observed(reading))
    shown = sorted(versions | {r.version for r in journal.rejections}, key=precedence, reverse=True)
    since = {each.version: _time(each.since) for each in journal.served}
    judged = judgements(
        reading.verdicts or Verdicts(),
        _time(stored.now) if stored else None,
        {v: since.get(v) for v in weights.traffic(endpoint.current)} if endpoint else {},
    )
    return Status(
        model=place.model,
        environment=place.environment,
        account=place.account,
        region=place.region,
        endpoint=place.endpoint,
        endpoint_status=endpoint.word if endpoint else None if reading.visible else UNKNOWN,
        serving=serving,
        live=journal.live,
        fallback=fallback,
        candidates=candidates,
        versions=tuple(
            msgspec.structs.replace(
                _version(v, journal, endpoint, (serving, fallback), candidates),
                verified=kept.get(v),
                drift=judged.drift.get(v),
                quality=judged.quality.get(v),
            )
            for v in shown
        ),
        decision=_decided(journal.decision) if journal.decision else None,
        hold=_hold(journal),
        pending=_pending(journal),
        divergence=tuple(finding.text for finding in findings if finding.code in DIVERGENCE),
        findings=findings,
        problems=reading.problems,
        damaged=reading.damaged,
        judged=None if reading.verdicts is None else bool(judged.drift or judged.quality),
        drill=latest_drill(journal),
        unverified=tuple(
            v for v in candidates if v in kept and kept[v] is None and journal.rejection(v) is None
        ),
        unread=reading.verifications.problems,
        at=_time(stored.now) if stored else None,
    )


def _version(
    version: Version,
    journal: Journal,
    endpoint: Endpoint | None,
    named: tuple[Version | None, Version | None],
    candidates: tuple[Version, ...],
) -> OnEndpoint:
    variant = endpoint.variants.get(version) if endpoint else None
    rejection = journal.rejection(version)
    served = next((s for s in journal.served if s.version == version), None)
    roles = {
        "serving": version == named[0],
        "live": version == journal.live,
        "fallback": version == named[1] and version != named[0],
        "candidate": version in candidates and rejection is None,
        "rejected": rejection is not None,
    }
    intent = journal.intent
    intended = intent.target if intent and intent.kind is not IntentKind.FLEET else journal.weights
    return OnEndpoint(
        version=version,
        roles=tuple(role for role, has in roles.items() if has),
        intended=intended.get(version, 0) if intended else None,
        actual=weights.shares(endpoint.current)[version] if endpoint and variant else None,
        instances=variant.instances if variant else None,
        instances_desired=variant.instances_desired if variant else None,
        since=_time(served.since) if served and version in weights.traffic(journal.weights) else None,
        rejected=Rejected(by=rejection.actor, at=_time(rejection.at), reason=rejection.reason)
        if rejection
        else None,
    )


def _hold(journal: Journal) -> str | None:
    """Why config's live does not serve: somebody's decision stands."""
    decision, live = journal.decision, journal.live
    if decision is None or live is None or live in weights.traffic(journal.weights):
        return None
    rejection = journal.rejection(live)
    if rejection:
        return (
            f"{rejected_sentence(live, rejection)}. `pulumi up` leaves this alone; to give {live} traffic again: "
            f"`modelctl accept {live} --reason …`"
        )
    return f"{decision.actor} decided otherwise ({decision.kind}: {decision.reason}). `pulumi up` leaves this alone"


def _pending(journal: Journal) -> Decided | None:
    intent = journal.intent
    if intent is None:
        return None
    return Decided(
        kind=EventKind(intent.kind),
        by=intent.actor,
        at=_time(intent.since),
        reason=intent.reason,
        operation=intent.operation,
        target=intent.target,
    )


def _observed(reading: Found) -> Observed:
    stored = reading.stored
    return Observed(
        journal=stored.journal if stored else None,
        recorded=stored is None or stored.etag is not None,
        endpoint=reading.endpoint,
        visible=reading.visible,
        mark=reading.mark,
        unscaled=reading.unscaled,
        now=stored.now if stored else None,
    )


def _decided(event: Event) -> Decided:
    return Decided(
        kind=event.kind,
        by=event.actor,
        at=_time(event.at),
        reason=event.reason,
        operation=event.operation,
        target=event.target,
        caller=event.caller,
        calls=event.calls,
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
