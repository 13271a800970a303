"""Where the ports of an endpoint on AWS are put together, each with the kind of client that its calls need."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

import msgspec

from modeldelivery.release.aws.caller import StsCaller
from modeldelivery.release.aws.configs import EndpointConfigs
from modeldelivery.release.aws.fleet import SageMakerFleet
from modeldelivery.release.aws.journal import S3Journal
from modeldelivery.release.aws.registry import AwsRegistry
from modeldelivery.release.aws.scaling import SageMakerScaling
from modeldelivery.release.aws.session import open_account, profile_for
from modeldelivery.release.aws.traffic import SageMakerTraffic
from modeldelivery.release.core.request import Capture, Member
from modeldelivery.release.naming import Environment, Model, Place
from modeldelivery.release.version import Version


class Clients(Protocol):
    """Clients of one kind; `release.aws.session.AwsClients`, or a dry run's."""

    @property
    def s3(self) -> Any: ...
    @property
    def sagemaker(self) -> Any: ...
    @property
    def ecr(self) -> Any: ...
    @property
    def autoscaling(self) -> Any: ...
    @property
    def codepipeline(self) -> Any: ...
    @property
    def codebuild(self) -> Any: ...


class Access(Protocol):
    """Clients of both kinds, of one account: `release.aws.session.Account`, or a dry run's."""

    @property
    def id(self) -> str: ...
    @property
    def fenced(self) -> Clients: ...
    @property
    def patient(self) -> Clients: ...

    @property
    def runtime(self) -> Any:
        """The client of invocations."""
        ...

    @property
    def known_arn(self) -> str | None:
        """Of whoever the credentials are, where STS has told it."""
        ...

    def arn(self) -> str:
        """The same, by a call of STS. Raises DeliveryError."""
        ...


class AwsEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint and its journal.

    Attributes:
        account: where, with its clients.
        name: SageMaker's name of the endpoint.
        bucket, key: where the journal is stored.
    """

    account: Access
    name: str
    bucket: str
    key: str

    @property
    def store(self) -> S3Journal:
        """The journal, for the runner, which asks again by itself."""
        return self._store(self.account.fenced)

    @property
    def traffic(self) -> SageMakerTraffic:
        """The endpoint, for the runner, which asks again by itself."""
        return self._traffic(self.account.fenced)

    @property
    def patient_store(self) -> S3Journal:
        """The journal, to be read once."""
        return self._store(self.account.patient)

    @property
    def patient_traffic(self) -> SageMakerTraffic:
        """The endpoint, to be looked at once."""
        return self._traffic(self.account.patient)

    @property
    def caller(self) -> StsCaller:
        """Whom AWS takes this run for."""
        return StsCaller(self.account.arn, self.account.known_arn)

    @property
    def scaling(self) -> SageMakerScaling:
        return SageMakerScaling(clients=self.account.patient, endpoint=self.name)

    @property
    def configs(self) -> EndpointConfigs:
        return EndpointConfigs(
            sagemaker=self.account.patient.sagemaker,
            endpoint=self.name,
            owner=f"s3://{self.bucket}/{self.key}",
        )

    def fleet(
        self,
        members: Mapping[Version, Member],
        *,
        current: Mapping[Version, Member],
        kms_key: str | None,
        capture: Capture | None,
        tags: Mapping[str, str],
    ) -> SageMakerFleet:
        """The endpoint's fleet as config wants it; the arguments are attributes of `SageMakerFleet`."""
        return SageMakerFleet(
            sagemaker=self.account.fenced.sagemaker,
            autoscaling=self.account.patient.autoscaling,
            configs=self.configs,
            members=members,
            current=current,
            kms_key=kms_key,
            capture=capture,
            tags=tags,
        )

    def _store(self, clients: Clients) -> S3Journal:
        return S3Journal(s3=clients.s3, bucket=self.bucket, key=self.key, account=self.account.id)

    def _traffic(self, clients: Clients) -> SageMakerTraffic:
        return SageMakerTraffic(sagemaker=clients.sagemaker, name=self.name)


class AwsEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """One environment of one model: its endpoint and its registry, under the names that follow from the place."""

    account: Access
    place: Place

    @property
    def endpoint(self) -> AwsEndpoint:
        return AwsEndpoint(
            account=self.account,
            name=self.place.endpoint,
            bucket=self.place.registry_bucket,
            key=self.place.journal_key,
        )

    @property
    def registry(self) -> AwsRegistry:
        return AwsRegistry(clients=self.account.patient, place=self.place)


def open_environment(
    model: Model,
    environment: Environment,
    *,
    profile: str | None = None,
    region: str | None = None,
    allowed: Collection[str] | None = None,
    prompts: bool = False,
) -> AwsEnvironment:
    """Find the credentials of an environment.

    Args:
        model: of which the environment is.
        environment: its name.
        profile: AWS profile; else AWS_PROFILE, else the profile named like the environment, else the default chain.
        region: overrides the profile's.
        allowed: accounts of which the credentials may be; None: any.
        prompts: a person at a terminal may be asked for an MFA code.

    Raises:
        WrongAccountError: the credentials are of none of these.
        UnreachableError: no credentials, no region, or STS does not answer.
    """
    account = open_account(profile or profile_for(environment), region, prompts=prompts)
    if allowed is not None:
        account.refuse_unless(allowed)
    place = Place(model=model, environment=environment, account=account.id, region=account.region)
    return AwsEnvironment(account=account, place=place)
