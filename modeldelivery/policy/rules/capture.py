"""What an endpoint captures of its callers is encrypted under the environment's key, and ends."""

from collections.abc import Iterator, Mapping
from typing import Any

from modeldelivery.catalogue.tokens import BUCKET_ENCRYPTIONS, BUCKET_LIFECYCLE, BUCKETS, ENDPOINT
from modeldelivery.policy.finding import Finding, Found, Level, NotKnown, StackRule
from modeldelivery.policy.stack import UNKNOWN, Resource, Stack


def _judge(stack: Stack) -> Found:
    for endpoint in stack.of(ENDPOINT):
        capture = endpoint.props.get("capture")
        if capture is UNKNOWN or (isinstance(capture, Mapping) and capture.get("destination") is UNKNOWN):
            yield NotKnown(resource=endpoint, what="capture.destination")
        elif isinstance(capture, Mapping):
            yield from _kept(endpoint, str(capture.get("destination")), stack)


def _kept(endpoint: Resource, destination: str, stack: Stack) -> Found:
    name, _, prefix = destination.removeprefix("s3://").partition("/")
    bucket = next((each for each in stack.of(*BUCKETS) if each.props.get("bucket") == name), None)
    if bucket is None:
        yield Finding(
            resource=endpoint,
            what=f"captures into {destination}",
            text=f"{endpoint.name} captures into {destination}, a bucket that is not of this stack: how it is encrypted and "
            "when it ends nobody can review here.",
            fix="capture into the registry bucket, as `components.endpoint` does",
        )
        return
    rules = [rule for each in _beside(bucket, stack, BUCKET_LIFECYCLE) for rule in _listed(each, "rules")]
    if UNKNOWN in rules:
        yield NotKnown(resource=bucket, what="rules")
    elif not any(isinstance(rule, Mapping) and _ends(rule, f"{prefix.strip('/')}/") for rule in rules):
        yield Finding(
            resource=endpoint,
            what="captured for ever",
            text=f"no lifecycle rule of {bucket.name} ends what {endpoint.name} captures into {destination}.",
            fix="`days` in `model-delivery:capture`",
        )
    encryption = [
        rule for each in _beside(bucket, stack, *BUCKET_ENCRYPTIONS) for rule in _listed(each, "rules")
    ]
    if not any(rule is UNKNOWN or _under_kms(rule) for rule in encryption):
        yield Finding(
            resource=endpoint,
            what="captured without a key",
            text=f"what {endpoint.name} captures into {destination} is not encrypted under a KMS key.",
            fix="`sse_algorithm: aws:kms` with the registry's key, as `components.bucket.PrivateBucket` with `key_arn` has it",
        )


def _beside(bucket: Resource, stack: Stack, *types: str) -> Iterator[Resource]:
    return (each for each in stack.of(*types) if each.belongs_to(bucket, "bucket"))


def _listed(resource: Resource, key: str) -> tuple[Any, ...]:
    value = resource.props.get(key)
    return (value,) if value is UNKNOWN else tuple(value or ())


def _ends(rule: Mapping[str, Any], folder: str) -> bool:
    """Whether a lifecycle rule ends what is in a folder, some days after it was written."""
    chosen = rule.get("filter") or {}
    prefix = chosen.get("prefix", "") if isinstance(chosen, Mapping) and set(chosen) <= {"prefix"} else None
    days = (rule.get("expiration") or {}).get("days")
    return (
        rule.get("status") == "Enabled"
        and bool(days)
        and prefix is not None
        and (prefix is UNKNOWN or folder.startswith(prefix))
    )


def _under_kms(rule: Any) -> bool:
    default = rule.get("applyServerSideEncryptionByDefault") if isinstance(rule, Mapping) else None
    algorithm = default.get("sseAlgorithm") if isinstance(default, Mapping) else default
    return algorithm is UNKNOWN or str(algorithm).startswith("aws:kms")


CAPTURED_DATA = StackRule(
    name="captured-data",
    level=Level.MANDATORY,
    reason="What callers send may be about people: it is kept under the environment's key, and only for so many days.",
    fix="capture into the registry bucket, with `percent` and `days` in `model-delivery:capture`",
    judge=_judge,
)
