"""What of an endpoint and its journal is not as it should be: each finding with its grade and what to type."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from modeldelivery.release.core import drill, history, unrecorded, weights
from modeldelivery.release.core.endpoint import Endpoint, Variant
from modeldelivery.release.core.journal import IntentKind, Journal
from modeldelivery.release.core.resolve import rejected_sentence
from modeldelivery.release.version import Version

LONG = (
    3600.0  # seconds for which a platform may be at work on one change; SageMaker needs minutes for a fleet
)
UNATTENDED = (
    120.0  # seconds after its deadline; whoever carries a move out renews it while the endpoint takes changes
)


class Grade(StrEnum):
    """How bad a finding is, the worst first. All but a notice need a person."""

    BROKEN = "broken"  # it serves nothing, or takes no change
    DEGRADED = "degraded"  # it serves, and something of it does not hold
    NOTICE = "notice"  # to know, no more


class Code(StrEnum):
    """Names for scripts; none is ever given another meaning."""

    BROKEN = "endpoint-broken"
    IMPAIRED = "endpoint-impaired"
    MISSING = "endpoint-missing"
    SLOW = "endpoint-slow"
    CHANGE_FAILED = "change-failed"
    NO_INSTANCE = "no-instance"
    FEW_INSTANCES = "few-instances"
    UNSCALED = "no-autoscaling"
    FALLBACK_AWAY = "fallback-away"
    NO_JOURNAL = "no-journal"
    UNRECORDED = "unrecorded-move"
    RECREATED = "endpoint-recreated"
    FOREIGN_TRAFFIC = "foreign-traffic"
    FOREIGN_FLEET = "foreign-fleet"
    LEFT_BEHIND = "weights-left-behind"
    REJECTED_SERVES = "rejected-serves"
    UNFINISHED = "move-unfinished"
    DRILL = "drill-unfinished"


# Where journal and endpoint contradict each other; the others are the endpoint's own health.
DIVERGENCE = frozenset(
    {
        Code.MISSING,
        Code.NO_JOURNAL,
        Code.UNRECORDED,
        Code.RECREATED,
        Code.FOREIGN_TRAFFIC,
        Code.FOREIGN_FLEET,
        Code.LEFT_BEHIND,
        Code.REJECTED_SERVES,
    }
)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it should be.

    Attributes:
        code: for scripts.
        grade: how bad it is.
        sentence: what is wrong. It says no length of time: the same finding is always the same sentence.
        remedy: what to type or look at; empty where the sentence says it.
    """

    code: Code
    grade: Grade
    sentence: str
    remedy: str = ""

    @property
    def text(self) -> str:
        return f"{self.sentence}: {self.remedy}" if self.remedy else self.sentence

    @property
    def needs_person(self) -> bool:
        return self.grade is not Grade.NOTICE


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What is judged.

    Attributes:
        journal: None when it could not be read.
        recorded: whether there is a journal at all.
        endpoint: None when there is none, or when it could not be seen.
        visible: whether it could.
        mark: what the endpoint says of a move without the journal.
        unscaled: versions on the endpoint that autoscaling does not know; None when nobody asked, or it cannot be told.
        now: seconds since the epoch, by the journal's store; None when the journal could not be read.
    """

    journal: Journal | None
    recorded: bool = True
    endpoint: Endpoint | None
    visible: bool = True
    mark: str | None = None
    unscaled: frozenset[Version] | None = None
    now: float | None = None


def findings(observed: Observed) -> tuple[Finding, ...]:
    """All there are, the worst first."""
    order = list(Grade)
    return tuple(sorted(_findings(observed), key=lambda finding: order.index(finding.grade)))


def _findings(observed: Observed) -> Iterator[Finding]:
    journal, endpoint = observed.journal, observed.endpoint
    if observed.mark:
        yield Finding(
            code=Code.UNRECORDED,
            grade=Grade.DEGRADED,
            sentence=unrecorded.sentence(observed.mark),
            remedy=unrecorded.REMEDY,
        )
    if endpoint is not None:
        yield from _condition(endpoint, observed.now)
        yield from _instances(endpoint)
        yield from _scaling(endpoint, observed.unscaled)
        if journal is not None:
            yield from _divergence(journal, endpoint, recorded=observed.recorded)
            yield from _way_back(journal, endpoint)
            if observed.now is not None:
                yield from _unfinished(journal, endpoint, observed.now)
                yield from _undrilled(journal, endpoint, observed.now)
    elif journal is not None and observed.visible and not journal.incarnation:
        if observed.now is not None:
            yield from _unfinished(journal, None, observed.now)
    elif journal is not None and observed.visible:
        yield Finding(
            code=Code.MISSING,
            grade=Grade.BROKEN,
            sentence="the journal knows an endpoint and there is none",
            remedy="`pulumi up` makes it",
        )


def _condition(endpoint: Endpoint, now: float | None) -> Iterator[Finding]:
    """The platform's word for it; an old reason for a failure is no more than to know."""
    because = endpoint.failure or "the platform gives no reason"
    if endpoint.remedy:
        yield Finding(
            code=Code.BROKEN if endpoint.broken else Code.IMPAIRED,
            grade=Grade.BROKEN if endpoint.broken else Grade.DEGRADED,
            sentence=f"the endpoint is {endpoint.word} ({because})",
            remedy=endpoint.remedy,
        )
    elif endpoint.busy and endpoint.modified is not None and now is not None:
        if now - endpoint.modified > LONG:
            yield Finding(
                code=Code.SLOW,
                grade=Grade.DEGRADED,
                sentence=f"the endpoint is {endpoint.word} since {_time(endpoint.modified)} and takes no change meanwhile",
                remedy="see in its containers' logs why no instance becomes ready; the platform gives up by itself",
            )
    elif endpoint.failure:
        yield Finding(
            code=Code.CHANGE_FAILED,
            grade=Grade.NOTICE,
            sentence=f"the last change failed: {endpoint.failure}",
            remedy="mend what it names, then `pulumi up`",
        )


