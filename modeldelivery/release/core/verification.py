"""What a verification of a variant demands, what it finds, and what is kept of it.

What is measured is of one environment: its machines, its container, its neighbours. So each document says by its name and in
itself of which, and beside a promotion's copies of another environment's stands this one's own.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from modeldelivery.release.core.latency import FEWEST, Comparison
from modeldelivery.release.core.load import Trial
from modeldelivery.release.core.probes import Fault
from modeldelivery.release.version import DigestSet, Version

_VERIFY, _LOAD, _JSON = "verify-", "load-", ".json"  # of names among the evidence of a digest set
SCHEMA = 1
MOST_LATENCY_MS = 500  # of an environment whose config is not here
ALLOWED = (
    f"{{latencyRatio: 2, requests: 500, loadSeconds: 10}}, 1 to 100 times as slow as the live variant, {FEWEST} to 100000 requests, 2 to "
    "600 seconds for each rate of the load, or no such line for these"
)


class Demands(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """`model-delivery:verify` of Pulumi.ENV.yaml.

    Attributes:
        latency_ratio: how many times as slow as the live variant one may be, in the median and the 99th percentile.
        requests: to either, of which the ratio is measured.
        load_seconds: that each rate of the load is tried.
    """

    latency_ratio: Annotated[float, Meta(ge=1, le=100)] = 2.0
    requests: Annotated[int, Meta(ge=FEWEST, le=100_000)] = 500
    load_seconds: Annotated[int, Meta(ge=2, le=600)] = 10


class Latency(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How long answers took, beside those of another version, as the caller sees them; milliseconds.

    `median_at_least` and `p99_at_least` are what the ratios are beyond doubt, and what is held to the limit.
    """

    beside: Version
    requests: int
    median_ms: float
    p99_ms: float
    beside_median_ms: float
    beside_p99_ms: float
    median_ratio: float
    p99_ratio: float
    median_at_least: float
    p99_at_least: float
    most_ratio: float


class _Document(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a document says of how it came to be.

    Attributes:
        environment: in which it was measured.
        endpoint: ARN of the endpoint on which it was, which names account and region.
        at: seconds since the epoch, by S3's clock.
        by: who measured it.
    """

    schema: int = SCHEMA
    environment: str
    endpoint: str
    version: Version
    digests: DigestSet
    at: float
    by: str


class Verification(_Document, frozen=True, kw_only=True, rename="camel"):
    """`verify-ENV.json`: a version that held everything. `latency` is None where nothing else served beside it."""

    checks: tuple[str, ...]
    latency: Latency | None


class Load(_Document, frozen=True, kw_only=True, rename="camel"):
    """`load-ENV-INSTANCETYPE.json`: what one instance of a type serves."""

    instance_type: str
    within_ms: int
    requests_per_minute: int
    trials: tuple[Trial, ...]


def verify_name(environment: str) -> str:
    """Name of an environment's document, among the evidence of a digest set."""
    return f"{_VERIFY}{environment}{_JSON}"


def load_name(environment: str, instance_type: str) -> str:
    """Name of an environment's document about an instance type, among the evidence of a digest set."""
    return f"{_LOAD}{environment}-{instance_type}{_JSON}"


def is_verification(name: str) -> bool:
    """Whether a document is some environment's `Verification`, by its name."""
    return name.startswith(_VERIFY) and name.endswith(_JSON)


def is_load(name: str, instance_type: str = "") -> bool:
    """Whether a document is some environment's `Load`, by its name; of one instance type where one is given."""
    return name.startswith(_LOAD) and name.endswith(f"-{instance_type}{_JSON}" if instance_type else _JSON)


def latency_of(
    beside: Version, comparisons: Sequence[Comparison], requests: int, most_ratio: float
) -> Latency:
    """Median and 99th percentile, as they are kept."""
    median, p99 = comparisons
    return Latency(
        beside=beside,
        requests=requests,
        median_ms=_ms(median.here),
        p99_ms=_ms(p99.here),
        beside_median_ms=_ms(median.there),
        beside_p99_ms=_ms(p99.there),
        median_ratio=round(median.ratio, 3),
        p99_ratio=round(p99.ratio, 3),
        median_at_least=round(median.at_least, 3),
        p99_at_least=round(p99.at_least, 3),
        most_ratio=most_ratio,
    )


def slow(latency: Latency) -> str | None:
    """Why a variant is too slow, as words of a sentence; None where it is not, or not beyond doubt."""
    for name, here, there, ratio, at_least in (
        (
            "median",
            latency.median_ms,
            latency.beside_median_ms,
            latency.median_ratio,
            latency.median_at_least,
        ),
        ("99th percentile", latency.p99_ms, latency.beside_p99_ms, latency.p99_ratio, latency.p99_at_least),
    ):
        if at_least > latency.most_ratio:
            return (
                f"{name} of {latency.requests} requests {here:g} ms, {ratio:g} times the {there:g} ms of {latency.beside} in the "
                f"same run, and {latency.most_ratio:g} times is allowed"
            )
    return None


_WHAT: dict[str, str] = {
    "dead": "does not answer",
    "late": "does not answer in time",
    "broken": "fails",
    "closed": "refuses requests",
    "schema": "has another schema than its model",
    "golden": "predicts otherwise than its model did in training",
    "refusal": "does not refuse what it must",
}


def told(version: Version, faults: Sequence[Fault]) -> str:
    """What is wrong with a version, the gravest first, in one sentence."""
    gravest = min(faults, key=lambda fault: list(_WHAT).index(fault.kind))
    others = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{version} {_WHAT[gravest.kind]}: {gravest.probe} {gravest.text}{others}"


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def shown(name: str, content: bytes) -> str:
    """A document of a verification in words; "" of any other, or one that cannot be read."""
    try:
        if is_verification(name):
            verification = msgspec.json.decode(content, type=Verification)
            return f"verified in {verification.environment} by {verification.by}: {held(verification)}; on {verification.endpoint}"
        if is_load(name):
            load = msgspec.json.decode(content, type=Load)
            return (
                f"{load.requests_per_minute} requests a minute of one {load.instance_type} within {load.within_ms} ms, measured in "
                f"{load.environment} by {load.by} on {load.endpoint}"
            )
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "cannot be read"
    return ""


def held(verification: Verification) -> str:
    """What held, as words of a sentence."""
    latency = verification.latency
    beside = (
        ", and nothing served beside it to compare with"
        if latency is None
        else f", median latency {latency.median_ratio:g} times and 99th percentile {latency.p99_ratio:g} times that of {latency.beside}"
    )
    return f"{len(verification.checks)} checks{beside}"


def read_verification(content: bytes) -> Verification | None:
    """A document about a verification; None where it cannot be understood."""
    try:
        return msgspec.json.decode(content, type=Verification)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def read_load(content: bytes) -> Load | None:
    """A document about a load; None where it cannot be understood."""
    try:
        return msgspec.json.decode(content, type=Load)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
