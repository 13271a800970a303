"""What an environment has proved, asked of its journal and registry with the credentials that its preview has."""

from collections.abc import Mapping

import msgspec

from modeldelivery.release.aws.journal import S3Journal
from modeldelivery.release.aws.registry import Registry
from modeldelivery.release.aws.session import Connection, connect
from modeldelivery.release.aws.traffic import SageMakerTraffic
from modeldelivery.release.errors import DeliveryError, NoRegistryError, UnreachableError
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.release.operations.proof import Standing, standing
from modeldelivery.release.operations.status import Status, assess
from modeldelivery.release.operations.status import read as look
from modeldelivery.release.version import precedence

NEWEST = 30  # versions whose metrics are looked up; each is a call


def proved(environment: str, config: Mapping[str, str]) -> tuple[Standing | None, str | None]:
    """Ask; the standing, or why it cannot be had.

    Args:
        environment: its name.
        config: the stack's, as the preview has it.
    """
    try:
        return _standing(environment, config), None
    except DeliveryError as error:
        return None, f"what {environment} has proved cannot be read: {error}"


def decided(environment: str, config: Mapping[str, str]) -> Status | str:
    """What the journal says of the endpoint as it is; a sentence when that cannot be read."""
    try:
        account = _account(environment, config)
        traffic = SageMakerTraffic(sagemaker=account.sagemaker, name=account.place.endpoint)
        return assess(account.place, look(_journal(account), traffic))
    except DeliveryError as error:
        return str(error)


def _account(environment: str, config: Mapping[str, str]) -> Connection:
    account = connect(
        parse_model(config["model-delivery:model"]),
        parse_environment(environment),
        profile=config.get("aws:profile"),
        region=config["aws:region"],
    )
    allowed = msgspec.json.decode(config["aws:allowedAccountIds"], type=list[str])
    if account.id not in allowed:
        raise UnreachableError(f"the credentials are of account {account.id}, not of {', '.join(allowed)}")
    return account


def _journal(account: Connection) -> S3Journal:
    place = account.place
    return S3Journal(
        s3=account.s3, bucket=place.registry_bucket, key=place.journal_key, account=place.account
    )


def _standing(environment: str, config: Mapping[str, str]) -> Standing | None:
    account = _account(environment, config)
    place = account.place
    try:
        stored = _journal(account).read()
    except NoRegistryError:
        return None
    registry = Registry(clients=account, place=place)
    newest = sorted(stored.journal.digests, key=precedence, reverse=True)[:NEWEST]
    found = {version: registry.record(version) for version in newest}
    return standing(
        place,
        stored.journal,
        {version: record for version, record in found.items() if record is not None},
        stored.now,
    )
