"""S3: who judges bucket policies, what a log bucket's policy may hold, and what a reader learns of a deleted object."""

import json
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.exceptions import MissingKey
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response


def apply() -> None:
    _read_any_principal()
    _leave_judging_to_the_sandbox()
    _say_what_was_deleted()


def _read_any_principal() -> None:
    """Let a log bucket's policy hold the plain principal "*": moto takes each statement's for an object."""
    original = FakeBucket._log_permissions_enabled_policy  # noqa: SLF001 - moto offers no other place

    def permitted(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
        written = target_bucket.policy
        if written:
            document = json.loads(written)
            document["Statement"] = [s for s in document["Statement"] if isinstance(s.get("Principal"), dict)]
            target_bucket.policy = json.dumps(document).encode()
        try:
            return bool(original(target_bucket, target_prefix))
        finally:
            target_bucket.policy = written

    FakeBucket._log_permissions_enabled_policy = staticmethod(permitted)  # type: ignore[method-assign]  # noqa: SLF001


def _leave_judging_to_the_sandbox() -> None:
    """Bucket policies are judged in sandbox/iam: moto reads no conditions, so it would deny everything."""

    def neutral(_bucket: FakeBucket, _action: str, _resource: str) -> Any:
        return PermissionResult.NEUTRAL

    FakeBucket.get_permission = neutral  # type: ignore[assignment,method-assign]


def _say_what_was_deleted() -> None:
    """Answer GetObject of what has a delete marker with `x-amz-delete-marker`, as HeadObject is answered.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
    """
    original = S3Response.get_object

    def get_object(self: S3Response) -> Any:
        try:
            return original(self)
        except MissingKey as error:
            newest = self.backend.get_object(self.bucket_name, error.key or "", return_delete_marker=True)
            if newest is None:
                raise
            body = f"<Error><Code>{error.code}</Code><Message>{error.message}</Message></Error>"
            return 404, {"x-amz-delete-marker": "true", "content-type": "application/xml"}, body

    S3Response.get_object = get_object  # type: ignore[method-assign]
