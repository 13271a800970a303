"""Whether what is asked and answered is still kept: how old the newest file of each version is.

SageMaker stops capturing without a word while an instance's disk is nearly full, or where its role may not write. Files:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html (PREFIX/ENDPOINT/VARIANT/yyyy/mm/dd/hh/).
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from modeldelivery.release.aws.errors import ask
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version
from monitoring import series
from monitoring.series import Sample

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sagemaker.client import SageMakerClient

_PERCENT = 100
_HOUR = timedelta(hours=1)


def samples(
    sagemaker: "SageMakerClient", s3: "S3Client", endpoint: str, versions: Collection[Version], now: float
) -> Iterator[Sample]:
    """Nothing where nothing is captured.

    Args:
        sagemaker: describes the endpoint.
        s3: lists what was captured.
        endpoint: SageMaker's name of it.
        versions: those on it; without any there is no endpoint.
        now: seconds since the epoch.

    Raises:
        DeliveryError: SageMaker or S3 did not answer.
    """
    if not versions:
        return
    described = ask(
        f"sagemaker:DescribeEndpoint {endpoint}", lambda: sagemaker.describe_endpoint(EndpointName=endpoint)
    )
    capture = described.get("DataCaptureConfig")
    if capture is None or not capture["EnableCapture"]:
        return
    yield Sample(series.CAPTURE_RATIO, (), capture["CurrentSamplingPercentage"] / _PERCENT)
    bucket, _, prefix = capture["DestinationS3Uri"].removeprefix("s3://").partition("/")
    for version in versions:
        of_version = "/".join(filter(None, (prefix.strip("/"), endpoint, variant_name(version))))
        yield Sample(series.CAPTURE_AGE, (version,), _age(s3, bucket, of_version, now))


def _age(s3: "S3Client", bucket: str, prefix: str, now: float) -> float:
    """Of the newest file of this hour, or of the one before; where both have none, of the moment in which that one began."""
    this_hour = datetime.fromtimestamp(now, UTC).replace(minute=0, second=0, microsecond=0)
    for hour in (this_hour, this_hour - _HOUR):
        newest = _newest(s3, bucket, f"{prefix}/{hour:%Y/%m/%d/%H}/")
        if newest is not None:
            return max(0.0, now - newest)
    return now - (this_hour - _HOUR).timestamp()


def _newest(s3: "S3Client", bucket: str, prefix: str) -> float | None:
    """When the newest object there was written, in seconds since the epoch."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    written = ask(
        f"s3:ListObjectsV2 s3://{bucket}/{prefix}",
        lambda: [each["LastModified"].timestamp() for page in pages for each in page.get("Contents", ())],
    )
    return max(written, default=None)
