"""What data capture of every invocation takes of an endpoint's throughput, and whether each invocation is a line in S3."""

import json
import statistics
import time
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from benchmarks.load import Load, Request, invocation
from benchmarks.row import Row
from benchmarks.world import World, endpoint
from modeldelivery.release.core.drill_figures import Answer, lost
from modeldelivery.release.naming import variant_name
from pipelines.capture import read

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient

_ENVIRONMENT = "staging"
_KEPT = "bench-capture"  # bucket, endpoint, its configuration, and the policy that lets it write
_PLAIN = "bench-plain"  # the same endpoint, as new, which captures nothing
_CONNECTIONS = 8
_ROUNDS = 7
_SECONDS = 1.0  # a round
_WRITTEN = 60.0  # seconds within which every line is in S3
_FOUND = 10.0  # seconds within which a configuration can be found
_POLL = 0.5  # seconds
_JSON = "application/json"


def measure(world: World) -> list[Row]:
    _endpoints(world)
    keys, body = world.keys(_ENVIRONMENT), world.flight()
    plain, captured = (invocation(world.daemon.runtime, name, keys, body, _JSON) for name in (_PLAIN, _KEPT))
    turns = [(_turn(plain), _turn(captured)) for _ in range(_ROUNDS + 1)]
    sent = [answer for _, answers in turns for answer in answers]
    missed = lost([answer for pair in turns for answers in pair for answer in answers])
    lines = _lines(world, len(sent) - len(lost(sent)))
    counted = turns[1:]  # the first is to warm up
    rates = [(len(without) / _SECONDS, len(kept) / _SECONDS) for without, kept in counted]
    tails = [_tail([answer for pair in counted for answer in pair[which]]) for which in (0, 1)]
    return [
        Row(
            what="invocations a second with all of them captured / with none",
            measured=statistics.median(kept / without for without, kept in rates),
            bar=0.9,
            unit="ratio",
            more=True,
            made_of=f"{statistics.median(kept for _, kept in rates):.0f}/s against "
            f"{statistics.median(without for without, _ in rates):.0f}/s over {_CONNECTIONS} connections (medians of {_ROUNDS} "
            f"rounds); of 100 one took {tails[1] * 1000:.1f} ms against {tails[0] * 1000:.1f} ms",
        ),
        Row(
            what="invocations lost, or not a line in S3, with all of them captured",
            measured=len(missed) + abs(len(sent) - len(lost(sent)) - lines),
            bar=0,
            unit="requests",
            made_of=f"{len(missed)} were not answered (statuses {sorted({a.status for a in missed})}); {lines} lines of {len(sent)} invocations",
        ),
    ]


def _turn(request: Request) -> list[Answer]:
    load = Load([request], _CONNECTIONS)
    with load:
        time.sleep(_SECONDS)
    return load.answers


def _tail(answers: list[Answer]) -> float:
    """Seconds within which 99 of 100 were answered."""
    return statistics.quantiles((answer.ended - answer.started for answer in answers), n=100)[98]


def _endpoints(world: World) -> None:
    """Two of the version that serves; one captures everything, into a bucket of its own."""
    sagemaker = world.sagemaker(_ENVIRONMENT)
    described = sagemaker.describe_endpoint(EndpointName=endpoint(_ENVIRONMENT))
    config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    serving, _ = world.serving(_ENVIRONMENT)
    (variant,) = (v for v in config["ProductionVariants"] if v["VariantName"] == variant_name(serving))
    role = sagemaker.describe_model(ModelName=variant["ModelName"])["ExecutionRoleArn"]
    world.client(_ENVIRONMENT, "s3").create_bucket(
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


def _lines(world: World, wanted: int) -> int:
    """How many lines are in S3, each read; once they are as many as wanted, or after a minute."""
    s3, end, read_already = world.client(_ENVIRONMENT, "s3"), time.monotonic() + _WRITTEN, dict[str, int]()
    while True:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=_KEPT):
            for each in page.get("Contents", []):
                if each["Key"] not in read_already:
                    body = s3.get_object(Bucket=_KEPT, Key=each["Key"])["Body"].read()
                    read_already[each["Key"]] = sum(1 for _ in read(body.splitlines(), each["Key"]))
        if sum(read_already.values()) >= wanted or time.monotonic() > end:
            return sum(read_already.values())
        time.sleep(_POLL)
