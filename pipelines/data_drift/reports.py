"""Reports of an endpoint in a folder or below a prefix of S3: of each version a folder, one a window, named by the end of it.

`drift/flights-prod/v1.1.0/20130408T000000Z.json`: versions that answered in the same window have a report each.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pipelines import places
from pipelines.data_drift import report
from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.judge import precedes
from pipelines.data_drift.report import Report

ENDING = ".json"
_STAMP = "%Y%m%dT%H%M%SZ"


def name_of(until: datetime) -> str:
    """The file of the window that ends then; names sort as their windows do."""
    return f"{until.astimezone(UTC):{_STAMP}}{ENDING}"


def folder_of(place: str, version: str) -> str:
    """Where a version's reports are, below the endpoint's."""
    return f"{place.rstrip('/')}/{version}"


def read(place: str, client: Any) -> Iterator[Report]:
    """All below a place, an endpoint's or a version's, in the order of their names; none where there is no folder.

    Raises:
        BadDocumentError: one is none.
        OSError: one cannot be read.
        botocore.exceptions.ClientError: S3 refuses.
    """
    if places.exists(place):
        for where, content in places.below(place, ENDING, client):
            yield report.decode(content, where)


def before(
    place: str, version: str, baseline: Baseline, since: datetime, until: datetime, *, client: Any
) -> Report | None:
    """The newest report of a version that counts towards a second window in a row. Raises as `read`."""
    kept = read(folder_of(place, version), client)
    candidates = [each for each in kept if precedes(each, baseline, since, until)]
    return max(candidates, key=lambda each: each.until, default=None)


def write(place: str, verdict: Report, client: Any) -> None:
    """Write it below its version, in the place of what an earlier run wrote of the same window.

    Raises:
        OSError: of the folder.
        botocore.exceptions.ClientError: S3 refuses.
    """
    places.write(folder_of(place, verdict.version), name_of(verdict.until), report.encode(verdict), client)
