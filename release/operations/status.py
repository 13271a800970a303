"""Where things stand: journal and endpoint side by side, and what does not fit together."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from release.core import history, weights
from release.core.endpoint import Endpoint
from release.core.journal import Event, Journal, Kind
from release.core.resolve import rejected_sentence
from release.core.rollback import unrecorded_sentence
from release.naming import Place
from release.ports import Hosting, JournalStore, LostError, Stored, UnreachableError
from release.version import Version, precedence


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    by: str
    at: datetime
    reason: str


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """Who decided, or is carrying out, what."""

    kind: Kind
    by: str
    at: datetime
    reason: str
    operation: str
    target: dict[Version, int]


class OnEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One version. Weights are shares of 100; instances count what runs and what is asked for.

    Attributes:
        roles: of "serving", "live", "fallback", "candidate", "rejected".
        intended: share by the journal, or by the move under way; None when the journal says nothing.
        since: when it began to serve, if it does.
    """

    version: Version
    roles: tuple[str, ...]
    intended: int | None
    actual: int | None
    instances: int | None
    instances_desired: int | None
    since: datetime | None
    rejected: Rejected | None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What `modelctl status --json` prints.

    Attributes:
        endpoint_status: SageMaker's; None when there is no endpoint or it cannot be seen.
        live: config's `live` as last applied; it does not serve while a rollback holds.
        hold: why `live` does not serve, and what to type; None when nothing holds.
        pending: a move under way, or one that nobody finished yet.
        divergence: what does not fit together, as sentences.
        problems: what could not be read.
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
    problems: tuple[str, ...]
    at: datetime | None


def read(place: Place, store: JournalStore, hosting: Hosting) -> Status:
    """Ask for both; what does not answer becomes one of the `problems`."""
    problems: list[str] = []
    stored: Stored | None = None
    endpoint: Endpoint | None = None
    tag: str | None = None
    try:
        stored = store.read()
    except (LostError, UnreachableError) as error:
        problems.append(f"the journal cannot be read: {error}")
    try:
        endpoint = hosting.describe()
        tag = hosting.unrecorded() if endpoint else None
    except (LostError, UnreachableError) as error:
        problems.append(f"the endpoint cannot be seen: {error}")
    return assess(place, stored, endpoint, tag, tuple(problems))


def assess(
    place: Place, stored: Stored | None, endpoint: Endpoint | None, tag: str | None, problems: tuple[str, ...]
) -> Status:
    """The same from values; `stored` is None when it could not be read, `endpoint` also when there is none."""
    journal = stored.journal if stored else Journal()
    serving = weights.main_version(endpoint.current) if endpoint else weights.main_version(journal.weights)
    known = set(endpoint.variants) if endpoint else set(journal.fleet)
    candidates = tuple(
        v for v in sorted(known, key=precedence) if not history.has_served(journal, v) and v != serving
    )
    fallback = history.fallback(journal)
    shown = sorted(known | {r.version for r in journal.rejections}, key=precedence, reverse=True)
    return Status(
        model=place.model,
        environment=place.environment,
        account=place.account,
        region=place.region,
        endpoint=place.endpoint,
        endpoint_status=endpoint.status.value if endpoint else None,
        serving=serving,
        live=journal.live,
        fallback=fallback,
        candidates=candidates if stored else (),
        versions=tuple(_version(v, journal, endpoint, (serving, fallback), candidates) for v in shown),
        decision=_decided(journal.decision) if journal.decision else None,
        hold=_hold(journal),
        pending=_pending(journal),
        divergence=(*_divergence(journal, endpoint, problems), *((unrecorded_sentence(tag),) if tag else ())),
        problems=problems,
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
    intended = intent.target if intent and intent.kind is not Kind.FLEET else journal.weights
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
        kind=intent.kind,
        by=intent.actor,
        at=_time(intent.since),
        reason=intent.reason,
        operation=intent.operation,
        target=intent.target,
    )


def _divergence(journal: Journal, endpoint: Endpoint | None, problems: tuple[str, ...]) -> tuple[str, ...]:
    if problems:
        return ()
    if endpoint is None:
        return (
            ("the journal knows an endpoint and there is none: `pulumi up` makes it",)
            if journal.incarnation
            else ()
        )
    found: list[str] = []
    if endpoint.status.broken:
        found.append(f"the endpoint is {endpoint.status}: {endpoint.failure or 'SageMaker gives no reason'}")
    elif endpoint.failure:
        found.append(f"SageMaker says: {endpoint.failure}")
    if journal.incarnation and not history.same_life(journal, endpoint):
        found.append(
            "the endpoint was deleted and made again since the journal was written: `pulumi up` records it"
        )
    elif not history.explained(journal, endpoint):
        found.append(
            "traffic was moved by someone else (neither the journal nor a rollback explains it): "
            "`modelctl adopt --reason …` records it as decided"
        )
    if journal.intent is None and journal.fleet and set(journal.fleet) != set(endpoint.variants):
        found.append(
            f"the fleet was changed by someone else: on the endpoint {_listed(endpoint.variants)}, in the journal "
            f"{_listed(journal.fleet)}"
        )
    for version in sorted(weights.traffic(endpoint.current)):
        rejection = journal.rejection(version)
        if rejection and journal.intent is None:
            found.append(
                f"{rejected_sentence(version, rejection)}, and it has traffic: `modelctl rollback --reason …`"
            )
    return tuple(found)


def _decided(event: Event) -> Decided:
    return Decided(
        kind=event.kind,
        by=event.actor,
        at=_time(event.at),
        reason=event.reason,
        operation=event.operation,
        target=event.target,
    )


def _listed(versions: Iterable[Version]) -> str:
    return ", ".join(sorted(versions)) or "none"


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
