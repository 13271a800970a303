"""resolve(config, journal, endpoint) → plan: the one place where config, history and the world meet.

Membership comes from config, traffic from the journal; config moves traffic only when its `live` itself changes.
The numbers are the rules of docs/architecture.md.
"""

import msgspec

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal, Rejection
from modeldelivery.release.core.request import Request
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.version import Version


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of an endpoint, as phases add → shift → drop.

    Attributes:
        weights: final share of each version of the final fleet; integers that sum to 100.
        standing: the weights that stand until the shift, over the versions there now.
        drop: versions to take away once nothing of the traffic is theirs.
        decided: config's `live` changed and gets the traffic (rule 3).
        warnings: sentences for the reader, most urgent first.
    """

    weights: dict[Version, int]
    standing: dict[Version, int]
    drop: tuple[Version, ...]
    decided: bool
    warnings: tuple[str, ...]

    @property
    def shifts(self) -> bool:
        """Whether traffic is to move."""
        return bool(self.standing) and not weights.same(self.weights, self.standing)


def resolve(request: Request, journal: Journal, endpoint: Endpoint | None, now: float) -> Plan:
    """Decide weights and membership.

    Args:
        request: what config asks.
        journal: what is recorded; pending intents of others are settled before this is asked.
        endpoint: what was observed, None when there is none.
        now: seconds since the epoch, on S3's clock.

    Raises:
        RefusedError: rules 4 to 6, 8 and 9, each with what to do.
    """
    if endpoint is None or not weights.traffic(endpoint.current):
        return _first_life(request, journal)
    standing = weights.shares(endpoint.current)
    present = tuple(sorted(endpoint.variants))
    drop = tuple(v for v in present if v not in request.fleet)
    added = any(v not in present for v in request.fleet)
    forbidden = _forbidden(request, journal)
    decided = live_changed(request, journal) and forbidden is None
    target, warnings = _traffic(request, journal, endpoint, forbidden)
    _refuse_dropping_traffic(request, standing, target, drop)
    target = {v: target.get(v, 0) for v in sorted(request.fleet)}
    if added or drop:
        refuse_young(request, journal, now)
    return Plan(
        weights=weights.checked(target),
        standing=standing,
        drop=drop,
        decided=decided,
        warnings=warnings,
    )


def live_changed(request: Request, journal: Journal) -> bool:
    """Whether config's `live` is another than the one last applied.

    A journal that begins with a decision (an `adopt` where the earlier one was lost, a rollback on an imported endpoint) has
    applied none: that decision stands until config names another version than it does now.
    """
    if journal.live is None:
        return journal.decision is None
    return request.live != journal.live


def refuse_young(request: Request, journal: Journal, now: float) -> None:
    """Rule 9: while the serving version bakes, SageMaker must stay free to move weights.

    Raises:
        RefusedError: when the fleet may not change yet.
    """
    serving = history.serving_since(journal)
    if serving is None or not request.rules.bake_seconds:
        return
    version, since = serving
    left = since + request.rules.bake_seconds - now
    if left > 0:
        raise RefusedError(
            f"{version} has served for {now - since:.0f} s of its {request.rules.bake_seconds} s bake, and weights "
            f"cannot be moved while the fleet is being changed",
            hint=f"change the fleet in {left:.0f} s",
        )


def rejected_sentence(version: Version, rejection: Rejection) -> str:
    """Who rejected a version and why, as `up`, `status` and a refusal say it."""
    same = "" if rejection.version == version else f" (the same bits as {rejection.version})"
    return f"{version}{same} was rejected by {rejection.actor}: {rejection.reason}"


def _first_life(request: Request, journal: Journal) -> Plan:
    """Rule 8: no endpoint, or a new one: earlier rejections hold, earlier weights do not."""
    warnings: tuple[str, ...] = ()
    start: Version | None = request.live
    rejection = journal.rejection(request.live)
    if rejection:
        start = history.last_whole(journal, request.fleet)
        reason = rejected_sentence(request.live, rejection)
        if start is None:
            raise RefusedError(
                f"{reason}, and no other version of release.fleet has served here: name another live version, or type "
                f"`modelctl accept {request.live} --reason …`"
            )
        warnings = (f"{reason}; the new endpoint starts on {start}, the last that served",)
    elif request.rules.rollout_required and journal.served and not history.carried(journal, request.live):
        raise RefusedError(_needs_rollout(request.live))
    assert start is not None
    return Plan(
        weights=weights.all_to(start, request.fleet),
        standing={},
        drop=(),
        decided=True,
        warnings=warnings,
    )


def _traffic(
    request: Request, journal: Journal, endpoint: Endpoint, forbidden: str | None
) -> tuple[Weights, tuple[str, ...]]:
    """Rules 2, 3, 4, 6 and 7: where traffic goes, and what to warn of."""
    versions = {*endpoint.variants, *request.fleet}
    foreign = not history.explained(journal, endpoint) or not versions.issuperset(
        weights.traffic(journal.weights)
    )
    warnings: list[str] = []
    base: Weights = weights.shares(endpoint.current) if foreign else journal.weights
    if live_changed(request, journal):
        if forbidden is None:
            if foreign:
                warnings.append(
                    f"traffic was moved by someone else; live changed to {request.live}, which wins"
                )
            return weights.all_to(request.live, endpoint.variants), tuple(warnings)
        warnings.append(f"{forbidden}; traffic stays where it is")
    else:
        rejection = journal.rejection(request.live)
        if rejection:
            warnings.append(
                f"{rejected_sentence(request.live, rejection)}; the rollback stands. To give it traffic again: "
                f"{_given_again(request.live)}"
            )
        elif journal.decision and not weights.traffic(journal.weights).keys() & {request.live}:
            decision = journal.decision
            warnings.append(
                f"{decision.actor} decided otherwise ({decision.kind}: {decision.reason}) since live {request.live} was applied; "
                f"that stands until release.live changes"
            )
    base, off = _off_rejected(base, request, journal, endpoint)
    warnings += off
    if foreign and not off:
        warnings.append(
            "traffic was moved by someone else (neither the journal nor a rollback explains it) and is left alone: "
            "`modelctl adopt --reason …` records it as decided"
        )
    return base, tuple(warnings)


def _forbidden(request: Request, journal: Journal) -> str | None:
    """Why config's live may not get traffic by config alone: rules 4 and 6."""
    rejection = journal.rejection(request.live)
    if rejection:
        return (
            f"{rejected_sentence(request.live, rejection)}; to give it traffic: {_given_again(request.live)}"
        )
    if request.rules.rollout_required and not history.carried(journal, request.live):
        return _needs_rollout(request.live)
    return None


