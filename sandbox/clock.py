"""Time as AWS tells it; and the clock of schedules and metrics, which alone can be moved."""

import time
from datetime import UTC, datetime, timedelta


def now() -> float:
    """Seconds since the epoch, to the millisecond, as SageMaker's JSON tells time."""
    return round(time.time(), 3)


class WorldClock:
    """The time by which schedules are due, data of metrics are told and alarms are evaluated.

    It ticks as the machine's does, and is the machine's until somebody moves it. Everything else (signatures, credentials,
    deadlines, S3's dates) goes by the machine's own.
    """

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    @property
    def moved(self) -> bool:
        """Whether it shows another time than the machine's."""
        return bool(self._ahead)

    def now(self) -> datetime:
        """UTC."""
        return _machines() + self._ahead

    def naive(self) -> datetime:
        """`now` without a zone, as moto keeps times."""
        return self.now().replace(tzinfo=None)

    def set(self, moment: datetime | None) -> None:
        """Show this time (UTC) from now on; None: the machine's."""
        self._ahead = timedelta(0) if moment is None else moment - _machines()


def _machines() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


WORLD = WorldClock()  # a process is one sandbox
