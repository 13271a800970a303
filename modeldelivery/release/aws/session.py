"""Which account and region credentials lead to, and two kinds of client of it.

*Fenced* clients send a call once, with short time-outs: for calls that must not come after an intent's deadline, and for
what the runner itself asks again, with progress. *Patient* ones are for everything else: they try again by themselves.
"""

import threading
from collections.abc import Callable, Collection
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from modeldelivery.release.aws.errors import ask
from modeldelivery.release.errors import CredentialsError, UnreachableError

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.client import ApplicationAutoScalingClient
    from mypy_boto3_ecr.client import ECRClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sagemaker.client import SageMakerClient

# Sent once: a retry would come after the intent's deadline. The two time-outs are within `release.aws.traffic.TIMING.call`.
FENCED = Config(
    retries={"total_max_attempts": 1},
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
_MAKING = threading.Lock()  # boto3 makes clients in one thread at a time


class WrongAccountError(UnreachableError):
    """The credentials are of an account that may not be touched from here."""


class AwsClients:
    """Clients of one account and region, each made when it is first used (a client costs tenths of a second)."""

    def __init__(self, session: boto3.Session, config: Config) -> None:
        self._session, self._config = session, config

    @cached_property
    def s3(self) -> "S3Client":
        with _MAKING:
            return self._session.client("s3", config=self._config)

    @cached_property
    def sagemaker(self) -> "SageMakerClient":
        with _MAKING:
            return self._session.client("sagemaker", config=self._config)

    @cached_property
    def ecr(self) -> "ECRClient":
        with _MAKING:
            return self._session.client("ecr", config=self._config)

    @cached_property
    def autoscaling(self) -> "ApplicationAutoScalingClient":
        with _MAKING:
            return self._session.client("application-autoscaling", config=self._config)


_LACKING = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
_DENIED = frozenset({401, 403})


class Account:
    """One account and region.

    Attributes:
        id: the account's twelve digits, as the credentials themselves say.
        region: for example `eu-west-1`.
        profile: that the credentials are of; None for the default chain.
        known_arn: of whoever the credentials are, where STS has told it.
        fenced, patient: clients of both kinds.
    """

    def __init__(
        self, session: boto3.Session, account: str, profile: str | None = None, known_arn: str | None = None
    ) -> None:
        self._session, self.known_arn = session, known_arn
        self.id, self.region, self.profile = account, str(session.region_name), profile
        self.fenced, self.patient = AwsClients(session, FENCED), AwsClients(session, PATIENT)

    @cached_property
    def caller(self) -> str:
        """Account that AWS itself says these credentials are of; one STS call."""
        told = _ask_sts(self._session, PATIENT)
        self.known_arn = told.arn
        return told.account

    def arn(self) -> str:
        """Of whoever the credentials are; one STS call, sent once. Raises DeliveryError."""
        return _ask_sts(self._session, FENCED).arn

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


def open_account(profile: str | None, region: str | None) -> Account:
    """The account that a profile, or the default chain, leads to. Raises UnreachableError, CredentialsError."""
    session, account, arn = _open(profile, region)
    return Account(session, account, profile, arn)


def _open(profile: str | None, region: str | None) -> tuple[boto3.Session, str, str | None]:
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        credentials = session.get_credentials()
        if credentials is None:
            raise CredentialsError(
                f"no AWS credentials for {profile or 'the default profile'}", hint="set AWS_PROFILE or log in"
            )
        if session.region_name is None:
            raise UnreachableError(
                "no AWS region",
                hint=f"set `region` in the profile {session.profile_name}, or AWS_DEFAULT_REGION",
            )
        account = credentials.get_frozen_credentials().account_id
        told = None if account else _ask_sts(session, PATIENT)
        return session, told.account if told else str(account), told.arn if told else None
    except _LACKING as error:
        raise CredentialsError(f"AWS credentials of {profile or 'the default profile'}: {error}") from error
    except BotoCoreError as error:
        raise UnreachableError(f"AWS credentials of {profile or 'the default profile'}: {error}") from error
    except ClientError as error:
        denied = error.response["ResponseMetadata"]["HTTPStatusCode"] in _DENIED
        kind = CredentialsError if denied else UnreachableError
        raise kind(f"AWS credentials of {profile or 'the default profile'}: {error}") from error


def profile_for(environment: str) -> str | None:
    """The profile named like the environment, unless AWS_PROFILE says another or there is none of that name."""
    plain = boto3.Session()
    named = plain.profile_name != "default"
    return environment if not named and environment in plain.available_profiles else None


class _Identity(NamedTuple):
    """What STS tells of credentials, some of which (static keys without aws_account_id) do not say whose they are."""

    account: str
    arn: str


def _ask_sts(session: boto3.Session, config: Config) -> _Identity:
    with _MAKING:
        sts = session.client("sts", config=config)
    found = ask("sts:GetCallerIdentity", sts.get_caller_identity)
    return _Identity(found["Account"], found["Arn"])
