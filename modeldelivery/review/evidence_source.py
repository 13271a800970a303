"""What an environment is and has proved, asked of its journal, endpoint and registry with the credentials of its preview."""

from collections.abc import Mapping

import msgspec

from modeldelivery.release.aws.environment import AwsEnvironment, open_environment
from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.release.operations import status
from modeldelivery.release.operations.health import Finding
from modeldelivery.release.operations.proof import Standing, standing
from modeldelivery.release.operations.status import Found, Status, assess
from modeldelivery.release.ports import Stored
from modeldelivery.release.version import precedence

NEWEST = 30  # versions whose metrics are looked up; each is a call


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One environment, looked at once beside its preview.

    Attributes:
        standing: what it has proved about versions; None when that could not be read, or when nothing was made there yet.
        findings: what of its endpoint is not as it should be, the worst first, as far as it could be looked at.
        problem: what could not be looked at, and why; None when everything could.
    """

    standing: Standing | None = None
    findings: tuple[Finding, ...] = ()
    problem: str | None = None


def observe(environment: str, config: Mapping[str, str]) -> Observation:
    """Look at the environment. One of which neither registry nor endpoint was made yet has nothing to tell, and no problem.

    Args:
        environment: its name.
        config: the stack's, as the preview has it.
    """
    try:
        opened = _open(environment, config)
        reading = _look(opened)
    except DeliveryError as error:
        return Observation(problem=f"what {environment} has proved cannot be read: {error}")
    if not reading.registry and reading.visible and reading.endpoint is None:
        return Observation()
    problems = reading.problems
    standing: Standing | None = None
    if reading.stored:
        try:
            standing = _standing(opened, reading.stored)
        except DeliveryError as error:
            problems += (f"what {environment} has proved cannot be read: {error}",)
    return Observation(
        standing=standing,
        findings=assess(opened.place, reading).findings,
        problem="; ".join(problems) or None,
    )


def decided(environment: str, config: Mapping[str, str]) -> Status | str:
    """What the journal says of the endpoint as it is; a sentence when that cannot be read."""
    try:
        opened = _open(environment, config)
        return assess(opened.place, _look(opened))
    except DeliveryError as error:
        return str(error)


def _open(environment: str, config: Mapping[str, str]) -> AwsEnvironment:
    return open_environment(
        parse_model(config["model-delivery:model"]),
        parse_environment(environment),
        profile=config.get("aws:profile"),
        region=config["aws:region"],
        allowed=msgspec.json.decode(config["aws:allowedAccountIds"], type=tuple[str, ...]),
    )


def _look(opened: AwsEnvironment) -> Found:
    endpoint = opened.endpoint
    return status.read(endpoint.patient_store, endpoint.patient_traffic, endpoint.scaling)


def _standing(opened: AwsEnvironment, stored: Stored) -> Standing:
    registry = opened.registry
    newest = sorted(stored.journal.digests, key=precedence, reverse=True)[:NEWEST]
    records = {version: registry.record(version) for version in newest}
    return standing(
        opened.place,
        stored.journal,
        {version: record for version, record in records.items() if record is not None},
        stored.now,
    )
