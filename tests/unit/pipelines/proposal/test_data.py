"""The data set of the latest months: the last month judges, those before it train."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.dataset import BadDataError, File, Manifest
from pipelines.months import Month
from pipelines.proposal import data
from pipelines.proposal.data import NoDataError
from tests.unit.pipelines.proposal.bucket import Dated

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def manifest(*paths, revision="sha256:" + "1" * 64):
    return Manifest(revision=revision, files=tuple(File(path=path, sha256="0", bytes=1) for path in paths))


def of(*months, revision="1", days_ago=0):
    return data.Published(
        revision, tuple(Month(2013, month) for month in months), NOW - timedelta(days=days_ago)
    )


def test_months_are_those_of_which_every_table_has_rows():
    shown = data.of_manifest(
        manifest(
            "flights/2013-02.csv",
            "flights/2013-01.csv",
            "weather/2013-01.csv",
            "weather/2013-02.csv",
            "weather/2013-03.csv",
        ),
        NOW,
    )
    assert shown.months == (Month(2013, 1), Month(2013, 2))
    assert shown.until == Month(2013, 1)


def test_a_file_of_no_month_is_refused_by_its_name():
    with pytest.raises(BadDataError, match="carriers"):
        data.of_manifest(manifest("flights/carriers.csv"), NOW)


def test_the_latest_months_count_whenever_they_were_written_and_of_the_same_the_newer_ones():
    older, newer = of(1, 2, 3, revision="older", days_ago=9), of(1, 2, 3, revision="newer", days_ago=5)
    rewritten = of(1, 2, revision="fewer", days_ago=0)
    assert data.latest([older, rewritten, newer]) == newer


@pytest.mark.parametrize("data_sets", [[], [of()], [of(4)]])
def test_one_month_can_train_or_judge_and_not_both(data_sets):
    with pytest.raises(NoDataError, match="one to train on and one to judge on"):
        data.latest(data_sets)


def test_a_data_set_counts_once_its_manifest_is_there():
    body = json.dumps(
        {"revision": "sha256:a", "files": [{"path": "flights/2013-01.csv", "sha256": "0", "bytes": 1}]}
    )
    bucket = Dated(
        NOW,
        **{
            "datasets/sha256/a/manifest.json": body.encode(),
            "datasets/sha256/a/flights/2013-01.csv": b"",
            "datasets/sha256/b/flights/2013-01.csv": b"",
        },
    )
    assert data.published("bucket", bucket) == [data.Published("sha256:a", (Month(2013, 1),), NOW)]