def _instances(endpoint: Endpoint) -> Iterator[Finding]:
    """While the platform is at work instances come and go, and only a version that serves must have one."""
    for version, variant in sorted(endpoint.variants.items()):
        serves = variant.current > 0
        if variant.instances_desired < 1 or variant.instances >= variant.instances_desired:
            continue
        if variant.instances < 1 and (serves or not endpoint.busy):
            yield Finding(
                code=Code.NO_INSTANCE,
                grade=Grade.BROKEN if serves else Grade.DEGRADED,
                sentence=f"{version}{', which has traffic,' if serves else ''} runs on {_of(variant)} instances",
                remedy="`modelctl rollback --reason …` to a version that runs; its containers' logs say why it does not"
                if serves
                else "it can take no traffic; its containers' logs say why",
            )
        elif variant.instances >= 1 and not endpoint.busy:
            yield Finding(
                code=Code.FEW_INSTANCES,
                grade=Grade.DEGRADED,
                sentence=f"{version} runs on {_of(variant)} instances",
                remedy="look at the account's quota and at its containers' logs",
            )


def _of(variant: Variant) -> str:
    return f"{variant.instances} of {variant.instances_desired}"


def _scaling(endpoint: Endpoint, unscaled: frozenset[Version] | None) -> Iterator[Finding]:
    """A fleet change takes targets away and they are made again after it, so nothing is said before it has ended well."""
    without = sorted((unscaled or frozenset()) & set(endpoint.variants))
    if without and not endpoint.busy and not endpoint.remedy:
        yield Finding(
            code=Code.UNSCALED,
            grade=Grade.DEGRADED,
            sentence=f"nothing scales {', '.join(without)}: autoscaling has no target for it",
            remedy="`pulumi up --refresh` makes what is missing",
        )


