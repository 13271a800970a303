"""What AWS, or the way to it, says went wrong, and what to type next: of programs that are given places of S3."""

import sys
from typing import Any

_SIGN_IN = 'export AWS_PROFILE=NAME; of a sandbox `eval "$(.venv/bin/sandbox env)"` before, and NAME is the environment\'s'
# By botocore's own classes, and by AWS' codes.
_NEXT = {
    "NoCredentialsError": _SIGN_IN,
    "PartialCredentialsError": _SIGN_IN,
    "ProfileNotFound": "name another by --profile or AWS_PROFILE, or add it to ~/.aws/config (AWS_CONFIG_FILE)",
    "NoRegionError": f"{_SIGN_IN}; without a profile export AWS_DEFAULT_REGION too",
    "ExpiredToken": "sign in again, `aws sso login`",
    "ExpiredTokenException": "sign in again, `aws sso login`",
    "NoSuchBucket": "`pulumi stack output` names the environment's buckets",
}


def of_aws(error: Exception) -> bool:
    """Whether an error is what AWS, or the way to it, says: botocore can be asked where it was imported."""
    exceptions = sys.modules.get("botocore.exceptions")
    return exceptions is not None and isinstance(error, (exceptions.BotoCoreError, exceptions.ClientError))


def sentence(error: Exception) -> str:
    """An error as a person reads it, whoever raised it; what to type next where it is AWS' and that is known."""
    if not of_aws(error):
        return str(error)
    told: dict[str, Any] = getattr(error, "response", {}).get("Error", {})
    names = (*(each.__name__ for each in type(error).__mro__), str(told.get("Code", "")))
    which = f" ({told['BucketName']})" if told.get("BucketName") else ""
    following = next((f": {_NEXT[name]}" for name in names if name in _NEXT), "")
    return f"{str(error).rstrip('.')}{which}{following}" if following else str(error)
