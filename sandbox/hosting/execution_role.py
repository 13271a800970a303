"""What a model's execution role lets SageMaker read for it: its artifact and its image."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.cloud import Cloud
from sandbox.iam.core.access import Caller
from sandbox.iam.guard import Guard
from sandbox.iam.operation import Operation
from sandbox.missing import MissingError
from sandbox.refusal import RefusedError

_SERVICE = "sagemaker.amazonaws.com"
_SESSION = "SageMaker"
# What a pull of an image is made of, before and with the repository's name.
_LOGIN = "GetAuthorizationToken"
_PULL = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")


@dataclass(frozen=True)
class ExecutionRole:
    """A role of an account, in whose name SageMaker works for one of its models."""

    arn: str
    account: str
    region: str


class Reader:
    """Reads as the role may; raises MissingError, in SageMaker's words, for what it may not or what is not there."""

    def __init__(self, cloud: Cloud, guard: Guard) -> None:
        self._cloud = cloud
        self._guard = guard

    def object(self, role: ExecutionRole, bucket: str, key: str) -> bytes:
        """The bytes of an S3 object."""
        try:
            self._act(self._taken_on(role), role, "s3", "GetObject", {"Bucket": bucket, "Key": key})
        except RefusedError as refused:
            raise MissingError(
                f'Could not access model data at s3://{bucket}/{key}. Please ensure that the role "{role.arn}" exists '
                'and that its trust relationship policy allows the action "sts:AssumeRole" for the service principal '
                f'"{_SERVICE}". Also ensure that the role has "s3:GetObject" permissions and that the object is located '
                f"in {role.region}. ({refused})"
            ) from None
        return self._cloud.object(bucket, key)

    def manifest(self, role: ExecutionRole, registry: str, repository: str, digest: str) -> tuple[str, str]:
        """The manifest of an image in the ECR of an account, and its media type."""
        named = {"repositoryName": repository, "registryId": registry}
        try:
            session = self._taken_on(role)
            self._act(session, role, "ecr", _LOGIN, {})
            for action in _PULL:
                self._act(session, role, "ecr", action, named)
        except RefusedError as refused:
            raise MissingError(
                f"The role '{role.arn}' does not have BatchGetImage permission for the image: "
                f"'{registry}/{repository}@{digest}'. ({refused})"
            ) from None
        return self._cloud.manifest(registry, role.region, repository, digest)

    def _taken_on(self, role: ExecutionRole) -> Caller:
        return self._guard.service_session(_SERVICE, role.arn, role.account, _SESSION)

    def _act(
        self, session: Caller, role: ExecutionRole, service: str, action: str, members: Mapping[str, str]
    ) -> None:
        self._guard.act(session, Operation(service, action, role.account, role.region, members))
