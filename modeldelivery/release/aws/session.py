"""Which account and region an environment's credentials lead to."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

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

from modeldelivery.release.errors import CredentialsError, UnreachableError
from modeldelivery.release.naming import Environment, Model, Place

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.client import ApplicationAutoScalingClient
    from mypy_boto3_ecr.client import ECRClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sagemaker.client import SageMakerClient

# One call, sent once: a retry would come after the intent's deadline. The two add up to release.core.intent.CALL.
ONCE = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=1.5,
    read_timeout=2.5,
)


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
    """Clients of one account and region, each made when it is first used (a client costs tenths of a second).

    Attributes:
        id: the account's twelve digits, as the credentials themselves say.
        region: for example `eu-west-1`.
    """

    def __init__(self, session: boto3.Session, account: str) -> None:
        self._session = session
        self.id = account
        self.region = str(session.region_name)

    @cached_property
    def s3(self) -> "S3Client":
        return self._session.client("s3", config=ONCE)

    @cached_property
    def sagemaker(self) -> "SageMakerClient":
        return self._session.client("sagemaker", config=ONCE)

    @cached_property
    def ecr(self) -> "ECRClient":
        return self._session.client("ecr", config=ONCE)

    @cached_property
    def autoscaling(self) -> "ApplicationAutoScalingClient":
        return self._session.client("application-autoscaling", config=ONCE)

    @cached_property
    def caller(self) -> str:
        """Account that AWS itself says these credentials are of; one STS call."""
        return _ask_account(self._session)


class Connection(Account):
    """An account as one environment of one model."""

    def __init__(self, session: boto3.Session, place: Place) -> None:
        super().__init__(session, place.account)
        self.place = place


Opens = Callable[[str | None, str | None], Account]  # profile and region, as `open_account` takes them


def open_account(profile: str | None, region: str | None) -> Account:
    """The account that a profile, or the default chain, leads to. Raises UnreachableError, CredentialsError."""
    session, account = _open(profile, region)
    return Account(session, account)


def connect(
    model: Model, environment: Environment, *, profile: str | None = None, region: str | None = None
) -> Connection:
    """Find the credentials of an environment.

    Args:
        model: of which the environment is.
        environment: its name.
        profile: AWS profile; else AWS_PROFILE, else the profile named like the environment, else the default chain.
        region: overrides the profile's.

    Raises:
        CredentialsError: no credentials, or none that AWS knows.
        UnreachableError: no region, or STS does not answer.
    """
    session, account = _open(profile or profile_for(environment), region)
    return Connection(
        session, Place(model=model, environment=environment, account=account, region=str(session.region_name))
    )


def _open(profile: str | None, region: str | None) -> tuple[boto3.Session, str]:
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        credentials = session.get_credentials()
        if credentials is None:
            raise CredentialsError(
                f"no AWS credentials for {profile or 'the default profile'}", hint="set AWS_PROFILE or log in"
            )
        if session.region_name is None:
            raise UnreachableError(
                f"no AWS region: set `region` in the profile {session.profile_name}, or AWS_DEFAULT_REGION"
            )
        return session, credentials.get_frozen_credentials().account_id or _ask_account(session)
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


def _ask_account(session: boto3.Session) -> str:
    """Credentials that do not say whose they are (static keys without aws_account_id): one call."""
    return str(session.client("sts", config=ONCE).get_caller_identity()["Account"])
