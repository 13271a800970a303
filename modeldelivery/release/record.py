"""A registered version as the registry remembers it: one stored object, claimed once, completed once."""

import msgspec

from modeldelivery.release import formats
from modeldelivery.release.formats import SKEW, Document, Record, time_fault
from modeldelivery.release.version import DigestSet, Version

SCHEMA = 1

Figures = dict[str, int | float | str]


class Samples(Record, frozen=True, kw_only=True):
    """The sample requests that a version brought.

    Attributes:
        digest: of the file that holds them, `sha256:<hex>`; it lies beside the model's artifact.
        count: how many there are.
        content_types: that they have, each once.
        accepts: what they accept, each once; those that accept anything are not counted.
    """

    digest: str
    count: int
    content_types: tuple[str, ...]
    accepts: tuple[str, ...]


class GateOutcome(Record, frozen=True, kw_only=True):
    """What became of one gate of the evaluation.

    Attributes:
        verdict: `passed`, `skipped`, or `no-champion` where there was none yet to compare with.
        by: the person who skips it; None where nobody asked to.
        because: why.
    """

    verdict: str
    by: str | None = None
    because: str | None = None


class Source(Record, frozen=True, kw_only=True):
    """What a version was made of and by.

    Attributes:
        commit: of the code, its whole name in Git; None when it was not given.
        execution: ARN of the training pipeline's execution; None of a version that was registered by hand.
    """

    commit: str | None = None
    execution: str | None = None


class VersionRecord(Document, frozen=True, kw_only=True):
    """What a version is. Its bits never change: new bits are a new version.

    Attributes:
        digests: the bits.
        image: full URI of the serving image, by digest.
        model_data: `s3://` URI of `model.tar.gz`.
        registered_at: seconds since the epoch, by S3's clock.
        registered_by: who.
        package_arn: SageMaker model package; None until one is made.
        metrics: what training measured, flat.
        samples: requests that it must answer; None of this project's own model server, whose schema has one.
        gates: of its evaluation, by name; None of a version that was registered without one.
        source: code and execution that it comes from; None when neither was given.
        evidence: digest of each document that is kept for its digest set, `sha256:<hex>`, by name
            (`release.naming.evidence_key`); each was there before it was named here.
    """

    schema: int = SCHEMA
    version: Version
    digests: DigestSet
    image: str
    model_data: str
    registered_at: float
    registered_by: str
    package_arn: str | None = None
    metrics: Figures | None = None
    samples: Samples | None = None
    gates: dict[str, GateOutcome] | None = None
    source: Source | None = None
    evidence: dict[str, str] | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A version's place in the registry, taken or not. `etag` is None when free; `now` is S3's Date, in seconds."""

    record: VersionRecord | None
    etag: str | None
    now: float


def decode(body: bytes, where: str) -> VersionRecord:
    """Read a version's record, of this schema or an earlier one; schema 0 had the same fields.

    Raises:
        UpdateNeededError: it requires what this version does not know.
        msgspec.DecodeError: it is no such record.
    """
    record = formats.decode(body, VersionRecord, where)
    return msgspec.structs.replace(record, schema=max(record.schema, SCHEMA))


def fault(record: VersionRecord, version: Version, now: float) -> str | None:
    """What of a version's record cannot be true, as a sentence that names the field; None for a sane one.

    Args:
        record: as read.
        version: whose place it is in.
        now: seconds since the epoch, by the store's clock.
    """
    if record.version != version:
        return f"version is {record.version}"
    empty = next((name for name in ("image", "model_data") if not getattr(record, name)), None)
    if empty:
        return f"{empty} is empty"
    return time_fault("registered_at", record.registered_at, now + SKEW)


def encode(record: VersionRecord) -> bytes:
    """A version's record as it is stored."""
    return formats.encode(record)
