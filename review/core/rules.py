"""What a build is refused for. A policy pack sees resources; these see operations."""

from collections.abc import Iterator, Sequence

import msgspec

from review.core.change import Change, Loss
from review.core.evidence import Evidence, Verdict

DESTROYS = "destroys"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why the change may not go on as it is: `rule` is its name, `why` and `fix` are sentences."""

    rule: str
    why: str
    fix: str


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
    if change.guarded:
        for loss in change.losses:
            yield _loss(change, loss)
        if change.fleet and change.fleet.drops_fallback:
            yield Refusal(
                rule="drops-fallback",
                why=f"{change.fleet.fallback}, to which a rollback would go, leaves the fleet: no rollback in seconds any more",
                fix=f"keep {change.fleet.fallback} in release.fleet until another version has taken its place",
            )
    for each in evidence:
        if each.gains and not each.suffices:
            yield _unproved(change, each)
    for violation in violations:
        if violation.mandatory:
            yield Refusal(
                rule=f"policy {violation.policy}",
                why=violation.why,
                fix=violation.fix or "docs/policies.md says how, and how an exception is recorded",
            )
    if change.errors:
        yield Refusal(
            rule="preview-failed",
            why=change.errors[0],
            fix=f"see what it says, then `make preview ENV={change.environment}` again",
        )


def _loss(change: Change, loss: Loss) -> Refusal:
    because = f" (because of {', '.join(loss.because)})" if loss.because else ""
    return Refusal(
        rule=DESTROYS,
        why=f"{loss.verb} the {loss.words} {loss.name}{because}",
        fix=f"take that out of the change. To take {change.environment} down on purpose, first apply a change that sets "
        "model-delivery:protect to false, and nothing else",
    )


def _unproved(change: Change, each: Evidence) -> Refusal:
    fixes = {
        Verdict.REJECTED: f"`modelctl accept {each.version} --env {each.source} --reason …` if the rejection was wrong, "
        "else name another version",
        Verdict.UNKNOWN: f"run `make preview ENV={each.source}` first: it looks up what {each.source} has proved",
    }
    return Refusal(
        rule="no-evidence",
        why=f"{each.version} would get traffic in {change.environment}, and in {each.source} it {each.verdict}",
        fix=fixes.get(each.verdict) or f"make {each.version} live in {each.source} first, with the same bits",
    )
