"""What a build is refused for. A policy pack sees resources; these see operations."""

from collections.abc import Iterator, Sequence

import msgspec

from modeldelivery.review.core.change import Change, Loss
from modeldelivery.review.core.evidence import Evidence, Verdict
from modeldelivery.review.core.words import Line, Name, listed, words

DESTROYS = "destroys"
_POLICIES = ("docs/policies.md says how, and how an exception is recorded",)


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why the change may not go on as it is.

    Attributes:
        rule: its name.
        why, fix: sentences without a full stop.
        resource: that it is about, a version's name or a resource's; empty for the change as a whole.
    """

    rule: str
    why: Line
    fix: Line
    resource: str = ""


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy found wrong with a resource, and how to mend it; `mandatory` ones refuse the change."""

    policy: str
    resource: str
    why: str
    fix: str
    mandatory: bool


def judge(
    change: Change, evidence: Sequence[Evidence], violations: Sequence[Violation]
) -> tuple[Refusal, ...]:
    """All the reasons there are; none when the change may go on."""
    return tuple(_judge(change, evidence, violations))


def _judge(
    change: Change, evidence: Sequence[Evidence], violations: Sequence[Violation]
) -> Iterator[Refusal]:
    for loss in change.losses:
        if change.guarded or loss.protected:
            yield _loss(change, loss)
    if change.guarded and change.fleet and change.fleet.drops_fallback:
        fallback = Name(change.fleet.fallback or "")
        yield Refusal(
            rule="drops-fallback",
            resource=change.fleet.fallback or "",
            why=(
                fallback,
                ", to which a rollback would go, leaves the fleet: no rollback in seconds any more",
            ),
            fix=(
                "keep ",
                fallback,
                " in ",
                Name("release.fleet"),
                " until another version has taken its place",
            ),
        )
    for each in evidence:
        if each.gains and not each.suffices:
            yield _unproved(change, each)
    for violation in violations:
        if violation.mandatory:
            yield Refusal(
                rule=f"policy {violation.policy}",
                resource=violation.resource,
                why=(Name(violation.why),),
                fix=(Name(violation.fix),) if violation.fix else _POLICIES,
            )
    for error in change.errors:
        yield Refusal(
            rule="preview-failed",
            why=(Name(error),),
            fix=("see what it says, then ", Name(f"make preview ENV={change.environment}"), " again"),
        )


def _loss(change: Change, loss: Loss) -> Refusal:
    because: Line = (" because of ", *listed(loss.because)) if loss.because else ()
    return Refusal(
        rule=DESTROYS,
        resource=loss.name,
        why=(f"{loss.verb} the ", words(loss.words), " ", Name(loss.name), *because),
        fix=(
            "take that out of the change. To take ",
            Name(change.environment),
            " down on purpose, first apply a change that sets ",
            Name(loss.protected_by),
            " to false, and nothing else",
        ),
    )


def _unproved(change: Change, each: Evidence) -> Refusal:
    version, source = Name(each.version), Name(each.source)
    fixes: dict[Verdict, Line] = {
        Verdict.REJECTED: (
            Name(f"modelctl accept {each.version} --env {each.source} --reason …"),
            " if the rejection was wrong, else name another version",
        ),
        Verdict.UNKNOWN: (
            "run ",
            Name(f"make preview ENV={each.source}"),
            " first: it looks up what ",
            source,
            " has proved",
        ),
    }
    return Refusal(
        rule="no-evidence",
        resource=each.version,
        why=(
            version,
            " would get traffic in ",
            Name(change.environment),
            ", and in ",
            source,
            f" it {each.verdict}",
        ),
        fix=fixes.get(each.verdict) or ("make ", version, " live in ", source, " first, with the same bits"),
    )
