"""Read what a version comes from; what cannot be read becomes the reason in its place, and stops nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.lineage import Facts, Recorded, Unread
from modeldelivery.release.core.training import Execution
from modeldelivery.release.core.verification import is_load, is_verification, shown
from modeldelivery.release.errors import DeliveryError, RefusedError
from modeldelivery.release.naming import BILL, Place, evidence_key, image_evidence, record_key
from modeldelivery.release.ports import JournalStore, Registry, Traffic
from modeldelivery.release.record import GateOutcome, VersionRecord
from modeldelivery.release.training_ports import Holdings, Training
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
    package, named = recorded.package, recorded.execution
    holdings = training.holdings
    execution = _tried(lambda: training.executions.look(named)) if named else None
    step_image = (
        _tried(lambda: _step_image(execution, holdings)) if isinstance(execution, Execution) else None
    )
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
        execution=execution,
        step_image=step_image,
        kept=_tried(
            lambda: _kept(place, record, step_image if isinstance(step_image, str) else None, registry)
        ),
    )


def _step_image(execution: Execution, holdings: Holdings) -> str | None:
    """The image of the job that ended last: the one that registered."""
    jobs = (step.job for step in reversed(execution.steps) if ":processing-job/" in step.job)
    job = next(jobs, None)
    return holdings.job_image(job) if job else None


def _kept(place: Place, record: VersionRecord, step_image: str | None, registry: Registry) -> dict[str, str]:
    """All that is kept of the bits and of both images, by URI; in words, what some environment measured, or whose bill it is."""
    images = {image_evidence(record.digests.image): "server's image"}
    if step_image is not None:
        images[image_evidence(step_image.partition("@")[2])] = "steps' image"

    def words(of: str, name: str) -> str:
        if of in images and name == BILL:
            return f"bill of materials of the {images[of]}"
        if is_verification(name) or is_load(name):
            return shown(name, registry.read_evidence(of, name) or b"")
        return ""

    return {
        f"s3://{place.registry_bucket}/{evidence_key(of, name)}": words(of, name)
        for of in (record.digests.id, *images)
        for name in registry.evidence_names(of)
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
