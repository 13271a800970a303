"""What a verification of a variant demands, what it finds, and what is kept of it."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from modeldelivery.release.core.latency import FEWEST, Comparison
from modeldelivery.release.core.load import Trial
from modeldelivery.release.core.probes import Fault
from modeldelivery.release.version import DigestSet, Version

NAME = "verify.json"  # among the evidence of a digest set
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
    """What a document says of how it came to be. Times are seconds since the epoch, by S3's clock."""

    schema: int = SCHEMA
    environment: str
    endpoint: str
    version: Version
    digests: DigestSet
    at: float
    by: str


class Verification(_Document, frozen=True, kw_only=True, rename="camel"):
    """`verify.json`: a version that held everything. `latency` is None where nothing else served beside it."""

    checks: tuple[str, ...]
    latency: Latency | None


class Load(_Document, frozen=True, kw_only=True, rename="camel"):
    """`load-INSTANCETYPE.json`: what one instance of a type serves."""

    instance_type: str
    within_ms: int
    requests_per_minute: int
    trials: tuple[Trial, ...]


def load_name(instance_type: str) -> str:
    """Name of the document about an instance type, among the evidence of a digest set."""
    return f"load-{instance_type}.json"


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
    "broken": "fails",
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
        if name == NAME:
            verification = msgspec.json.decode(content, type=Verification)
            return f"verified in {verification.environment} by {verification.by}: {len(verification.checks)} checks"
        if load := read_load(content):
            return f"{load.requests_per_minute} requests a minute of one {load.instance_type} within {load.within_ms} ms"
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "cannot be read"
    return ""


def read_load(content: bytes) -> Load | None:
    """A document about a load; None where it cannot be understood."""
    try:
        return msgspec.json.decode(content, type=Load)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
