"""What an execution of the training pipeline reads: data sets in the data bucket, images in ECR, the champion's model.

A step reads a whole prefix and is cached by its URI, so each of these is named by content, and nothing under it changes.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import msgspec

from modeldelivery.release.aws.errors import AbsentError, translated_or_absent
from modeldelivery.release.champion import NONE_FILE, no_champion
from modeldelivery.release.errors import ConflictError, RefusedError, UnreachableError
from modeldelivery.release.naming import DATASETS, Place, artifact_folder, dataset_prefix

_MANIFEST = "manifest.json"  # of a data set, written last: pipelines.dataset.MANIFEST


class Clients(Protocol):
    """What is needed of `release.aws.session.Account`."""

    @property
    def s3(self) -> Any: ...
    @property
    def ecr(self) -> Any: ...


class AwsSources(msgspec.Struct, frozen=True, kw_only=True):
    """A `Sources`."""

    clients: Clients
    place: Place

    def newest_data(self) -> str | None:
        manifests = [each for each in self._objects(DATASETS) if each["Key"].endswith(f"/{_MANIFEST}")]
        newest = max(manifests, key=lambda each: each["LastModified"], default=None)
        if newest is None:
            return None
        key = str(newest["Key"])
        return key.removeprefix(DATASETS).removesuffix(f"/{_MANIFEST}").replace("/", ":")

    def data_uri(self, revision: str) -> str | None:
        prefix = dataset_prefix(revision)
        bucket = self.place.data_bucket
        try:
            with translated_or_absent(f"s3:HeadObject s3://{bucket}/{prefix}{_MANIFEST}"):
                self.clients.s3.head_object(
                    Bucket=bucket, Key=prefix + _MANIFEST, ExpectedBucketOwner=self.place.account
                )
        except AbsentError:
            return None
        return f"s3://{bucket}/{prefix}"

    def newest_image(self, *, steps: bool) -> str | None:
        repository = self._repository(steps=steps)
        images = list(self._images(repository))
        newest = max(images, key=lambda each: each["imagePushedAt"], default=None)
        return self._uri(repository, newest["imageDigest"]) if newest else None

    def has_image(self, uri: str, *, steps: bool) -> bool:
        repository = self._repository(steps=steps)
        _, _, digest = uri.partition("@")
        if uri != self._uri(repository, digest):
            raise RefusedError(
                f"{uri} names no image of {repository} by digest",
                hint=f"write {self._uri(repository, 'sha256:<64 hex digits>')}",
            )
        return any(each["imageDigest"] == digest for each in self._images(repository))

    def champion_uri(self, digest: str | None) -> str:
        digest = digest or f"sha256:{hashlib.sha256(self._no_champion).hexdigest()}"
        return f"s3://{self.place.registry_bucket}/{artifact_folder(digest)}"

    def store_no_champion(self) -> None:
        bucket, digest = self.place.registry_bucket, hashlib.sha256(self._no_champion).hexdigest()
        key = artifact_folder(f"sha256:{digest}") + NONE_FILE
        with (
            suppress(ConflictError),  # what is there has these contents
            self._made_by_up(bucket),
            translated_or_absent(f"s3:PutObject s3://{bucket}/{key}"),
        ):
            self.clients.s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=self._no_champion,
                ContentType="application/json",
                IfNoneMatch="*",
                ExpectedBucketOwner=self.place.account,
            )

    @property
    def _no_champion(self) -> bytes:
        return no_champion(self.place.environment)

    def _objects(self, prefix: str) -> Iterator[Any]:
        bucket, more = self.place.data_bucket, dict[str, str]()
        while True:
            with self._made_by_up(bucket), translated_or_absent(f"s3:ListObjectsV2 s3://{bucket}/{prefix}"):
                page = self.clients.s3.list_objects_v2(
                    Bucket=bucket, Prefix=prefix, ExpectedBucketOwner=self.place.account, **more
                )
            yield from page.get("Contents", [])
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _images(self, repository: str) -> Iterator[Any]:
        more = dict[str, str]()
        while True:
            with self._made_by_up(repository), translated_or_absent(f"ecr:DescribeImages {repository}"):
                page = self.clients.ecr.describe_images(
                    registryId=self.place.account, repositoryName=repository, **more
                )
            yield from page["imageDetails"]
            if "nextToken" not in page:
                return
            more = {"nextToken": page["nextToken"]}

    @contextmanager
    def _made_by_up(self, what: str) -> Iterator[None]:
        """Say who makes what is missing. Raises UnreachableError."""
        try:
            yield
        except AbsentError as error:
            raise UnreachableError(
                f"{error}: {what} is made where {self.place.environment} trains",
                hint=f"set model-delivery:training and model-delivery:data in Pulumi.{self.place.environment}.yaml, "
                "then pulumi up",
            ) from error

    def _repository(self, *, steps: bool) -> str:
        return self.place.step_repository if steps else self.place.repository

    def _uri(self, repository: str, digest: str) -> str:
        place = self.place
        return f"{place.account}.dkr.ecr.{place.region}.amazonaws.com/{repository}@{digest}"
