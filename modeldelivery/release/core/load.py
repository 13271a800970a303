"""How many requests a minute one instance serves within a limit of latency: a search over rates, each tried for some seconds.

Rates double until one does not hold, and the gap is then halved (on a scale of ratios) until it is a fifth. What holds is
observed: no failure, the 99th percentile within the limit, and as many answers as were asked for. There are as many callers as keep
the rate up when every answer takes as long as the limit lets it; so where answers were in time and too few, it is the machine of
the callers that did not keep up. That says nothing of the variant, and ends the search at what held.

Answers that are still awaited when a trial ends are not in its figures, so a short one hides a queue that grows. With as many
callers, a variant that serves nine tenths of a rate or less has them all waiting, for longer than the limit, within ten times
that limit; no trial is shorter.
"""

from collections.abc import Sequence
from math import ceil, sqrt

import msgspec

FIRST = 600.0  # requests a minute of one instance
LEAST, MOST = 60.0, 120_000.0
_FEWEST = 20  # requests of a trial, of which a 99th percentile is at least the greatest
_LIMITS = 10  # times the limit of latency that a trial lasts at least
_CLOSE = 1.2  # of the least that failed over the most that held
_SERVED = 0.9  # share of the rate that must be answered: the first and the last moment of a run are not full


class Trial(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One rate that was tried.

    Attributes:
        rate: requests a minute and instance that were to be sent.
        served: that were answered, a minute and instance; 0 where none was.
        failed: requests that were answered by an error, or not at all.
        p99_ms: 99th percentile of those that were answered, in milliseconds.
        instances: that shared them: a load makes autoscaling add some.
    """

    rate: float
    served: float
    failed: int
    p99_ms: float
    instances: int = 1


def lasting(a_second: float, limit_ms: int, usual: int) -> int:
    """Seconds of a trial at so many requests a second; `usual`: where nothing asks for more."""
    return max(usual, ceil(_FEWEST / a_second), ceil(_LIMITS * limit_ms / 1000))


def holds(trial: Trial, limit_ms: float) -> bool:
    """Whether the variant kept up within the limit."""
    return not trial.failed and trial.p99_ms <= limit_ms and trial.served >= _SERVED * trial.rate


def unsent(trial: Trial, limit_ms: float) -> bool:
    """Whether the callers did not keep up, and nothing is known of the variant at this rate."""
    in_time = not trial.failed and trial.served > 0 and trial.p99_ms <= limit_ms
    return in_time and not holds(trial, limit_ms)


def sustained(trials: Sequence[Trial], limit_ms: float) -> float:
    """The highest rate that held below every one that did not; 0 where none did."""
    failed = _least_failed(trials, limit_ms)
    return max(
        (t.rate for t in trials if holds(t, limit_ms) and (failed is None or t.rate < failed)), default=0.0
    )


def next_rate(trials: Sequence[Trial], limit_ms: float) -> float | None:
    """The rate to try next; None when the search is over."""
    if not trials:
        return FIRST
    if unsent(trials[-1], limit_ms):
        return None
    held, failed = sustained(trials, limit_ms), _least_failed(trials, limit_ms)
    if failed is None:
        return held * 2 if held * 2 <= MOST else None
    if not held:
        return max(failed / 4, LEAST) if failed > LEAST else None
    return sqrt(held * failed) if failed / held > _CLOSE else None


def _least_failed(trials: Sequence[Trial], limit_ms: float) -> float | None:
    return min((t.rate for t in trials if not holds(t, limit_ms) and not unsent(t, limit_ms)), default=None)
