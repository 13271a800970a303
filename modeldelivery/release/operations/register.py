"""Register a version: its bits, the claim on its name, its model package. Every step finds what an earlier run left.

A name is claimed once and for ever. So whatever could make the version unusable is looked at before the claim, with nothing
changed yet: image, archive, what the server's own reader says or sample requests, and what AWS would refuse later.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from modeldelivery.release import archive
from modeldelivery.release.errors import ConflictError, RefusedError
from modeldelivery.release.naming import Place, artifact_key
from modeldelivery.release.operations import evidence
from modeldelivery.release.operations.image import refuse_unfit, server_version
from modeldelivery.release.ports import ModelReader, Progress, Registry
from modeldelivery.release.record import Entry, Figures, Source, VersionRecord
from modeldelivery.release.samples import EXAMPLE, IN_ARTIFACT, MOST_BYTES, SampleFile, read_samples
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
        source: code and execution that the version comes from; None when not given.
        evidence: documents that tell of the digest set, by name; the gates of `evaluation.json` go into the record.
        samples: file of sample requests; None when the artifact holds them, or the image's server needs none.
    """

    version: Version
    image: str
    artifact: Path
    model_digest: str
    data_revision: str
    actor: str
    metrics: Figures | None = None
    samples: Path | None = None
    source: Source | None = None
    evidence: Mapping[str, bytes] = {}


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome. `already`: an earlier run had completed it."""

    record: VersionRecord
    already: bool


def register(
    place: Place, registry: Registry, registration: Registration, progress: Progress, reader: ModelReader
) -> Registered:
    """Make `asked.version` a registered version.

    Args:
        place: the environment.
        registry: its registry.
        registration: what to register.
        progress: who is told.
        reader: reads models of images of this project's own model server.

    Raises:
        RefusedError: the image or the artifact could not serve, the version names other bits, or the evaluation of these bits did
            not let them pass; no name was claimed.
        BadVersionError: a digest or the data revision is malformed.
        LostError: no answer; run again, it goes on from where it stopped.
        UnreachableError: AWS is unreachable, or access is denied.
    """
    digests = DigestSet(
        image=image_digest(place, registration.image),
        model=registration.model_digest,
        data=registration.data_revision,
    )
    given = _given(registration.samples)
    entry = registry.entry(registration.version)
    before = entry.record
    if before:
        _refuse_other_bits(before, registration, digests, given)
    draft = before
    if before is None or before.package_arn is None:
        own = _looked_at(registry, registration, digests, progress, reader)
        samples = None if own else given or _packed_with(registration)
        draft = before or _draft(place, registration, digests, entry, samples)
        _refuse_what_aws_would(registry, draft, samples)
        if samples:
            registry.store_samples(samples)
    new = registry.store_artifact(registration.artifact, digests.model, progress)
    progress.note(f"artifact {digests.model} {'uploaded' if new else 'is already there'}")
    if before and before.package_arn:
        return Registered(record=before, already=True)
    assert draft is not None, "a new one was made"
    if before is None:
        kept = evidence.keep(registry, digests, registration.evidence, progress)
        draft = msgspec.structs.replace(draft, evidence=kept.digests, gates=kept.gates)
    return Registered(record=_claimed(registry, registration, draft, given, progress), already=False)


def image_digest(place: Place, image: str) -> str:
    """The digest in an image's URI. Raises RefusedError unless it is in this environment's repository."""
    match = _IMAGE.fullmatch(image)
    wanted = f"{place.account}.dkr.ecr.{place.region}.amazonaws.com/{place.repository}@sha256:<64 hex digits>"
    if match is None:
        raise RefusedError(f"--image {image!r} does not name an image by digest", hint=f"write {wanted}")
    here = (place.account, place.region, place.repository)
    if (match["account"], match["region"], match["repository"]) != here:
        raise RefusedError(
            f"--image {image} is not in {place.environment}'s repository, the only one that its endpoint may pull from",
            hint=f"push it there and write {wanted}",
        )
    return match["digest"]


def _looked_at(
    registry: Registry,
    registration: Registration,
    digests: DigestSet,
    progress: Progress,
    reader: ModelReader,
) -> bool:
    """Look at the bits as far as that goes without running them; whether the image is this project's own model server.

    Raises:
        RefusedError: SageMaker could not run the image or unpack the artifact, or the image's own server would not serve it.
    """
    image = registry.image(digests.image)
    contract = server_version(refuse_unfit(registration.image, image))
    contents = archive.look_into(registration.artifact)
    progress.note(f"image and archive can be run and unpacked: {len(contents.files)} files")
    if contract is not None:
        if registration.samples is not None:
            raise RefusedError(
                f"--samples {registration.samples}: the image is of this project's model server, whose schema.json has the sample "
                f"that it checks itself with",
                hint="leave --samples out",
            )
        reader.refuse_unread(registration.artifact, digests.model, contract)
        progress.note(
            "the image's model server would serve the model: archive, digest, schema and self-check hold"
        )
    return contract is not None


def _given(path: Path | None) -> SampleFile | None:
    """The sample requests in a file of their own. Raises RefusedError."""
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return read_samples(file.read(MOST_BYTES + 1), f"--samples {path}")
    except OSError as error:
        raise RefusedError(f"--samples {path}: {error.strerror}") from error


def _packed_with(registration: Registration) -> SampleFile:
    """The sample requests in the artifact. Raises RefusedError."""
    body = archive.member(registration.artifact, IN_ARTIFACT, MOST_BYTES + 1)
    if body is None:
        raise RefusedError(
            f"{registration.image} is a container of another kind than this project's own, and there are no sample requests that "
            f"would show whether it answers: none in --artifact {registration.artifact} ({IN_ARTIFACT}, a file and no link), and no "
            f"--samples",
            hint=f"write some, for example {EXAMPLE}, and name the file with --samples",
        )
    return read_samples(body, f"{IN_ARTIFACT} in --artifact {registration.artifact}")


def _draft(
    place: Place, registration: Registration, digests: DigestSet, entry: Entry, samples: SampleFile | None
) -> VersionRecord:
    return VersionRecord(
        version=registration.version,
        digests=digests,
        image=registration.image,
        model_data=f"s3://{place.registry_bucket}/{artifact_key(digests.model)}",
        registered_at=entry.now,
        registered_by=registration.actor,
        metrics=registration.metrics,
        samples=samples.summary if samples else None,
        source=registration.source,
    )


def _refuse_what_aws_would(registry: Registry, draft: VersionRecord, samples: SampleFile | None) -> None:
    refusals = registry.refusals(draft, samples.samples if samples else ())
    if refusals:
        raise RefusedError(
            f"AWS would refuse {draft.version}: {'; '.join(refusals)}",
            hint="change that and register again: no name was claimed",
        )


def _claimed(
    registry: Registry,
    registration: Registration,
    draft: VersionRecord,
    given: SampleFile | None,
    progress: Progress,
) -> VersionRecord:
    """Claim the name, find or make the package, complete the record; whoever else does the same shares the result."""
    for _ in range(CLAIM_TRIES):
        entry = registry.entry(registration.version)
        record = entry.record or draft
        _refuse_other_bits(record, registration, draft.digests, given)
        if record.package_arn:
            return record
        try:
            if entry.record is None:
                registry.write(record, None)
                progress.note(f"{registration.version} claimed")
                continue
            package = registry.find_package(record) or registry.create_package(record)
            progress.note(f"model package {package}")
            registry.write(msgspec.structs.replace(record, package_arn=package), entry.etag)
        except ConflictError:
            progress.note(f"the record of {registration.version} was written meanwhile: looking again")
    raise RefusedError(
        f"{registration.version} keeps being written by someone else",
        hint="see who registers it, then try again",
    )


def _refuse_other_bits(
    record: VersionRecord, registration: Registration, digests: DigestSet, given: SampleFile | None
) -> None:
    differing = [
        f"{name} {was}, not {now}"
        for name, was, now in (
            ("image", record.digests.image, digests.image),
            ("model", record.digests.model, digests.model),
            ("data revision", record.digests.data, digests.data),
        )
        if was != now
    ]
    if registration.metrics is not None and registration.metrics != record.metrics:
        differing.append("other metrics")
    differing += evidence.differing(record, registration.evidence)
    if given and (record.samples is None or record.samples.digest != given.digest):
        differing.append("other sample requests")
    if differing:
        raise RefusedError(
            f"{record.version} is already registered by {record.registered_by} with {'; '.join(differing)}. "
            f"A version never changes",
            hint="register new bits as a new version",
        )
