"""What data capture of every invocation takes of an endpoint's throughput, and whether each invocation is a line in S3.

Turns with it and without it come in pairs, in either order. Each ends when everything of it is written, so that no turn pays for another.
"""

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import ClientError

from benchmarks.load import Load, Request, invocation
from benchmarks.row import Row
from benchmarks.world import World, endpoint
from modeldelivery.release.core.drill_figures import lost
from modeldelivery.release.naming import variant_name
from pipelines.capture import read

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sagemaker.client import SageMakerClient

_ENVIRONMENT = "staging"
_KEPT = "bench-capture"  # bucket, endpoint, its configuration, and the policy that lets it write
_PLAIN = "bench-plain"  # the same endpoint, as new, which captures nothing
_CONNECTIONS = 8
_ROUNDS = 7
_SECONDS = 4.0  # a turn: several files of captured lines
_WRITTEN = 60.0  # seconds within which every line is in S3
_FOUND = 10.0  # seconds within which a configuration can be found
_POLL = 0.5  # seconds
_JSON = "application/json"


def measure(world: World) -> list[Row]:
    with _endpoints(world):
        return _measured(world)


class _Turn(msgspec.Struct, frozen=True):
    """One endpoint under load.

    Attributes:
        waits: seconds that each invocation took.
        missed: statuses of those that were not answered well.
    """

    waits: list[float]
    missed: list[int]

    @property
    def rate(self) -> float:
        return len(self.waits) / _SECONDS

    @property
    def answered(self) -> int:
        return len(self.waits) - len(self.missed)


def _measured(world: World) -> list[Row]:
    keys, body = world.keys(_ENVIRONMENT), world.flight()
    requests = {name: invocation(world.daemon.runtime, name, keys, body, _JSON) for name in (_PLAIN, _KEPT)}
    turns: dict[str, list[_Turn]] = {name: [] for name in requests}
    written = _Written(world)
    for number in range(_ROUNDS + 1):
        for name in sorted(requests, reverse=bool(number % 2)):
            turns[name].append(_turn(requests[name]))
            written.wait(sum(turn.answered for turn in turns[_KEPT]))
    missed = [status for of in turns.values() for turn in of for status in turn.missed]
    answered = sum(turn.answered for turn in turns[_KEPT])
    plain, kept = turns[_PLAIN][1:], turns[_KEPT][1:]  # the first are to warm up
    ratios = [of_kept.rate / of_plain.rate for of_plain, of_kept in zip(plain, kept, strict=True)]
    return [
        Row(
            what="invocations a second with all of them captured / with none",
            measured=statistics.median(ratios),
            bar=0.9,
            unit="ratio",
            more=True,
            made_of=f"{_rate(kept):.0f}/s against {_rate(plain):.0f}/s over {_CONNECTIONS} connections (medians of {_ROUNDS} pairs, "
            f"whose ratios are {min(ratios):.2f} to {max(ratios):.2f}); of 100 one took {_tail(kept) * 1000:.1f} ms "
            f"against {_tail(plain) * 1000:.1f} ms",
        ),
        Row(
            what="invocations lost, or not a line in S3, with all of them captured",
            measured=len(missed) + abs(answered - written.lines),
            bar=0,
            unit="requests",
            made_of=f"{len(missed)} were not answered (statuses {sorted(set(missed))}); {written.lines} lines of {answered} answers",
        ),
    ]


def _turn(request: Request) -> _Turn:
    load = Load([request], _CONNECTIONS)
    with load:
        time.sleep(_SECONDS)
    return _Turn(
        [answer.ended - answer.started for answer in load.answers],
        [answer.status for answer in lost(load.answers)],
    )


def _rate(turns: Sequence[_Turn]) -> float:
    return statistics.median(turn.rate for turn in turns)


def _tail(turns: Sequence[_Turn]) -> float:
    """Seconds within which 99 of 100 were answered."""
    return statistics.quantiles((wait for turn in turns for wait in turn.waits), n=100)[98]


@contextmanager
def _endpoints(world: World) -> Iterator[None]:
    """Two of the version that serves; one captures everything, into a bucket of its own. Their servers and the lines are gone afterwards: memory is measured later."""
    sagemaker = world.sagemaker(_ENVIRONMENT)
    described = sagemaker.describe_endpoint(EndpointName=endpoint(_ENVIRONMENT))
    config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    serving, _ = world.serving(_ENVIRONMENT)
    (variant,) = (v for v in config["ProductionVariants"] if v["VariantName"] == variant_name(serving))
    role = sagemaker.describe_model(ModelName=variant["ModelName"])["ExecutionRoleArn"]
    s3 = world.client(_ENVIRONMENT, "s3")
    s3.create_bucket(
        Bucket=_KEPT, CreateBucketConfiguration={"LocationConstraint": sagemaker.meta.region_name}
    )
    writes = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{_KEPT}/*"}
    world.client(_ENVIRONMENT, "iam").put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName=_KEPT,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": writes}),
    )
    everything = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{_KEPT}",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": [_JSON]},
    }
    for name, capture in ((_PLAIN, {}), (_KEPT, {"DataCaptureConfig": everything})):
        sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": variant["VariantName"],
                    "ModelName": variant["ModelName"],
                    "InstanceType": variant["InstanceType"],
                    "InitialInstanceCount": 1,
                }
            ],
            **capture,  # type: ignore[arg-type]
        )
        _created(sagemaker, name)
    for name in (_PLAIN, _KEPT):
        sagemaker.get_waiter("endpoint_in_service").wait(
            EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
    try:
        yield
    finally:
        for name in (_PLAIN, _KEPT):
            sagemaker.delete_endpoint(EndpointName=name)
        for key in _keys(s3):
            s3.delete_object(Bucket=_KEPT, Key=key)


def _created(sagemaker: "SageMakerClient", name: str) -> None:
    """CreateEndpoint; a configuration is not to be found at once, as on AWS."""
    end = time.monotonic() + _FOUND
    while True:
        try:
            sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        except ClientError as error:
            if "Could not find" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(_POLL)
        else:
            return


class _Written:
    """The lines that are in S3, each read.

    Attributes:
        lines: how many there were when they were last waited for.
    """

    def __init__(self, world: World) -> None:
        self._s3, self.lines = world.client(_ENVIRONMENT, "s3"), 0
        self._read: set[str] = set()

    def wait(self, wanted: int) -> None:
        """Until they are as many as wanted, or for a minute."""
        end = time.monotonic() + _WRITTEN
        while True:
            for key in _keys(self._s3):
                if key not in self._read:
                    self._read.add(key)
                    body = self._s3.get_object(Bucket=_KEPT, Key=key)["Body"].read()
                    self.lines += sum(1 for _ in read(body.splitlines(), key))
            if self.lines >= wanted or time.monotonic() > end:
                return
            time.sleep(_POLL)


def _keys(s3: "S3Client") -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=_KEPT)
    return [each["Key"] for page in pages for each in page.get("Contents", [])]
