"""What CloudWatch measured, as samples under the model server's own names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from modeldelivery.release.version import Version
from monitoring import cloudwatch, series
from monitoring.cloudwatch import Figure, Minutes
from monitoring.series import Sample, Series
from monitoring.tally import Tally

_MICROSECONDS = 1e6
_PERCENT = 100
_GAUGES: Mapping[Figure, tuple[Series, float]] = {  # with what CloudWatch's figure is divided by
    cloudwatch.CPU: (series.CPU, _PERCENT),
    cloudwatch.MEMORY: (series.MEMORY, _PERCENT),
    cloudwatch.DISK: (series.DISK, _PERCENT),
    cloudwatch.GPU: (series.GPU, _PERCENT),
    cloudwatch.GPU_MEMORY: (series.GPU_MEMORY, _PERCENT),
}
# Seconds for which a minute is told where no newer one comes: CloudWatch has some a little later than others.
_TOLD = 2 * cloudwatch.MINUTE


@dataclass
class Traffic:
    """One endpoint's counters since the exporter began; a version that left the endpoint keeps what it had."""

    tallies: dict[tuple[Version, Figure], Tally] = field(default_factory=dict)
    told: dict[tuple[Version, str], float] = field(default_factory=dict)  # by status, the most so far
    # The newest minute whose slowest are known, and when it was first read.
    slowest: dict[Version, tuple[int, float]] = field(default_factory=dict)
    begun: float | None = None  # when the exporter began

    def samples(
        self, figures: Mapping[tuple[Version, Figure], Minutes], oldest: int, now: float
    ) -> Iterator[Sample]:
        """Take what was read; what there is.

        Each version that was asked for has its counters from then on, at 0 where CloudWatch has no minute of it: to Prometheus what first
        shows as 200 is no increase. No traffic proves nothing all the same: the rules divide by what there was.

        Args:
            figures: as `cloudwatch.read` returns them.
            oldest: the first minute that was read, in seconds.
            now: when they were read, in seconds since the epoch.
        """
        begun = self.begun = now if self.begun is None else self.begun
        earlier = {version for version, _ in self.tallies}
        for key, minutes in figures.items():
            tally = self.tallies.get(key)
            if tally is None and (minutes or key[1] == cloudwatch.INVOCATIONS):
                tally = self.tallies[key] = Tally()
                # Also of a version that was not seen at once, since the endpoint did not answer.
                if key[0] not in earlier:
                    before = {minute: value for minute, value in minutes.items() if minute < begun}
                    tally.update(before, oldest)
                    tally.begin()
            if tally is not None:
                tally.update(minutes, oldest)
        for version in sorted({version for version, _ in self.tallies}):
            yield from self._of(version)
        for (version, figure), minutes in figures.items():
            if figure in _GAUGES and minutes:
                gauge, unit = _GAUGES[figure]
                yield Sample(gauge, (version,), minutes[max(minutes)] / unit)
            if figure == cloudwatch.SLOWEST and minutes:
                yield from self._slowest(version, minutes, now)

    def _slowest(self, version: Version, minutes: Minutes, now: float) -> Iterator[Sample]:
        """Of the newest minute, while it is news: told for as long as it is read, one slow minute would be ten to whoever counts them."""
        newest = max(minutes)
        minute, since = self.slowest.get(version, (newest, now))
        if newest != minute or now < since:  # a clock that was set back begins anew
            since = now
        self.slowest[version] = newest, since
        if now - since < _TOLD:
            yield Sample(series.SLOWEST, (version,), minutes[newest] / _MICROSECONDS)

    def _of(self, version: Version) -> Iterator[Sample]:
        def total(figure: Figure) -> float:
            tally = self.tallies.get((version, figure))
            return tally.total if tally else 0.0

        if (version, cloudwatch.INVOCATIONS) not in self.tallies:
            return
        errors4, errors5 = total(cloudwatch.ERRORS_4XX), total(cloudwatch.ERRORS_5XX)
        # What failed without a status: time-outs and connections that broke (components/alarms.py has the same sum).
        unanswered = max(0.0, total(cloudwatch.FAILED) - errors4 - errors5)
        good = max(0.0, total(cloudwatch.INVOCATIONS) - errors4 - errors5 - unanswered)
        for status, count in (("2xx", good), ("4xx", errors4), ("5xx", errors5), ("none", unanswered)):
            # Of one minute CloudWatch has some figures sooner than others, so that a difference of them may shrink. To Prometheus a counter
            # that falls began anew: all that it ever counted would be an increase.
            most = self.told[version, status] = max(count, self.told.get((version, status), 0.0))
            yield Sample(series.REQUESTS, (version, status), most)
        yield Sample(series.SECONDS_SUM, (version,), total(cloudwatch.LATENCY) / _MICROSECONDS)
        yield Sample(series.SECONDS_COUNT, (version,), total(cloudwatch.LATENCIES))
