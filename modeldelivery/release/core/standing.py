"""When a rollback is already done: what an earlier decision left standing, and whether it still serves."""

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Event, EventKind, Intent, IntentKind, Journal, Verdict
from modeldelivery.release.version import Version


def standing_version(journal: Journal, endpoint: Endpoint, to: Version | None) -> Version | None:
    """The version that an earlier rollback went back to, while it is what serves: a plain one goes nowhere else.

    One that gave a version traffic (`--to … --keep`) went nowhere back: a plain one takes that back, and only one that names
    the same version (`to`) confirms it.
    """
    decision = journal.decision
    version = weights.whole_version(journal.weights)
    if decision is None or decision.kind is not EventKind.ROLLBACK or version is None:
        return None
    gave = decision.verdict is Verdict.GIVES and to != version
    serves = (
        history.same_life(journal, endpoint)
        and weights.same(decision.target, journal.weights)
        and weights.same(endpoint.current, journal.weights)
    )
    return version if serves and not gave and journal.rejection(version) is None else None


def at_rest(journal: Journal, endpoint: Endpoint) -> bool:
    """Whether nothing is under way, or asked for in vain, that could change what serves."""
    return journal.intent is None and not endpoint.busy and history.explained(journal, endpoint)


def left_by(rollback: Event | Intent) -> frozenset[Version]:
    """Versions that it took the traffic from and did not reject.

    What had traffic beside the journal (a move under way, someone else's) is not in the weights that it comes from.
    """
    taken = weights.traffic(rollback.source).keys() - weights.traffic(rollback.target).keys()
    keeps = rollback.verdict in {Verdict.KEEPS, Verdict.GIVES}
    return frozenset({*rollback.left, *(taken if keeps else ())})


def same_rollback(journal: Journal, target: Version, standing: Version | None) -> Event | Intent | None:
    """The rollback to the same version that this one finds: the one that stands, or one under way that went back there."""
    intent, decision = journal.intent, journal.decision
    if standing == target and decision is not None:
        return decision
    if intent is None or intent.kind is not IntentKind.ROLLBACK or intent.verdict is Verdict.GIVES:
        return None
    return intent if weights.whole_version(intent.target) == target else None
