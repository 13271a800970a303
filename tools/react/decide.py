"""Which act follows from the newest reports. Pure: what was read goes in, one act comes out.

Drift tells somebody: feature drift says nothing of quality. Labels that show a worse model propose another one, which goes the road of every
version: through the gates, and live by a person. What is missing, or too few to judge, never acts; nor does what is found of a version that no
longer serves.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.acts import Kind, Taken, acted_upon
from pipelines.data_drift.report import Report as Drift
from pipelines.data_drift.report import Severity
from pipelines.quality.report import Report as Quality

APART = {Kind.PROPOSE: timedelta(days=7), Kind.NOTIFY: timedelta(days=1)}  # two acts of a kind, at least


@dataclass(frozen=True)
class Act:
    """What is to be done.

    Attributes:
        kind: what.
        cause: the same for the same finding, so that it is acted upon once; "" of nothing.
        why: one sentence.
        judged: the report of quality that a proposal goes by; None of any other act.
        version: on which the finding is; "" of nothing, and of a schedule.
    """

    kind: Kind
    cause: str
    why: str
    judged: Quality | None = None
    version: str = ""


@dataclass(frozen=True)
class Reports:
    """The newest of each version, whichever windows they are of.

    Attributes:
        quality: by labels.
        drift: of what is asked.
        history: of what is asked, all that there are.
    """

    quality: Sequence[Quality]
    drift: Sequence[Drift]
    history: Sequence[Drift] = ()

    def of(self, serving: Collection[str] | None) -> "Reports":
        """Those of the versions that serve; all where that is not known."""
        if serving is None:
            return self
        return Reports(
            [each for each in self.quality if each.version in serving],
            [each for each in self.drift if each.version in serving],
            self.history,
        )


def newest(quality: Sequence[Quality], drift: Sequence[Drift]) -> Reports:
    """Of all reports the newest of each version, the latest windows first."""
    by_labels = {each.version: each for each in sorted(quality, key=lambda each: (each.last, each.first))}
    by_requests = {each.version: each for each in sorted(drift, key=lambda each: each.until)}
    return Reports(
        sorted(by_labels.values(), key=lambda each: (each.last, each.version), reverse=True),
        sorted(by_requests.values(), key=lambda each: (each.until, each.version), reverse=True),
        drift,
    )


def decide(reports: Reports, taken: Sequence[Taken], now: datetime, every: timedelta | None = None) -> Act:
    """Decide.

    Args:
        reports: the newest of the versions that serve.
        taken: acts so far.
        now: when it is decided.
        every: after how long a model is trained again whatever the reports say; None for never.
    """
    waiting = None
    for act in _candidates(reports, taken, now, every):
        if acted_upon(act.cause, taken, now):
            continue
        last = max((each.at for each in taken if each.kind is act.kind), default=None)
        if last is None or now - last >= APART[act.kind]:
            return act
        waiting = (
            waiting
            or f"{act.why}; the last of its kind was {last:%Y-%m-%d %H:%M}, the next waits until {last + APART[act.kind]:%Y-%m-%d %H:%M}"
        )
    return Act(Kind.NOTHING, "", waiting or _quiet(reports))


def _candidates(
    reports: Reports, taken: Sequence[Taken], now: datetime, every: timedelta | None
) -> Iterator[Act]:
    """The gravest first."""
    for each in reports.quality:
        if each.verdict == "worse":
            yield Act(
                Kind.PROPOSE, _cause(each), f"{each.version} is worse: {each.reason}", each, each.version
            )
    if every is not None and reports.quality:
        last = max((each.at for each in taken if each.kind is Kind.PROPOSE), default=None)
        if last is None or now - last >= every:
            why = f"a model is trained every {every.days} days"
            yield Act(Kind.PROPOSE, f"schedule {now:%Y-%m-%d}", why, reports.quality[0])
    for each in reports.quality:
        if each.verdict == "as-good" and each.worse:
            names = ", ".join(slice_.name for slice_ in each.worse)
            why = f"{each.version} is worse in {names}, and not over all: {each.reason}"
            yield Act(Kind.NOTIFY, f"{_cause(each)} {names}", why, version=each.version)
    for moved in reports.drift:
        if moved.severity is Severity.DRIFT:
            why = f"what {moved.version} of {moved.model} is asked has changed: {moved.reason}"
            yield Act(Kind.NOTIFY, _cause_of_drift(moved, reports.history), why, version=moved.version)


def _cause(report: Quality) -> str:
    return f"quality {report.version} {report.first} {report.last}"


def _cause_of_drift(newest: Drift, history: Sequence[Drift]) -> str:
    """The same as long as these columns drift; another one when they drift again after a judged window in which one of them did not."""
    names = {each.name for each in newest.columns if each.severity is Severity.DRIFT}
    without = max(
        (
            each.until
            for each in history
            if (each.version, each.digest) == (newest.version, newest.digest)
            and each.until < newest.until
            and any(of.name in names and of.severity is not Severity.DRIFT for of in each.columns)
        ),
        default=None,
    )
    since = "" if without is None else f" since {without:%Y-%m-%dT%H:%M}"
    return f"drift {newest.digest} {', '.join(sorted(names))}{since}"


def _quiet(reports: Reports) -> str:
    parts = (
        *(f"quality of {each.version} is {each.verdict}" for each in reports.quality),
        *(() if reports.quality else ("no report of quality",)),
        *(f"drift of {each.version} is {each.severity}" for each in reports.drift),
        *(() if reports.drift else ("no report of drift",)),
    )
    return f"{'; '.join(parts)}: nothing new to act on"
