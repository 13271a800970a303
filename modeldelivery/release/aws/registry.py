"""Registered versions on AWS: records and artifacts in S3, images in ECR, model packages in SageMaker.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html,
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
"""

import hashlib
import mimetypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec
from botocore.exceptions import ClientError

from modeldelivery.release.aws import requests
from modeldelivery.release.aws.artifact import Artifacts
from modeldelivery.release.aws.errors import AbsentError, translated_or_absent
from modeldelivery.release.aws.images import Images
from modeldelivery.release.aws.journal import date_of, is_deleted, is_marked
from modeldelivery.release.aws.restore import Kept
from modeldelivery.release.errors import ConflictError, DamagedError, UnreachableError, UpdateNeededError
from modeldelivery.release.naming import VERSIONS_FOLDER, Place, evidence_key, record_key, samples_key
from modeldelivery.release.ports import Image, Progress
from modeldelivery.release.record import Entry, VersionRecord, decode, encode, fault
from modeldelivery.release.samples import Sample, SampleFile
from modeldelivery.release.version import BadVersionError, Version, parse_version, precedence

CLOCKS_DIFFER = 300.0  # seconds by which SageMaker's clock may run behind S3's, generously
_FOLDER = f"{VERSIONS_FOLDER}/"


class Clients(Protocol):
    """What is needed of `release.aws.session.Account`."""

    @property
    def s3(self) -> Any: ...
    @property
    def ecr(self) -> Any: ...
    @property
    def sagemaker(self) -> Any: ...


