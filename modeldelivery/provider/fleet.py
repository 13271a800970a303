"""`modeldelivery:index:getFleet`: the versions that a release names, as the registry knows them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from modeldelivery.plugin.protocol import ProviderError
from modeldelivery.plugin.values import Properties
from modeldelivery.release.aws.approvals import SageMakerApprovals
from modeldelivery.release.aws.environment import AwsEnvironment
from modeldelivery.release.aws.registry import AwsRegistry
from modeldelivery.release.aws.session import Opens
from modeldelivery.release.errors import DeliveryError, NoRegistryError
from modeldelivery.release.naming import Place, parse_environment, parse_model
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.version import Version, parse_version

TOKEN = "modeldelivery:index:getFleet"  # noqa: S105 (a Pulumi token)


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The function's arguments; no `live` and an empty fleet where config has no release."""

    model: str
    environment: str
    account: str
    region: str
    fleet: tuple[str, ...]
    live: str | None = None
    profile: str | None = None


def get_fleet(args: Properties, opens: Opens) -> Mapping[str, Any]:
    """Look the fleet up.

    Returns:
        `versions`, in fleet order; none when nothing is registered and nothing ever served here.

    Raises:
        ProviderError: a version is not registered while others are, the registry is empty behind a journal that has served,
            the release was removed from config, or AWS does not answer; with what to type.
    """
    try:
        arguments = msgspec.convert({k: v for k, v in args.items() if v is not None}, Asked)
        environment = _environment(arguments, opens)
        registry = environment.registry
        approvals = SageMakerApprovals(
            sagemaker=environment.account.patient.sagemaker, place=environment.place
        )
        return {
            "versions": [
                _answer(record, approvals.of(record).status)
                for record in _records(arguments, environment, registry)
            ]
        }
    except (msgspec.ValidationError, DeliveryError) as error:
        raise ProviderError(str(error)) from error


def _environment(arguments: Asked, opens: Opens) -> AwsEnvironment:
    account = opens(arguments.profile, arguments.region)
    account.refuse_unless([arguments.account])
    place = Place(
        model=parse_model(arguments.model),
        environment=parse_environment(arguments.environment),
        account=arguments.account,
        region=arguments.region,
    )
    return AwsEnvironment(account=account, place=place)


def _records(arguments: Asked, environment: AwsEnvironment, registry: AwsRegistry) -> list[VersionRecord]:
    fleet = [parse_version(v) for v in arguments.fleet]
    records = {v: registry.record(v) for v in fleet}
    missing = [v for v, record in records.items() if record is None]
    if missing or not fleet:
        _refuse_or_nothing_yet(environment, registry.versions(), missing)
        return []
    return [record for record in records.values() if record is not None]


def _refuse_or_nothing_yet(
    environment: AwsEnvironment, claimed: tuple[Version, ...], missing: list[Version]
) -> None:
    """Returns when this environment has not begun; raises ProviderError when something that was there is not named now."""
    place = environment.place
    file = f"Pulumi.{place.environment}.yaml"
    command = (
        f"`modelctl register --env {place.environment} --version {missing[0] if missing else 'v1.0.0'} …`"
    )
    if missing and claimed:
        raise ProviderError(
            f"{file}: model-delivery:release names {', '.join(missing)}, not registered (completely) in {place.environment}; "
            f"registered: {', '.join(claimed)}. Register with {command}, or name another version"
        )
    if not claimed and not missing:
        return  # no release, no registry: everything but the endpoint
    if not _has_served(environment):
        return
    if missing:
        raise ProviderError(
            f"{place.environment} has served, and its registry is empty: register again with {command}"
        )
    raise ProviderError(
        f"{file}: model-delivery:release was removed, and {place.endpoint} has served: put it back"
    )


def _has_served(environment: AwsEnvironment) -> bool:
    try:
        return environment.endpoint.patient_store.read().journal.live is not None
    except NoRegistryError:
        return False


def _answer(record: VersionRecord, approval: str) -> dict[str, Any]:
    return {
        "version": record.version,
        "digest": record.digests.id,
        "image": record.image,
        "modelData": record.model_data,
        "modelDigest": record.digests.model,
        "dataRevision": record.digests.data,
        "packageArn": record.package_arn,
        "approval": approval,
    }
