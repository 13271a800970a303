"""`modeldelivery:index:getFleet`: the versions that a release names, as the registry knows them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from modeldelivery.plugin.protocol import ProviderError
from modeldelivery.plugin.values import Properties
from modeldelivery.release.aws.approvals import approvals_in
from modeldelivery.release.aws.environment import AwsEnvironment
from modeldelivery.release.aws.errors import AbsentError
from modeldelivery.release.aws.session import Opens
from modeldelivery.release.aws.sources import AwsSources
from modeldelivery.release.core.request import Release
from modeldelivery.release.core.verification import Load, is_load, load_name, read_load
from modeldelivery.release.errors import DamagedError, DeliveryError, NoRegistryError, UnreachableError
from modeldelivery.release.naming import BASELINE, Place, parse_environment, parse_model
from modeldelivery.release.operations.membership import Versions
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.version import Version, parse_version

TOKEN = "modeldelivery:index:getFleet"  # noqa: S105 (a Pulumi token)


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The function's arguments; no `live` and an empty fleet where config has no release.

    Attributes:
        candidates: how many of the newest approved versions above `live` join by rule.
        instance_type: that versions run on; None where nobody asks what one serves.
        steps: whether the image of the training pipeline's steps is looked up.
    """

    model: str
    environment: str
    account: str
    region: str
    fleet: tuple[str, ...]
    live: str | None = None
    candidates: int = 0
    instance_type: str | None = None
    steps: bool = False
    profile: str | None = None


def get_fleet(args: Properties, opens: Opens) -> Mapping[str, Any]:
    """Look the fleet up.

    Returns:
        `versions`, those of config in its order, then those that are in the fleet by rule; none when nothing is registered and
        nothing ever served here; `stepImage` where it is wanted and there is one.

    Raises:
        ProviderError: a version is not registered while others are, the registry is empty behind a journal that has served,
            the release was removed from config, or AWS does not answer; with what to type.
    """
    try:
        arguments = msgspec.convert({k: v for k, v in args.items() if v is not None}, Asked)
        environment = _environment(arguments, opens)
        approvals = approvals_in(environment)
        versions = Versions(environment.registry, lambda record: approvals.of(record).status)
        fleet = _records(arguments, environment, versions)
        if arguments.candidates and fleet:
            fleet = _with_candidates(arguments, fleet, environment, versions)
        loads = {record.version: _load(arguments, record, environment) for record in fleet}
        steps = _step_image(environment) if arguments.steps and fleet else None
        return {
            "versions": [
                _answer(record, versions.approval(record.version), loads[record.version]) for record in fleet
            ],
            **({"stepImage": steps} if steps else {}),
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


def _with_candidates(
    arguments: Asked, named: list[VersionRecord], environment: AwsEnvironment, versions: Versions
) -> list[VersionRecord]:
    """The records of all members: those that config names, and those that are in the fleet by rule."""
    endpoint = environment.endpoint
    release = Release(
        live=parse_version(str(arguments.live)), fleet=tuple(record.version for record in named)
    )
    journal = endpoint.patient_store.read().journal
    fleet = versions.fleet(release, arguments.candidates, journal, endpoint.patient_traffic.describe())
    records = {version: versions.record(version) for version in fleet}
    missing = [version for version, record in records.items() if record is None]
    if missing:
        raise DamagedError(
            f"{', '.join(missing)} is on the endpoint and is not registered",
            hint="register the same bits under that name again; without release.candidates, config's list alone says what stays",
        )
    return [record for record in records.values() if record is not None]


def _records(arguments: Asked, environment: AwsEnvironment, versions: Versions) -> list[VersionRecord]:
    fleet = [parse_version(v) for v in arguments.fleet]
    records = {v: versions.record(v) for v in fleet}
    missing = [v for v, record in records.items() if record is None]
    if missing or not fleet:
        _refuse_or_nothing_yet(environment, versions.registered(), missing)
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


def _load(arguments: Asked, record: VersionRecord, environment: AwsEnvironment) -> Load | None:
    """What one instance was measured to serve, here or, with a promotion's copies, elsewhere; None where nobody can tell."""
    if arguments.instance_type is None:
        return None
    registry, digests = environment.registry, record.digests.id
    own = load_name(arguments.environment, arguments.instance_type)
    if (content := registry.read_evidence(digests, own)) is not None:
        return read_load(content)
    names = [name for name in registry.evidence_names(digests) if is_load(name, arguments.instance_type)]
    loads = [read_load(registry.read_evidence(digests, name) or b"") for name in names]
    # The least of several: who relies on it must not be promised too much.
    return min((each for each in loads if each), key=lambda each: each.requests_per_minute, default=None)


def _step_image(environment: AwsEnvironment) -> str | None:
    """The newest one, which a training takes as well; None where there is none, or the repository is still to be made."""
    sources = AwsSources(clients=environment.account.patient, place=environment.place)
    try:
        return sources.newest_image(steps=True)
    except UnreachableError as error:
        if isinstance(error.__cause__, AbsentError):
            return None
        raise


def _answer(record: VersionRecord, approval: str | None, load: Load | None) -> dict[str, Any]:
    measured = {"requestsPerMinute": load.requests_per_minute, "measuredIn": load.environment} if load else {}
    return {
        "version": record.version,
        "digest": record.digests.id,
        "image": record.image,
        "modelData": record.model_data,
        "modelDigest": record.digests.model,
        "dataRevision": record.digests.data,
        "packageArn": record.package_arn,
        "approval": approval,
        "baseline": BASELINE in (record.evidence or {}),
        **measured,
    }
