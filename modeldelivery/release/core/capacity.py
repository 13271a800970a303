"""Instances: a version that is to get traffic is brought up to what it needs for it, for a bounded time."""

from modeldelivery.release.core import weights
from modeldelivery.release.core.action import Scale, View, Wait
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Intent
from modeldelivery.release.version import Version


def shortfalls(view: View) -> tuple[str, ...]:
    """What to warn of when traffic was moved to fewer instances than were requested for it."""
    present = view.endpoint.variants if view.endpoint else {}
    return tuple(
        f"{version} serves on {present[version].instances} of the {scaling.instances} instances that its traffic needs: "
        f"{scaling.ended or f'there were no more within {view.timing.scaling:.0f} s'}"
        for version, scaling in view.scaled.items()
        if version in present and present[version].instances < scaling.instances
    )


def more_instances(view: View, intent: Intent, endpoint: Endpoint) -> Scale | Wait | None:
    """A request for the instances that the target lacks, or a wait for them; refused, or too late, traffic moves as it is.

    Too few instances serve worse than enough, and better than a version that is to lose its traffic.
    """
    short = _short(intent, endpoint)
    if short is None:
        return None
    version, instances = short
    before = view.scaled.get(version)
    if before and view.now - before.since > view.timing.scaling:
        return None
    if before and before.accepted and view.timing.awaits:
        # Of what was requested: by those that run meanwhile, each looks as if it could serve less.
        starting = endpoint.variants[version].instances < before.instances
        return Wait("the instances that were requested are starting") if starting else None
    if before and before.ended:
        return None
    return Scale(version, instances, intent.deadline, endpoint.current)


def unmet_requests(view: View, endpoint: Endpoint, *, scale: bool) -> dict[Version, int]:
    """What runs of versions for which more instances were requested in vain, at rest.

    Only where this operation requested them, moves to what there is, or had its move undone: an instance that is just being
    replaced is no request in vain.
    """
    return {
        version: variant.instances
        for version, variant in endpoint.variants.items()
        if 0 < variant.instances < variant.instances_desired
        and (not scale or version in view.scaled or view.taken)
    }


def _short(intent: Intent, endpoint: Endpoint) -> tuple[Version, int] | None:
    """A version that is to get more than its instances can be known to serve, and how many it needs.

    What one instance can serve is the largest share that one serves now; half an instance too few is let pass, none is not.
    """
    now = weights.shares(endpoint.current)
    serving = {v: variant for v, variant in endpoint.variants.items() if now[v] and variant.instances}
    most = max((now[v] / variant.instances for v, variant in serving.items()), default=0.0)
    if not most:
        return None
    for version in sorted(weights.traffic(intent.target)):
        needed = max(int(intent.target[version] / most + 0.5), 1)
        if intent.target[version] > now.get(version, 0) and endpoint.variants[version].instances < needed:
            return version, needed
    return None
