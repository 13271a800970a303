"""What an environment is and has proved, asked of its journal, endpoint and registry with the credentials of its preview."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from modeldelivery.release.aws.approvals import approvals_in
from modeldelivery.release.aws.environment import AwsEnvironment, open_environment
from modeldelivery.release.aws.session import Account, open_account
from modeldelivery.release.aws.verdicts import verdicts_in
from modeldelivery.release.cli.target import PlacedStore, PlacedTraffic
from modeldelivery.release.core.journal import ClusterPlace
from modeldelivery.release.core.request import ReleaseRule
from modeldelivery.release.errors import DeliveryError, InvalidError
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.release.operations import status
from modeldelivery.release.operations.health import Finding
from modeldelivery.release.operations.judgements import Judged
from modeldelivery.release.operations.latest_drill import LatestDrill
from modeldelivery.release.operations.membership import Versions
from modeldelivery.release.operations.proof import Standing, standing
from modeldelivery.release.operations.status import Found, Status, assess
from modeldelivery.release.operations.verified import GoesLive, everywhere
from modeldelivery.release.ports import Stored
from modeldelivery.release.version import Version, precedence

if TYPE_CHECKING:
    from modeldelivery.release.kubernetes.traffic import KubernetesTraffic

NEWEST = 30  # versions whose metrics are looked up; each is a call


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One environment, looked at once beside its preview.

    Attributes:
        standing: what it has proved about versions; None when that could not be read, or when nothing was made there yet.
        findings: what of its endpoint is not as it should be, the worst first, as far as it could be looked at.
        drill: the latest one.
        goes_live: the version that config's `live` moves to, and what is kept of its verifications; None where it does not move.
        judged: the newest verdicts on drift and quality of what serves; None where nobody judged yet, or that is not known.
        problem: what could not be looked at, and why; None when everything could.
    """

    standing: Standing | None = None
    findings: tuple[Finding, ...] = ()
    drill: LatestDrill | None = None
    goes_live: GoesLive | None = None
    judged: tuple[Judged, ...] | None = None
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
    goes_live: GoesLive | None = None
    if reading.stored:
        try:
            standing = _standing(opened, reading.stored)
            goes_live = _goes_live(opened, reading, config)
        except DeliveryError as error:
            problems += (f"what {environment} has proved cannot be read: {error}",)
    assessed = assess(opened.place, reading)
    return Observation(
        standing=standing,
        findings=assessed.findings,
        drill=assessed.drill,
        goes_live=goes_live,
        judged=_judged(assessed),
        problem="; ".join(problems) or None,
    )


def _judged(assessed: Status) -> tuple[Judged, ...] | None:
    if not assessed.judged:
        return None
    return tuple(
        Judged(version=each.version, drift=each.drift, quality=each.quality)
        for each in assessed.versions
        if each.actual
    )


def decided(environment: str, config: Mapping[str, str]) -> Status | str:
    """What the journal says of the endpoint as it is; a sentence when that cannot be read."""
    try:
        opened = _open(environment, config)
        return assess(opened.place, _look(opened))
    except DeliveryError as error:
        return str(error)


def waiting(environment: str, config: Mapping[str, str]) -> tuple[Version, ...] | str:
    """Versions that join the fleet by rule at the next `up`; a sentence when what the rule goes by cannot be read."""
    try:
        release = _release(config)
        if release is None or not release.candidates:
            return ()
        opened = _open(environment, config)
        approvals = approvals_in(opened)
        endpoint = opened.endpoint.patient_traffic.describe()
        journal = opened.endpoint.patient_store.read().journal
        versions = Versions(opened.registry, lambda record: approvals.of(record).status)
        fleet = versions.fleet(release, release.candidates, journal, endpoint)
    except DeliveryError as error:
        return f"whether a candidate waits cannot be told: {error}"
    present = endpoint.variants if endpoint else {}
    return tuple(version for version in fleet if version not in {*release.fleet, *present})


def _release(config: Mapping[str, str]) -> ReleaseRule | None:
    """Raises InvalidError."""
    text = config.get("model-delivery:release", "{}")
    try:
        return None if text == "{}" else msgspec.json.decode(text, type=ReleaseRule)
    except msgspec.DecodeError as error:
        raise InvalidError(f"model-delivery:release is {text}: {error}") from error


def _goes_live(opened: AwsEnvironment, reading: Found, config: Mapping[str, str]) -> GoesLive | None:
    """Only of an endpoint of SageMaker's that has served: nothing can be verified before the first version, or in a cluster."""
    stored = reading.stored
    try:
        release = _release(config)
    except InvalidError:  # the preview has refused it, and tells why
        return None
    if release is None or stored is None or reading.endpoint is None or stored.journal.place is not None:
        return None
    version = release.live
    if version == stored.journal.live or (record := opened.registry.record(version)) is None:
        return None
    return GoesLive(version=version, verified=everywhere(opened.registry, record.digests.id))


def _open(environment: str, config: Mapping[str, str]) -> AwsEnvironment:
    """Raises DeliveryError."""
    try:
        model, region = config["model-delivery:model"], config["aws:region"]
        allowed = msgspec.json.decode(config["aws:allowedAccountIds"], type=tuple[str, ...])
    except KeyError as missing:
        raise InvalidError(f"the config of {environment} has no {missing}") from missing
    except msgspec.DecodeError as error:
        raise InvalidError(
            f"aws:allowedAccountIds of {environment} is {config['aws:allowedAccountIds']}: {error}"
        ) from error
    return open_environment(
        parse_model(model),
        parse_environment(environment),
        profile=config.get("aws:profile"),
        region=region,
        allowed=allowed,
    )


def _look(opened: AwsEnvironment) -> Found:
    """Journal and endpoint, which is where the journal says."""
    endpoint, store = opened.endpoint, PlacedStore(opened.endpoint.patient_store)
    traffic = PlacedTraffic(
        store, endpoint.patient_traffic, endpoint.scaling, lambda place: _route(opened, place)
    )
    return status.read(store, traffic, traffic, verdicts_in(opened))


def _route(opened: AwsEnvironment, place: ClusterPlace) -> "KubernetesTraffic":
    # What only a cluster needs costs an environment on SageMaker nothing.
    from modeldelivery.release.cluster import Reach  # noqa: PLC0415 - as above

    assert isinstance(opened.account, Account), "no dry run"
    return Reach(account=opened.account, opens=open_account).traffic(place, patient=True)


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
