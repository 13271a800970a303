"""What an environment has proved, asked of its journal and registry with the credentials that its preview has."""

from collections.abc import Mapping

import msgspec

from modeldelivery.release.aws.environment import AwsEnvironment, open_environment
from modeldelivery.release.errors import DeliveryError, NoRegistryError
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
        opened = _environment(environment, config)
        endpoint = opened.endpoint
        found = look(endpoint.patient_store, endpoint.patient_traffic, endpoint.scaling)
        return assess(opened.place, found)
    except DeliveryError as error:
        return str(error)


def _environment(environment: str, config: Mapping[str, str]) -> AwsEnvironment:
    return open_environment(
        parse_model(config["model-delivery:model"]),
        parse_environment(environment),
        profile=config.get("aws:profile"),
        region=config["aws:region"],
        allowed=msgspec.json.decode(config["aws:allowedAccountIds"], type=tuple[str, ...]),
    )


def _standing(environment: str, config: Mapping[str, str]) -> Standing | None:
    opened = _environment(environment, config)
    try:
        stored = opened.endpoint.patient_store.read()
    except NoRegistryError:
        return None
    registry = opened.registry
    newest = sorted(stored.journal.digests, key=precedence, reverse=True)[:NEWEST]
    found = {version: registry.record(version) for version in newest}
    return standing(
        opened.place,
        stored.journal,
        {version: record for version, record in found.items() if record is not None},
        stored.now,
    )