def _given_again(version: Version) -> str:
    return (
        f"`modelctl accept {version} --reason …`, then `modelctl rollback --to {version} --keep --reason …`"
    )


def _needs_rollout(live: Version) -> str:
    return (
        f"{live} has not finished a rollout here, and rollout.required is set: roll it out, then name it live"
    )


def _off_rejected(
    base: Weights, request: Request, journal: Journal, endpoint: Endpoint
) -> tuple[Weights, list[str]]:
    """Rule 4: traffic of a rejected version goes where the journal says, else to the fallback, else it stays."""
    holders = [v for v in weights.traffic(base) if journal.rejection(v)]
    if not holders:
        return base, []
    rejection = journal.rejection(holders[0])
    assert rejection is not None
    why = rejected_sentence(holders[0], rejection)
    recorded = weights.traffic(journal.weights)
    if recorded and all(v in endpoint.variants and not journal.rejection(v) for v in recorded):
        return journal.weights, [f"{why}; its traffic goes back to what the journal records"]
    refuge = _refuge(base, request, journal, endpoint)
    if refuge is None:
        return base, [f"{why}, but nothing else on the endpoint may serve: add a version and roll back to it"]
    return weights.all_to(refuge, endpoint.variants), [f"{why}; its traffic goes to {refuge}"]


def _refuge(base: Weights, request: Request, journal: Journal, endpoint: Endpoint) -> Version | None:
    """Who takes what a rejected version had: the fallback, else who carried everything last, else who has some, else who had.

    Of those who are there, or join by the same change.
    """
    there = {*endpoint.variants, *request.fleet}
    candidates = (
        history.fallback(journal, endpoint),
        history.last_whole(journal, there),
        *weights.traffic(base),
        *(served.version for served in reversed(journal.served)),
    )
    return next((v for v in candidates if v in there and not journal.rejection(v)), None)


def _refuse_dropping_traffic(
    request: Request, standing: Weights, target: Weights, drop: tuple[Version, ...]
) -> None:
    """Rule 5: a version that has traffic is not dropped, unless the same change moved it away and may."""
    still = [v for v in drop if target.get(v, 0) > 0]
    if still:
        raise RefusedError(
            f"{', '.join(still)} has traffic and release.fleet no longer names it: put it back into the fleet, move its "
            f"traffic (change release.live, or `modelctl rollback`), then drop it"
        )
    leaving = [v for v in drop if standing.get(v, 0) > 0]
    if leaving and request.rules.separate_drop:
        raise RefusedError(
            f"this change moves traffic from {', '.join(leaving)} and drops it: here that is two changes. Keep it in "
            f"release.fleet now, and drop it when {request.live} has proved itself"
        )
