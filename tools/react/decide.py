"""Which act follows from the newest reports. Pure: what was read goes in, one act comes out.

Drift tells somebody: feature drift says nothing of quality. Labels that show a worse model propose another one, which goes the road of every
version: through the gates, and live by a person. What is missing, or too few to judge, never acts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from pipelines.data_drift.report import Report as Drift
from pipelines.data_drift.report import Severity
from pipelines.quality.report import Report as Quality

APART = {"propose": timedelta(days=7), "notify": timedelta(days=1)}  # two acts of a kind, at least


class Kind(StrEnum):
    """Of an act."""

    NOTHING = "nothing"
    NOTIFY = "notify"
    PROPOSE = "propose"


class Outcome(StrEnum):
    """Of an act that was carried out."""

    DONE = "done"  # told, or proposed
    STOPPED = "stopped"  # a gate let no new model through
    FAILED = "failed"  # it could not be carried out: its cause stands


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An act that was carried out.

    Attributes:
        at: when.
        kind: what.
        cause: why, the same for the same finding.
        outcome: what became of it.
    """

    at: datetime
    kind: Kind
    cause: str
    outcome: Outcome


@dataclass(frozen=True)
class Act:
    """What is to be done.

    Attributes:
        kind: what.
        cause: the same for the same finding, so that it is acted upon once; "" of nothing.
        why: one sentence.
    """

    kind: Kind
    cause: str
    why: str


def decide(
    quality: Quality | None,
    drift: Drift | None,
    taken: Sequence[Taken],
    now: datetime,
    every: timedelta | None = None,
) -> Act:
    """Decide.

    Args:
        quality: the newest report; None where there is none.
        drift: likewise.
        taken: acts so far.
        now: when it is decided.
        every: after how long a model is trained again whatever the reports say; None for never.
    """
    waiting = None
    for act in _candidates(quality, drift, taken, now, every):
        if any(each.cause == act.cause and each.outcome is not Outcome.FAILED for each in taken):
            continue
        last = max((each.at for each in taken if each.kind is act.kind), default=None)
        if last is None or now - last >= APART[act.kind]:
            return act
        waiting = (
            waiting
            or f"{act.why}; the last of its kind was {last:%Y-%m-%d %H:%M}, the next waits until {last + APART[act.kind]:%Y-%m-%d %H:%M}"
        )
    return Act(Kind.NOTHING, "", waiting or _quiet(quality, drift))


def _candidates(
    quality: Quality | None,
    drift: Drift | None,
    taken: Sequence[Taken],
    now: datetime,
    every: timedelta | None,
) -> Iterator[Act]:
    """The gravest first."""
    if quality is not None:
        of = f"quality {quality.version} {quality.first} {quality.last}"
        if quality.verdict == "worse":
            yield Act(Kind.PROPOSE, of, f"{quality.version} is worse: {quality.reason}")
        elif quality.verdict == "as-good" and quality.worse:
            names = ", ".join(each.name for each in quality.worse)
            yield Act(
                Kind.NOTIFY,
                f"{of} {names}",
                f"{quality.version} is worse in {names}, and not over all: {quality.reason}",
            )
    if every is not None and quality is not None:
        last = max((each.at for each in taken if each.kind is Kind.PROPOSE), default=None)
        if last is None or now - last >= every:
            yield Act(Kind.PROPOSE, f"schedule {now:%Y-%m-%d}", f"a model is trained every {every.days} days")
    if drift is not None and drift.severity is Severity.DRIFT:
        names = ", ".join(sorted(each.name for each in drift.columns if each.severity is Severity.DRIFT))
        yield Act(
            Kind.NOTIFY,
            f"drift {drift.digest} {names}",
            f"what {drift.model} is asked has changed: {drift.reason}",
        )


def _quiet(quality: Quality | None, drift: Drift | None) -> str:
    parts = (
        "no report of quality" if quality is None else f"quality is {quality.verdict}",
        "no report of drift" if drift is None else f"drift is {drift.severity}",
    )
    return f"{'; '.join(parts)}: nothing new to act on"
