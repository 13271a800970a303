"""Reports of one model in a folder, one a window, named by the end of it: `20130408T000000Z.json`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipelines.data_drift import report
from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.judge import precedes
from pipelines.data_drift.report import Report

ENDING = ".json"
_STAMP = "%Y%m%dT%H%M%SZ"


def name_of(until: datetime) -> str:
    """The file of the window that ends then; names sort as their windows do."""
    return f"{until.astimezone(UTC):{_STAMP}}{ENDING}"


def read(folder: Path) -> Iterator[Report]:
    """All of them, in the order of their windows; none where there is no folder.

    Raises:
        BadReportError: one is none.
        OSError: one cannot be read.
    """
    for path in sorted(folder.glob(f"*{ENDING}")):
        yield report.decode(path.read_bytes(), str(path))


def before(folder: Path, baseline: Baseline, since: datetime, until: datetime) -> Report | None:
    """The newest report that counts towards a second window in a row.

    Raises:
        BadReportError: one is none.
        OSError: one cannot be read.
    """
    candidates = [each for each in read(folder) if precedes(each, baseline, since, until)]
    return candidates[-1] if candidates else None


def write(folder: Path, verdict: Report) -> Path:
    """Write it under its name, in the place of what an earlier run wrote of the same window. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name_of(verdict.until)
    partial = path.with_suffix(".partial")
    partial.write_bytes(report.encode(verdict))
    partial.replace(path)
    return path
