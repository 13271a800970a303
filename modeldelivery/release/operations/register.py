"""Register a version: its bits, the claim on its name, its model package. Every step finds what an earlier run left."""

import re
from pathlib import Path

import msgspec

from modeldelivery.release.errors import ConflictError, RefusedError
from modeldelivery.release.naming import Place, artifact_key
from modeldelivery.release.ports import Progress, Registry
from modeldelivery.release.record import Evidence, VersionRecord
from modeldelivery.release.version import DigestSet, Version

CLAIM_TRIES = 5
_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<repository>[^@:]+)"
    r"@(?P<digest>sha256:[0-9a-f]{64})"
)


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for.

    Attributes:
        version: the name to claim.
        image: `REPOSITORY-URI@sha256:<hex>`.
        artifact: `model.tar.gz` on this machine.
        model_digest: its digest, `sha256:<hex>`.
        data_revision: revision of the data that trained the model.
        actor: who.
        metrics: what training measured; None when not given.
    """

    version: Version
    image: str
    artifact: Path
    model_digest: str
    data_revision: str
    actor: str
    metrics: Evidence | None = None


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome. `already`: an earlier run had completed it."""

    record: VersionRecord
    already: bool


def register(place: Place, registry: Registry, asked: Registration, progress: Progress) -> Registered:
    """Make `asked.version` a registered version.

    Raises:
        RefusedError: the image is not this environment's or does not exist, or the version names other bits.
        BadVersionError: a digest or the data revision is malformed.
        LostError: no answer; run again, it goes on from where it stopped.
        UnreachableError: AWS does not answer or does not let us in.
    """
    digests = DigestSet(
        image=image_digest(place, asked.image), model=asked.model_digest, data=asked.data_revision
    )
    before = registry.entry(asked.version).record
    if before:
        _refuse_other_bits(before, asked, digests)
    if not registry.has_image(digests.image):
        raise RefusedError(
            f"the repository {place.repository} has no image {digests.image}",
            hint="push it first, then register",
        )
    new = registry.store_artifact(asked.artifact, digests.model, progress)
    progress.note(f"artifact {digests.model} {'uploaded' if new else 'is already there'}")
    if before and before.package_arn:
        return Registered(record=before, already=True)
    return Registered(record=_claimed(place, registry, asked, digests, progress), already=False)


def image_digest(place: Place, image: str) -> str:
    """The digest in an image's URI. Raises RefusedError unless it is in this environment's repository."""
    found = _IMAGE.fullmatch(image)
    wanted = f"{place.account}.dkr.ecr.{place.region}.amazonaws.com/{place.repository}@sha256:<64 hex digits>"
    if found is None:
        raise RefusedError(f"--image {image!r} does not name an image by digest", hint=f"write {wanted}")
    here = (place.account, place.region, place.repository)
    if (found["account"], found["region"], found["repository"]) != here:
        raise RefusedError(
            f"--image {image} is not in {place.environment}'s repository, the only one that its endpoint may pull from",
            hint=f"push it there and write {wanted}",
        )
    return found["digest"]


def _claimed(
    place: Place, registry: Registry, asked: Registration, digests: DigestSet, progress: Progress
) -> VersionRecord:
    """Claim the name, find or make the package, complete the record; whoever else does the same shares the result."""
    for _ in range(CLAIM_TRIES):
        entry = registry.entry(asked.version)
        record = entry.record or VersionRecord(
            version=asked.version,
            digests=digests,
            image=asked.image,
            model_data=f"s3://{place.registry_bucket}/{artifact_key(digests.model)}",
            registered_at=entry.now,
            registered_by=asked.actor,
            metrics=asked.metrics,
        )
        _refuse_other_bits(record, asked, digests)
        if record.package_arn:
            return record
        try:
            if entry.record is None:
                registry.write(record, None)
                progress.note(f"{asked.version} claimed")
                continue
            package = registry.find_package(record) or registry.create_package(record)
            progress.note(f"model package {package}")
            registry.write(msgspec.structs.replace(record, package_arn=package), entry.etag)
        except ConflictError:
            progress.note(f"the record of {asked.version} was written meanwhile: looking again")
    raise RefusedError(
        f"{asked.version} keeps being written by someone else", hint="see who registers it, then try again"
    )


def _refuse_other_bits(record: VersionRecord, asked: Registration, digests: DigestSet) -> None:
    differing = [
        f"{name} {was}, not {now}"
        for name, was, now in (
            ("image", record.digests.image, digests.image),
            ("model", record.digests.model, digests.model),
            ("data revision", record.digests.data, digests.data),
        )
        if was != now
    ]
    if asked.metrics is not None and asked.metrics != record.metrics:
        differing.append("other evidence")
    if differing:
        raise RefusedError(
            f"{record.version} is already registered by {record.registered_by} with {'; '.join(differing)}. "
            f"A version never changes",
            hint="register new bits as a new version",
        )
