"""Which account and region credentials lead to, and two kinds of client of it.

*Fenced* clients send a call once, with short time-outs: for calls that must not come after an intent's deadline, and for
what the runner itself asks again, with progress. *Patient* ones are for everything else: they try again by themselves.
"""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from modeldelivery.release.aws.credentials import credentials_of, named, open_session
from modeldelivery.release.aws.errors import ask
from modeldelivery.release.errors import CredentialsError, UnreachableError

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.client import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch.client import CloudWatchClient
    from mypy_boto3_ecr.client import ECRClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sagemaker.client import SageMakerClient
    from mypy_boto3_sagemaker_runtime.client import SageMakerRuntimeClient

# Sent once: a retry would come after the intent's deadline. The two time-outs are within `release.aws.traffic.TIMING.call`.
FENCED = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=1.5,
    read_timeout=2.5,
)
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html: back-off with jitter, of what AWS calls
# transient or throttled.
PATIENT = Config(
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=5,
    read_timeout=60,
)
INVOCATIONS = (
    64  # connections that may be open at once; a request that has none waits, and is not sent at its time
)
# A retry would hide an error, and be measured with it; SageMaker itself waits 60 s for a container.
MEASURED = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=70,
    max_pool_connections=INVOCATIONS,
)
_MAKING = threading.Lock()  # boto3 makes clients in one thread at a time


@contextmanager
def _making(service: str) -> Iterator[None]:
    """Make a client, or say which of the machine's settings does not let it. Raises UnreachableError."""
    with _MAKING:
        try:
            yield
        except (BotoCoreError, ValueError) as error:  # an endpoint_url, a region or a retry mode that is none
            raise UnreachableError(
                f"no calls of {service} can be made: {error}",
                hint="look at AWS_* in the environment and at the profile",
            ) from error


class WrongAccountError(UnreachableError):
    """The credentials are of an account that may not be touched from here."""


class AwsClients:
    """Clients of one account and region, each made when it is first used (a client costs tenths of a second)."""

    def __init__(self, session: boto3.Session, config: Config) -> None:
        self._session, self._config = session, config

    @cached_property
    def s3(self) -> "S3Client":
        with _making("s3"):
            return self._session.client("s3", config=self._config)

    @cached_property
    def sagemaker(self) -> "SageMakerClient":
        with _making("sagemaker"):
            return self._session.client("sagemaker", config=self._config)

    @cached_property
    def ecr(self) -> "ECRClient":
        with _making("ecr"):
            return self._session.client("ecr", config=self._config)

    @cached_property
    def autoscaling(self) -> "ApplicationAutoScalingClient":
        with _making("application-autoscaling"):
            return self._session.client("application-autoscaling", config=self._config)

    @cached_property
    def codepipeline(self) -> Any:
        with _making("codepipeline"):
            return self._session.client("codepipeline", config=self._config)

    @cached_property
    def codebuild(self) -> Any:
        with _making("codebuild"):
            return self._session.client("codebuild", config=self._config)

    @cached_property
    def cloudwatch(self) -> "CloudWatchClient":
        with _making("cloudwatch"):
            return self._session.client("cloudwatch", config=self._config)


class Account:
    """One account and region.

    Attributes:
        id: the account's twelve digits, as the credentials themselves say.
        region: for example `eu-west-1`.
        profile: that the credentials are of; None for the default chain.
        known_arn: of whoever the credentials are, where STS has told it.
        fenced, patient: clients of both kinds.
        runtime: the client of invocations.
    """

    def __init__(
        self, session: boto3.Session, account: str, profile: str | None = None, known_arn: str | None = None
    ) -> None:
        self._session, self.known_arn = session, known_arn
        self.id, self.region, self.profile = account, str(session.region_name), profile
        self.fenced, self.patient = AwsClients(session, FENCED), AwsClients(session, PATIENT)

    @cached_property
    def runtime(self) -> "SageMakerRuntimeClient":
        """Of endpoints' invocations: each is sent once, and waited for as long as SageMaker waits for a container."""
        with _making("sagemaker-runtime"):
            return self._session.client("sagemaker-runtime", config=MEASURED)

    @cached_property
    def caller(self) -> str:
        """Account that AWS itself says these credentials are of; one STS call."""
        told = _ask_sts(self._session, PATIENT)
        self.known_arn = told.arn
        return told.account

    def arn(self) -> str:
        """Of whoever the credentials are; one STS call, sent once. Raises DeliveryError."""
        return _ask_sts(self._session, FENCED).arn

    def eks_token(self, cluster: str, region: str | None = None) -> str:
        """A bearer token for a cluster of EKS; no call. Raises CredentialsError."""
        # What only a cluster needs costs nobody else anything.
        from modeldelivery.release.aws import eks  # noqa: PLC0415 - as above

        with _making("sts"):
            return eks.token(self._session, cluster, region or self.region)

    def refuse_unless(self, allowed: Collection[str], *, verified: bool = False) -> None:
        """Raises WrongAccountError unless the account is one of `allowed`; `verified`: by AWS' word, for what changes."""
        account = self.caller if verified else self.id
        if account not in allowed:
            raise WrongAccountError(
                f"the credentials of profile {self.profile or '(default)'} are of account {account}, and this stack may only "
                f"touch {', '.join(sorted(allowed)) or 'none'}",
                hint="check aws:profile and aws:allowedAccountIds",
            )


Opens = Callable[[str | None, str | None], Account]  # profile and region, as `open_account` takes them


def open_account(profile: str | None, region: str | None, *, prompts: bool = False) -> Account:
    """The account that a profile, or the default chain, leads to.

    Args:
        profile: None for the default chain.
        region: None for the environment's, else the profile's.
        prompts: a person at a terminal may be asked for an MFA code.

    Raises:
        CredentialsError: there are none, or they are not taken.
        UnreachableError: no region, or whoever gives them does not answer.
    """
    with credentials_of(profile):
        session = open_session(profile, region, prompts=prompts)
        credentials = session.get_credentials()
        if credentials is None:
            raise CredentialsError(
                f"no AWS credentials for {named(profile)}", hint="set AWS_PROFILE or log in"
            )
        if session.region_name is None:
            raise UnreachableError(
                "no AWS region", hint=f"set `region` in the profile {session.profile_name}, or AWS_REGION"
            )
        if account := credentials.get_frozen_credentials().account_id:
            return Account(session, str(account), profile)
        told = _ask_sts(session, PATIENT)
        return Account(session, told.account, profile, told.arn)


def profile_for(environment: str) -> str | None:
    """The profile named like the environment, unless AWS_PROFILE says another or there is none of that name.

    Raises:
        CredentialsError: the file of profiles cannot be read.
    """
    with credentials_of(None):
        plain = botocore.session.Session(include_builtin_handlers=False)  # it makes no client
        named = (plain.profile or "default") != "default"
        return environment if not named and environment in plain.available_profiles else None


class _Identity(NamedTuple):
    """What STS tells of credentials, some of which (static keys without aws_account_id) do not say whose they are."""

    account: str
    arn: str


def _ask_sts(session: boto3.Session, config: Config) -> _Identity:
    with _making("sts"):
        sts = session.client("sts", config=config)
    response = ask("sts:GetCallerIdentity", sts.get_caller_identity)
    return _Identity(response["Account"], response["Arn"])
