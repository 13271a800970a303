"""Weeks judged by the environment's own jobs: the sandbox's clock is moved through a month, and what is due starts them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pipelines.data_drift import reports
from pipelines.data_drift.report import Report
from tools.year.calendar import WEEK, Judged

_REFUSED = "refused:"  # in a line of `sandbox clock run`: nothing was started
_COMPLETED = "Completed"  # SageMaker's word for a job that did what it was to do


class NoJobError(Exception):
    """A week that no job judged; the message is a sentence."""


@dataclass(frozen=True)
class Jobs:
    """What judges the weeks of a version that serves.

    Attributes:
        schedule: name of the version's schedule.
        reports: place of its reports.
        s3: a client.
        sagemaker: likewise.
        clock: `sandbox clock ARGUMENTS`; what that printed.
    """

    schedule: str
    reports: str
    s3: Any
    sagemaker: Any
    clock: Callable[..., str]

    def judge(self, month: Judged, *, whole: bool) -> Iterator[Report]:
        """Let a month pass whose requests are captured; the report of each window that ended in it.

        Args:
            month: which.
            whole: the month before was played too, so that a window which began in it has all its requests.

        Raises:
            NoJobError: a job was not started, or ended without a report; or none was due in a whole month.
        """
        begin = _midnight(month.first)
        self.clock("set", _text(begin if whole else begin + WEEK - timedelta(days=1)))
        lines = self.clock("run", _text(_midnight(month.last) + timedelta(days=1))).splitlines()
        if refused := [line for line in lines if _REFUSED in line]:
            raise NoJobError(refused[0])
        due = [_started(line) for line in lines if line.split()[1] == self.schedule]
        if whole and not due:
            raise NoJobError(
                f"{self.schedule} was not due once from {month.first} to {month.last}, so nothing was judged: "
                f"`aws scheduler get-schedule --name {self.schedule}` says when it is, and whether it is disabled"
            )
        written = {each.until: each for each in reports.read(self.reports, self.s3)}
        for moment, job in due:
            # The report of a run that was interrupted lies where this run's will: only a job that completed wrote it anew.
            if wrong := self._fault(job) or (
                "" if moment in written else f"left no report below {self.reports}"
            ):
                raise NoJobError(
                    f"{job}, the job of {self.schedule} that was due {moment:%Y-%m-%d %H:%M}, {wrong}"
                )
            yield written[moment]

    def _fault(self, job: str) -> str:
        """How a job ended, where it did not complete; else ""."""
        described = self.sagemaker.describe_processing_job(ProcessingJobName=job)
        status, why = described["ProcessingJobStatus"], described.get("FailureReason", "its log says why")
        return "" if status == _COMPLETED else f"is {status}: {why}"

    def end(self) -> None:
        """Have the clock show the machine's time again: by another one nobody finds what CloudWatch is told now."""
        self.clock("real")


def _started(line: str) -> tuple[datetime, str]:
    """When a schedule was due, and the name of the job that it started, of a line of `sandbox clock run`."""
    moment, *_, started = line.split()
    return datetime.fromisoformat(moment), started.rpartition("/")[2]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"