def _divergence(journal: Journal, endpoint: Endpoint, *, recorded: bool) -> Iterator[Finding]:
    """Where the journal and the endpoint contradict each other."""

    def finding(code: Code, sentence: str, remedy: str) -> Finding:
        return Finding(code=code, grade=Grade.DEGRADED, sentence=sentence, remedy=remedy)

    if not recorded:
        yield finding(
            Code.NO_JOURNAL,
            "there is an endpoint and no journal of it",
            "get the journal's last version back (docs/operations.md) before anything moves traffic",
        )
        return
    if journal.incarnation and not history.same_life(journal, endpoint):
        yield finding(
            Code.RECREATED,
            "the endpoint was deleted and made again since the journal was written",
            "`pulumi up` records it",
        )
    elif _left_behind(journal, endpoint):
        serving = weights.main_version(endpoint.current)
        yield finding(
            Code.LEFT_BEHIND,
            "weights are asked for that are not in force: the platform took a move back, and the next change of the fleet "
            "may apply them",
            f"`modelctl rollback --to {serving} --keep --reason …` asks for those that serve",
        )
    elif not history.explained(journal, endpoint):
        yield finding(
            Code.FOREIGN_TRAFFIC,
            "traffic was moved by someone else (neither the journal nor a rollback explains it)",
            "`modelctl adopt --reason …` records it as decided",
        )
    mixed = bool(endpoint.remedy)  # of two fleets, by a change that failed: nobody else's doing
    if (
        journal.intent is None
        and journal.fleet
        and not mixed
        and set(journal.fleet) != set(endpoint.variants)
    ):
        yield finding(
            Code.FOREIGN_FLEET,
            f"the fleet was changed by someone else (on the endpoint {_listed(endpoint.variants)}, in the journal "
            f"{_listed(journal.fleet)})",
            "`pulumi up` makes it as config says",
        )
    for version in sorted(weights.traffic(endpoint.current)):
        rejection = journal.rejection(version)
        if rejection and journal.intent is None:
            yield finding(
                Code.REJECTED_SERVES,
                f"{rejected_sentence(version, rejection)}, and it has traffic",
                "`modelctl rollback --reason …`",
            )


def _left_behind(journal: Journal, endpoint: Endpoint) -> bool:
    """What serves is what the journal says, and the platform was asked for something else that it did not do."""
    return (
        journal.intent is None
        and not endpoint.busy
        and weights.same(endpoint.current, journal.weights)
        and not weights.same(endpoint.desired, endpoint.current)
    )


def _way_back(journal: Journal, endpoint: Endpoint) -> Iterator[Finding]:
    """Where a rollback would go must be there; that it runs is said of every version."""
    fallback = history.fallback(journal, endpoint)
    if fallback is not None and fallback not in endpoint.variants and not endpoint.busy:
        yield Finding(
            code=Code.FALLBACK_AWAY,
            grade=Grade.DEGRADED,
            sentence=f"a rollback would go to {fallback}, which is not on the endpoint",
            remedy=f"put {fallback} back into release.fleet and type `pulumi up`, or roll back with --to",
        )


def _unfinished(journal: Journal, endpoint: Endpoint | None, now: float) -> Iterator[Finding]:
    """A move that nobody carries on: while the platform is at work, its owner may just be waiting."""
    intent = journal.intent
    if intent is None or (endpoint and endpoint.busy) or now <= intent.deadline + UNATTENDED:
        return
    ends = "finishes" if intent.kind is IntentKind.ROLLBACK else "settles"
    over = "; `modelctl rollback --reason …` goes over it" if endpoint else ""
    yield Finding(
        code=Code.UNFINISHED,
        grade=Grade.DEGRADED,
        sentence=f"a move of {intent.actor} ({intent.kind}, since {_time(intent.since)}: {intent.reason}) is not finished and nobody "
        "carries it on",
        remedy=f"`pulumi up` {ends} it{over}",
    )


def _undrilled(journal: Journal, endpoint: Endpoint, now: float) -> Iterator[Finding]:
    """A drill that nobody carries on, wherever it stopped."""
    left = drill.under_way(journal)
    if left is None or endpoint.busy or now <= drill.last_sign(journal, left) + UNATTENDED:
        return
    serving = weights.whole_version(journal.weights)
    serves = f", and {serving} serves in the place of {left.home}" if serving != left.home else ""
    yield Finding(
        code=Code.DRILL,
        grade=Grade.DEGRADED,
        sentence=f"a drill of {left.actor} (since {_time(left.since)}: {left.reason}) was not ended{serves}",
        remedy=f"`modelctl drill --end` goes back to {left.home}; `modelctl rollback --reason …` goes to {left.away} and rejects "
        f"{left.home}",
    )


def _listed(versions: Iterable[Version]) -> str:
    return ", ".join(sorted(versions)) or "none"


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M:%SZ}"
