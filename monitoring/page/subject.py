"""What a page shows of an environment. A part that nobody collected is told as that, and never drawn as if nothing had happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from modeldelivery.release.version import Version
from pipelines.acts import Taken
from pipelines.data_drift.report import Report as Drift
from pipelines.quality.report import Report as Quality


@dataclass(frozen=True)
class Missing:
    """A part that there is not, and why."""

    why: str


@dataclass(frozen=True)
class Change:
    """A change of the weights.

    Attributes:
        at: when.
        what: rollback, up, …
        by: whom, as they say.
        reason: as they say.
        weights: after it, shares of 100.
    """

    at: datetime
    what: str
    by: str
    reason: str
    weights: Mapping[Version, int]


@dataclass(frozen=True)
class Alert:
    """An alert that fires.

    Attributes:
        name: of the alert.
        severity: page or ticket.
        summary: what is wrong.
        remedy: what to type.
        since: when it began to.
    """

    name: str
    severity: str
    summary: str
    remedy: str
    since: datetime


@dataclass(frozen=True)
class Burn:
    """Of the error budget of a version.

    Attributes:
        version: whose.
        ratios: failed requests by window, from 0 to 1.
    """

    version: str
    ratios: Mapping[str, float]


@dataclass(frozen=True)
class Prometheus:
    """What Prometheus says of this environment."""

    alerts: Sequence[Alert]
    burns: Sequence[Burn]


@dataclass(frozen=True)
class Subject:
    """Of one environment.

    Attributes:
        model: its name.
        environment: its name.
        at: when it was looked at.
        serving: what has most of the traffic; None where nothing has.
        changes: of the weights, oldest first.
        drift: reports, oldest first.
        quality: reports, oldest first.
        acts: what followed from them, oldest first.
        prometheus: alerts and burn rates.
    """

    model: str
    environment: str
    at: datetime
    serving: Version | None
    changes: Sequence[Change] | Missing
    drift: Sequence[Drift] | Missing
    quality: Sequence[Quality] | Missing
    acts: Sequence[Taken] | Missing
    prometheus: Prometheus | Missing
