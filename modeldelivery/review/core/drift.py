"""Where an environment is no longer as it was deployed: what operators decided, told from what others did."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from modeldelivery.catalogue.tokens import ENDPOINTS
from modeldelivery.release.operations.health import Finding
from modeldelivery.release.operations.status import Status
from modeldelivery.release.version import Version
from modeldelivery.review.core.cluster.network import opened
from modeldelivery.review.core.config import PROJECT
from modeldelivery.review.core.document import Document
from modeldelivery.review.core.guards import weakened
from modeldelivery.review.core.permissions import permission_changes
from modeldelivery.review.core.touched import Effect, Touched, touched

TRAFFIC = "traffic of the endpoint"
_TRAFFIC = frozenset({"weights", "servingAtCheck", "fallbackAtCheck", "drillAtCheck"})


class By(StrEnum):
    """Whose doing it is."""

    OPERATOR = "an operator, on record"
    OTHERS = "someone else"
    UNKNOWN = "cannot be told"


class Drifted(msgspec.Struct, frozen=True, kw_only=True):
    """A resource that differs. `properties` is empty when the whole of it is gone; `risks` are sentences on what is less safe now."""

    words: str
    name: str
    gone: bool
    properties: tuple[str, ...]
    by: By
    why: str = ""
    risks: tuple[str, ...] = ()


class Drift(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One environment.

    Attributes:
        commit: that it was held against, as Git names it; empty when there is no Git.
        resources: what differs from what was deployed.
        hold: why config's `live` does not serve; it stands until somebody lifts it, deployed again or not.
        findings: what of the endpoint is not as it should be, the worst first.
        unread: fields of the engine's document that the reader does not know.
        problem: why the journal, or a part of the endpoint, could not be looked at.
        waiting: versions that were approved since, and join the fleet by rule at the next `up`. That is no difference from Git.
    """

    environment: str
    commit: str
    resources: tuple[Drifted, ...]
    hold: str | None
    findings: tuple[Finding, ...]
    unread: tuple[str, ...]
    problem: str | None
    waiting: tuple[Version, ...] = ()

    @property
    def is_none(self) -> bool:
        return not self.resources and self.hold is None and not self.unhealthy

    @property
    def unhealthy(self) -> tuple[Finding, ...]:
        """What needs a person."""
        return tuple(finding for finding in self.findings if finding.needs_person)

    @property
    def foreign(self) -> tuple[Drifted, ...]:
        """What no operator decided."""
        return tuple(each for each in self.resources if each.by is not By.OPERATOR)


def drifted(
    environment: str,
    document: Document,
    decided: Status | str,
    *,
    commit: str,
    waiting: tuple[Version, ...] | str = (),
) -> Drift:
    """Read a preview of a refresh.

    Args:
        environment: its name.
        document: `pulumi refresh --preview-only --json`.
        decided: what the journal says of the endpoint; a sentence when that cannot be read.
        commit: that the environment is held against.
        waiting: versions that join by rule at the next `up`; a sentence when that cannot be told.
    """
    resources = touched(document, PROJECT)
    opens = opened(resources)
    changes = [
        part
        for resource in resources
        for part in _parts(resource, decided, opens.get(resource.urn, ()))
        if resource.effect in {Effect.UPDATE, Effect.DELETE, Effect.REPLACE}
    ]
    problems = (
        *((decided,) if isinstance(decided, str) else decided.problems),
        *((waiting,) if isinstance(waiting, str) else ()),
    )
    return Drift(
        environment=environment,
        commit=commit,
        waiting=() if isinstance(waiting, str) else waiting,
        unread=document.unread,
        resources=tuple(changes),
        hold=None if isinstance(decided, str) else decided.hold,
        findings=() if isinstance(decided, str) else decided.findings,
        problem="; ".join(problems) or None,
    )


def _parts(resource: Touched, decided: Status | str, opens: tuple[str, ...]) -> Iterator[Drifted]:
    """One resource; an endpoint's traffic is apart from the rest of it."""
    gone = resource.new is None
    changed = resource.reasons or resource.changed
    traffic = changed & _TRAFFIC if resource.type in ENDPOINTS and not gone else frozenset()
    if traffic:
        by, why = _traffic_by(decided)
        yield Drifted(words=TRAFFIC, name=resource.name, gone=False, properties=(), by=by, why=why)
    others = changed - _TRAFFIC if traffic else changed
    if gone or others:
        yield Drifted(
            words=resource.kind.words,
            name=resource.name,
            gone=gone,
            properties=() if gone else tuple(sorted(others)),
            by=By.OTHERS,
            risks=(*_risks(resource), *opens),
        )


def _risks(resource: Touched) -> Iterator[str]:
    """What is weaker than it was deployed, and who may do more."""
    yield from weakened(resource)
    for change in permission_changes(resource):
        yield from dict.fromkeys(f"permissions are wider: {each.detail}" for each in change.widened)


def _traffic_by(decided: Status | str) -> tuple[By, str]:
    """The journal knows each decision; what it does not explain was done past it."""
    if isinstance(decided, str):
        return By.UNKNOWN, decided
    if decided.problems:
        return By.UNKNOWN, decided.problems[0]
    if decided.divergence:
        return By.OTHERS, decided.divergence[0]
    decision = decided.pending or decided.decision
    if decision is None:
        return By.OTHERS, "the journal has no decision"
    return By.OPERATOR, f"{decision.kind} by {decision.by}: {decision.reason}"
