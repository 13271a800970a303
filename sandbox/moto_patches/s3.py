"""S3: who judges bucket policies, and what a log bucket's policy may hold."""

import json
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def apply() -> None:
    _read_any_principal()
    _leave_judging_to_the_sandbox()


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
