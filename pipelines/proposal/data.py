"""Which data set is there now: the one of the latest months in the data bucket. Pure, but for `published`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import msgspec

from modeldelivery.release.naming import DATASETS
from pipelines import places
from pipelines.dataset import MANIFEST, Manifest
from pipelines.months import Month, parse_month

_LEAST = 2  # months: one at least trains, the last one judges


class NoDataError(ValueError):
    """No data set from which a model could be trained and judged."""


@dataclass(frozen=True)
class Published:
    """A data set where the pipeline reads it.

    Attributes:
        revision: `sha256:<hex>`.
        months: of which every table has rows, in order.
        written: when its manifest was.
    """

    revision: str
    months: tuple[Month, ...]
    written: datetime

    @property
    def until(self) -> Month:
        """The last month that trains: the one after it judges."""
        return self.months[-2]


def of_manifest(manifest: Manifest, written: datetime) -> Published:
    """What a manifest says: files are `TABLE/YYYY-MM.csv`. Raises BadDataError for another name."""
    tables: dict[str, set[Month]] = {}
    for file in manifest.files:
        path = PurePosixPath(file.path)
        tables.setdefault(path.parent.name, set()).add(parse_month(path.stem))
    whole = set.intersection(*tables.values()) if tables else set()
    return Published(manifest.revision, tuple(sorted(whole)), written)


def latest(data_sets: Iterable[Published]) -> Published:
    """The one of the latest months, of several the one written last. Raises NoDataError: none has two months."""
    usable = [each for each in data_sets if len(each.months) >= _LEAST]
    if not usable:
        raise NoDataError(f"no data set has {_LEAST} months, one to train on and one to judge on")
    return max(usable, key=lambda each: (each.months[-1], each.written))


def published(bucket: str, s3: Any) -> list[Published]:
    """All data sets of the data bucket.

    Raises:
        BadDataError: a file of one is of no month.
        msgspec.DecodeError: a manifest is none.
        botocore.exceptions.ClientError: S3 refuses.
    """
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=DATASETS)
    return [
        of_manifest(
            msgspec.json.decode(places.read(f"s3://{bucket}/{each['Key']}", s3), type=Manifest),
            each["LastModified"],
        )
        for page in pages
        for each in page.get("Contents", ())
        if each["Key"].endswith(f"/{MANIFEST}")
    ]
