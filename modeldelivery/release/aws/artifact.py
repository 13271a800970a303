"""Model artifacts in S3, each stored under its digest and proved to have it.

A small file goes up in one PutObject with its SHA-256, which S3 itself compares. A larger one goes up in parts. S3 keeps no
SHA-256 of such an object (its checksums of whole objects are CRCs, which anyone can forge); but it compares each part with
the SHA-256 that comes along, and keeps the SHA-256 over those. The same is computed here, from the local file, in the pass
that computes the file's digest: where both agree, the object is these bits, and nothing had to be read back.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

import base64
import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

from modeldelivery.release.aws.errors import AbsentError, translated_or_absent
from modeldelivery.release.errors import ConflictError, RefusedError, UnreachableError
from modeldelivery.release.naming import artifact_key
from modeldelivery.release.ports import Progress

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

MIB = 1024**2
PART = 64 * MIB
MOST_PARTS = 10_000  # S3's limit
PART_SIZE = (
    "part-bytes"  # metadata of an object that went up in parts: with which size its checksum can be computed
)
_STEPS = 10  # times that progress is told


class Checksums(msgspec.Struct, frozen=True):
    """SHA-256 of a whole file, and over those of its parts; base64, as S3 shows them."""

    whole: str
    over_parts: str


class Artifacts(msgspec.Struct, frozen=True, kw_only=True):
    """The artifacts of one registry bucket.

    Attributes:
        s3: a patient client; a part that fails goes up again alone.
        bucket: its name.
        account: that must own it.
        part: bytes of a part, and of the largest file that goes up whole.
    """

    s3: "S3Client"
    bucket: str
    account: str
    part: int = PART

    def store(self, path: Path, digest: str, progress: Progress) -> bool:
        """Upload, unless it is there; whether it was new.

        Raises:
            RefusedError: the file changed since its digest was computed.
            UnreachableError: also when what is stored under the digest's name is something else.
            AbsentError: there is no bucket.
        """
        if self._holds(path, digest):
            return False
        size = path.stat().st_size
        if size <= self.part:
            return self._put(path, digest)
        self._upload(path, digest, _Uploaded(progress, size))
        if not self._holds(path, digest):
            raise UnreachableError(f"{self._where(digest)} is gone right after it was uploaded")
        return True

    def fetch(self, digest: str, path: Path) -> bool:
        """Download to a file that is not there yet; False when there is no such artifact.

        Raises:
            UnreachableError: also when what came is not what its name says.
        """
        call = f"s3:GetObject {self._where(digest)}"
        came = hashlib.sha256()
        try:
            with translated_or_absent(call), path.open("xb") as file:
                body = self.s3.get_object(
                    Bucket=self.bucket, Key=artifact_key(digest), ExpectedBucketOwner=self.account
                )["Body"]
                for piece in body.iter_chunks(MIB):
                    came.update(piece)
                    file.write(piece)
        except AbsentError:
            return False
        if came.hexdigest() != digest.removeprefix("sha256:"):
            raise UnreachableError(
                f"{call}: what came has sha256 {came.hexdigest()}, which is not its name",
                hint="run the command again; if that stays so, find out who wrote it",
            )
        return True

    def _holds(self, path: Path, digest: str) -> bool:
        try:
            with translated_or_absent(f"s3:HeadObject {self._where(digest)}"):
                response = self.s3.head_object(
                    Bucket=self.bucket,
                    Key=artifact_key(digest),
                    ChecksumMode="ENABLED",
                    ExpectedBucketOwner=self.account,
                )
        except AbsentError:
            return False
        stored = response.get("ChecksumSHA256", "").partition("-")[0]  # of one in parts, their number follows
        part = response.get("Metadata", {}).get(PART_SIZE, "")
        if stored == _base64(digest) or (
            part.isdigit() and stored == self._over_parts(path, digest, int(part))
        ):
            return True
        raise UnreachableError(
            f"{self._where(digest)} does not hold what its name says (checksum {response.get('ChecksumSHA256')}): it was "
            f"not put there by `modelctl register`",
            hint="find out who wrote it, delete it, and register again",
        )

    def _over_parts(self, path: Path, digest: str, part: int) -> str:
        local = checksums(path, part)
        if local.whole != _base64(digest):
            raise RefusedError(f"{path} changed while it was being registered", hint="register it again")
        return local.over_parts

    def _put(self, path: Path, digest: str) -> bool:
        try:
            with translated_or_absent(f"s3:PutObject {self._where(digest)}"), path.open("rb") as body:
                self.s3.put_object(
                    Bucket=self.bucket,
                    Key=artifact_key(digest),
                    Body=body,
                    ContentType="application/gzip",
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=_base64(digest),
                    IfNoneMatch="*",
                    ExpectedBucketOwner=self.account,
                )
        except ConflictError:  # another run uploads the same bits
            return False
        return True

    def _upload(self, path: Path, digest: str, told: "_Uploaded") -> None:
        """Not conditional (s3transfer cannot): whoever else writes this key writes these bits, or is found out afterwards."""
        from boto3.s3.transfer import TransferConfig  # noqa: PLC0415 - slow to import, and a rollback uploads nothing

        part = part_size(told.size, self.part)
        with translated_or_absent(f"s3:PutObject {self._where(digest)}"):
            try:
                self.s3.upload_file(
                    Filename=str(path),
                    Bucket=self.bucket,
                    Key=artifact_key(digest),
                    ExtraArgs={
                        "ContentType": "application/gzip",
                        "ChecksumAlgorithm": "SHA256",
                        "ExpectedBucketOwner": self.account,
                        "Metadata": {PART_SIZE: str(part)},
                    },
                    Callback=told,
                    Config=TransferConfig(
                        multipart_threshold=self.part, multipart_chunksize=part, max_concurrency=4
                    ),
                )
            except S3UploadFailedError as error:
                if isinstance(error.__context__, ClientError):
                    raise error.__context__ from error
                raise UnreachableError(f"{self._where(digest)}: {error}") from error

    def _where(self, digest: str) -> str:
        return f"s3://{self.bucket}/{artifact_key(digest)}"


def checksums(path: Path, part: int) -> Checksums:
    """Read a file once, in parts of so many bytes."""
    whole, over_parts = hashlib.sha256(), hashlib.sha256()
    with path.open("rb") as body:
        while True:
            of_part, left = hashlib.sha256(), part
            while left and (read := body.read(min(left, MIB))):
                whole.update(read)
                of_part.update(read)
                left -= len(read)
            if left < part:
                over_parts.update(of_part.digest())
            if left:
                return Checksums(
                    base64.b64encode(whole.digest()).decode(), base64.b64encode(over_parts.digest()).decode()
                )


def part_size(size: int, usual: int = PART) -> int:
    """Bytes of each part of a file of so many, in whole MiB beyond the usual: S3 takes 10,000 parts at most."""
    least = -(-size // MOST_PARTS)
    return max(usual, -(-least // MIB) * MIB)


class _Uploaded:
    """Tells now and then how much has gone up; called by several threads."""

    def __init__(self, progress: Progress, size: int) -> None:
        self.size = size
        self._progress, self._sent, self._told = progress, 0, 0
        self._lock = threading.Lock()

    def __call__(self, sent: int) -> None:
        with self._lock:
            self._sent += sent
            step = self._sent * _STEPS // self.size
            if step > self._told:
                self._told = step
                self._progress.note(f"artifact: {self._sent / MIB:.0f} of {self.size / MIB:.0f} MiB uploaded")


def _base64(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest.removeprefix("sha256:"))).decode()
