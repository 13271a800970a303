"""Read what a version comes from; what cannot be read becomes the reason in its place, and stops nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.lineage import Facts, Recorded, Unread
from modeldelivery.release.core.verification import is_load, is_verification, shown
from modeldelivery.release.errors import DeliveryError, RefusedError
from modeldelivery.release.naming import Place, evidence_key, record_key
from modeldelivery.release.ports import JournalStore, Registry, Traffic
from modeldelivery.release.record import GateOutcome, VersionRecord
from modeldelivery.release.training_ports import Training
from modeldelivery.release.version import Version

Read = TypeVar("Read")


def serving(store: JournalStore, traffic: Traffic) -> Version:
    """The version with most of the traffic. Raises RefusedError where none has any."""
    version = weights.main_version(store.read().journal.weights)
    if version is None:
        endpoint = traffic.describe()
        shares = {v: variant.current for v, variant in endpoint.variants.items()} if endpoint else {}
        version = max(weights.traffic(shares), key=lambda each: shares[each], default=None)
    if version is None:
        raise RefusedError("no version serves here yet", hint="name one with --version")
    return version


def gather(
    place: Place,
    version: Version,
    *,
    store: JournalStore,
    registry: Registry,
    traffic: Traffic,
    training: Training,
) -> Facts:
    """Everything that there is to know, link by link."""
    record = _tried(lambda: registry.entry(version).record)
    recorded = _recorded(place, record) if isinstance(record, VersionRecord) else record
    share = _tried(lambda: _share(store, traffic, version))
    if not isinstance(record, VersionRecord) or not isinstance(recorded, Recorded):
        return Facts(version=version, endpoint=place.endpoint, share=share, record=recorded)
    package, execution = recorded.package, recorded.execution
    holdings = training.holdings
    images = {recorded.image: _tried(lambda: registry.image(record.digests.image) is not None)}
    uris = (recorded.model, *recorded.evidence.values())
    return Facts(
        version=version,
        endpoint=place.endpoint,
        share=share,
        record=recorded,
        approval=_tried(lambda: holdings.approval(package)) if package else None,
        there=images | {uri: _tried(partial(holdings.has, uri)) for uri in uris},
        data=_tried(lambda: training.sources.data_uri(record.digests.data)),
        execution=_tried(lambda: training.executions.look(execution)) if execution else None,
        kept=_tried(lambda: _kept(place, record, registry)),
    )


def _kept(place: Place, record: VersionRecord, registry: Registry) -> dict[str, str]:
    """All that is kept of the bits, by URI; in words, what some environment measured of them."""
    digests = record.digests.id

    def words(name: str) -> str:
        if not is_verification(name) and not is_load(name):
            return ""
        return shown(name, registry.read_evidence(digests, name) or b"")

    return {
        f"s3://{place.registry_bucket}/{evidence_key(digests, name)}": words(name)
        for name in registry.evidence_names(digests)
    }


def _tried(read: Callable[[], Read]) -> Read | Unread:
    try:
        return read()
    except DeliveryError as error:
        return Unread(error.message)


def _share(store: JournalStore, traffic: Traffic, version: Version) -> float | None:
    endpoint = history.as_recorded(store.read().journal, traffic.describe())
    if endpoint is None or version not in endpoint.variants:
        return None
    return weights.shares({v: variant.current for v, variant in endpoint.variants.items()})[version]


def _recorded(place: Place, record: VersionRecord) -> Recorded:
    at = datetime.fromtimestamp(int(record.registered_at), UTC)
    bucket, source = f"s3://{place.registry_bucket}", record.source
    return Recorded(
        place=f"{bucket}/{record_key(record.version)}",
        registered=f"registered by {record.registered_by}, {at:%Y-%m-%d %H:%M:%SZ}",
        digests=record.digests,
        package=record.package_arn,
        image=record.image,
        model=record.model_data,
        commit=source.commit if source else None,
        execution=source.execution if source else None,
        gates={name: _outcome(each) for name, each in (record.gates or {}).items()},
        evidence={
            name: f"{bucket}/{evidence_key(record.digests.id, name)}" for name in record.evidence or {}
        },
    )


def _outcome(gate: GateOutcome) -> str:
    return f"{gate.verdict} by {gate.by}: {gate.because}" if gate.by else gate.verdict