class AwsRegistry(msgspec.Struct, frozen=True, kw_only=True):
    """One environment's registry. Everything raises LostError and UnreachableError."""

    clients: Clients
    place: Place

    def record(self, version: Version) -> VersionRecord | None:
        """A registered version; None when it is not, or not completely."""
        record = self.entry(version).record
        return record if record and record.package_arn else None

    def versions(self) -> tuple[Version, ...]:
        """Every version that was claimed, by precedence; none when there is no registry yet."""
        return tuple(sorted(map(self._version, self._keys(_FOLDER)), key=precedence))

    def entry(self, version: Version) -> Entry:
        key = record_key(version)
        try:
            with translated_or_absent(f"s3:GetObject {self._where(key)}"):
                response = self.clients.s3.get_object(
                    Bucket=self.place.registry_bucket, Key=key, **self._owner
                )
                body = response["Body"].read()
        except AbsentError as error:
            if is_marked(error.response):
                raise self._damaged("was deleted", version, None, date_of(error.response)) from error
            return Entry(record=None, etag=None, now=date_of(error.response))
        record = self._decoded(body, version, response["ETag"], date_of(response))
        return Entry(record=record, etag=response["ETag"], now=date_of(response))

    def write(self, record: VersionRecord, etag: str | None) -> None:
        key = record_key(record.version)
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        call = f"s3:PutObject {self._where(key)}"
        with self._made_by_up(), translated_or_absent(call):
            try:
                self.clients.s3.put_object(
                    Bucket=self.place.registry_bucket,
                    Key=key,
                    Body=encode(record),
                    ContentType="application/json",
                    **self._owner,
                    **condition,
                )
            except ClientError as error:
                if is_deleted(error):
                    raise ConflictError(f"{call}: someone else deleted it; reading it again") from error
                raise

    def image(self, digest: str) -> Image | None:
        images = Images(ecr=self.clients.ecr, account=self.place.account, repository=self.place.repository)
        return images.find(digest)

    def refusals(self, record: VersionRecord, samples: Sequence[Sample]) -> tuple[str, ...]:
        return tuple(f"{each.call}: {each.why}" for each in requests.refusals(self.place, record, samples))

    def store_samples(self, samples: SampleFile) -> None:
        key = samples_key(samples.digest)
        with (
            self._made_by_up(),
            suppress(ConflictError),
            translated_or_absent(f"s3:PutObject {self._where(key)}"),
        ):
            self.clients.s3.put_object(
                Bucket=self.place.registry_bucket,
                Key=key,
                Body=samples.content,
                ContentType="application/json",
                IfNoneMatch="*",  # what is there has these contents
                **self._owner,
            )

    def store_evidence(self, digest_set: str, name: str, content: bytes) -> bytes:
        """Raises ConflictError where someone writes it at this very moment."""
        key = evidence_key(digest_set, name)
        call = f"s3:PutObject {self._where(key)}"
        try:
            with self._made_by_up(), translated_or_absent(call):
                self.clients.s3.put_object(
                    Bucket=self.place.registry_bucket,
                    Key=key,
                    Body=content,
                    ContentType=mimetypes.guess_type(name)[0] or "application/octet-stream",
                    IfNoneMatch="*",
                    **self._owner,
                )
        except ConflictError:
            stands = self._object(key)
            if stands is None:
                raise
            return stands
        return content

    def read_evidence(self, digest_set: str, name: str) -> bytes | None:
        return self._object(evidence_key(digest_set, name))

    def evidence_names(self, digest_set: str) -> tuple[str, ...]:
        folder = evidence_key(digest_set, "")
        return tuple(key.removeprefix(folder) for key in self._keys(folder))

    def fetch_samples(self, digest: str) -> bytes | None:
        """Raises UnreachableError where what came is not what its name says."""
        key = samples_key(digest)
        content = self._object(key)
        if content is not None and hashlib.sha256(content).hexdigest() != digest.removeprefix("sha256:"):
            raise UnreachableError(
                f"s3:GetObject {self._where(key)}: what came is not what its name says",
                hint="run the command again; if that stays so, find out who wrote it",
            )
        return content

    def store_artifact(self, path: Path, digest: str, progress: Progress) -> bool:
        """Raises RefusedError and UnreachableError as `Artifacts.store`."""
        with self._made_by_up():
            return self._artifacts.store(path, digest, progress)

    def fetch_artifact(self, digest: str, path: Path) -> bool:
        return self._artifacts.fetch(digest, path)

    def find_package(self, record: VersionRecord) -> str | None:
        """The package that an earlier run made for this claim and did not live to write down."""
        since = datetime.fromtimestamp(record.registered_at - CLOCKS_DIFFER, UTC)
        for summary in self._packages(since):
            arn = summary["ModelPackageArn"]
            with self._made_by_up(), translated_or_absent(f"sagemaker:DescribeModelPackage {arn}"):
                response = self.clients.sagemaker.describe_model_package(ModelPackageName=arn)
            properties = response.get("CustomerMetadataProperties", {})
            if requests.package_properties(record).items() <= properties.items():  # others may add their own
                return str(arn)
        return None

    def create_package(self, record: VersionRecord) -> str:
        with (
            self._made_by_up(),
            translated_or_absent(f"sagemaker:CreateModelPackage {self.place.package_group}"),
        ):
            made = self.clients.sagemaker.create_model_package(
                **requests.package_request(self.place, record), ClientToken=_token(record)
            )
        return str(made["ModelPackageArn"])

    def _packages(self, since: datetime) -> Iterator[Any]:
        more: dict[str, str] = {}
        while True:
            with (
                self._made_by_up(),
                translated_or_absent(f"sagemaker:ListModelPackages {self.place.package_group}"),
            ):
                page = self.clients.sagemaker.list_model_packages(
                    ModelPackageGroupName=self.place.package_group,
                    CreationTimeAfter=since,
                    MaxResults=100,
                    **more,
                )
            yield from page["ModelPackageSummaryList"]
            if "NextToken" not in page:
                return
            more = {"NextToken": page["NextToken"]}

    @property
    def _artifacts(self) -> Artifacts:
        return Artifacts(s3=self.clients.s3, bucket=self.place.registry_bucket, account=self.place.account)

    @contextmanager
    def _made_by_up(self) -> Iterator[None]:
        """What the platform makes is missing: say who makes it."""
        try:
            yield
        except AbsentError as error:
            raise UnreachableError(
                f"{error}. Is account {self.place.account} the one of {self.place.environment}? If nothing was ever "
                f"made there",
                hint="`pulumi up`",
            ) from error

    def _decoded(self, body: bytes, version: Version, etag: str, now: float) -> VersionRecord:
        """Raises DamagedError for what is no record, or one that cannot be true; UpdateNeededError."""
        key = record_key(version)
        try:
            result = decode(body, f"the record {self._where(key)}")
        except msgspec.DecodeError as error:
            wrong = f"cannot be understood ({error})"
        else:
            untrue = fault(result, version, now)
            if untrue is None:
                return result
            wrong = f"cannot be true ({untrue})"
        raise self._damaged(wrong, version, etag, now)

    def _damaged(self, what: str, version: Version, etag: str | None, now: float) -> DamagedError:
        key = record_key(version)
        kept = Kept(
            s3=self.clients.s3,
            bucket=self.place.registry_bucket,
            key=key,
            account=self.place.account,
            fits=lambda body: is_sane(body, version, now),
        )
        return DamagedError(f"the record {self._where(key)} {what}", hint=kept.way_back(etag))

    def _version(self, key: str) -> Version:
        try:
            version = parse_version(key.removeprefix(_FOLDER).removesuffix(".json"))
        except BadVersionError as error:
            raise UnreachableError(f"{self._where(key)} is not a version's record: {error}") from error
        if record_key(version) != key:
            raise UnreachableError(
                f"{self._where(key)} is not a version's record: {record_key(version)} would be one"
            )
        return version

    def _object(self, key: str) -> bytes | None:
        """What is stored under a key; None where nothing is."""
        try:
            with translated_or_absent(f"s3:GetObject {self._where(key)}"):
                response = self.clients.s3.get_object(
                    Bucket=self.place.registry_bucket, Key=key, **self._owner
                )
                return bytes(response["Body"].read())
        except AbsentError:
            return None

    def _keys(self, folder: str) -> Iterator[str]:
        """Keys under a folder; none where there is no bucket either."""
        more: dict[str, str] = {}
        while True:
            try:
                with translated_or_absent(f"s3:ListObjectsV2 {self._where(folder)}"):
                    page = self.clients.s3.list_objects_v2(
                        Bucket=self.place.registry_bucket, Prefix=folder, **self._owner, **more
                    )
            except AbsentError:
                return
            yield from (item["Key"] for item in page.get("Contents", []))
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _where(self, key: str) -> str:
        return f"s3://{self.place.registry_bucket}/{key}"

    @property
    def _owner(self) -> dict[str, str]:
        """S3 itself refuses a bucket of anyone else's."""
        return {"ExpectedBucketOwner": self.place.account}


def _token(record: VersionRecord) -> str:
    """The same for the same version and bits: SageMaker itself makes no second package. It takes 36 characters."""
    return hashlib.sha256(f"{record.version} {record.digests.id}".encode()).hexdigest()[:36]


def is_sane(body: bytes, version: Version, now: float) -> bool:
    """Whether this is the version's record and can be true, or one that only a newer program understands."""
    try:
        return fault(decode(body, "an earlier version"), version, now) is None
    except msgspec.DecodeError:
        return False
    except UpdateNeededError:
        return True
