"""Verify one variant as it stands on the endpoint, whatever its weight: what it answers, what it refuses, how fast.

It moves no traffic and rejects nothing. A version that holds everything leaves one document of this environment among the evidence
of its digest set, written once; one that does not leaves none, and whoever asked is told what is wrong.
"""

from collections.abc import Sequence
from itertools import cycle

import msgspec

from modeldelivery.release.core import latency
from modeldelivery.release.core.probes import OK, SILENT, Fault, Probe, judge
from modeldelivery.release.core.verification import (
    Demands,
    Latency,
    Verification,
    latency_of,
    slow,
    verify_name,
)
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.naming import Place
from modeldelivery.release.operations.approve import registered
from modeldelivery.release.operations.verify_evidence import keep, read_kept
from modeldelivery.release.operations.verify_probes import probes_for, small
from modeldelivery.release.operations.verify_subject import Subject
from modeldelivery.release.ports import Progress, Registry
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.verify_ports import Invocations
from modeldelivery.release.version import Version

_WARM_UP = 10  # requests to either that are not measured


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it.

    Attributes:
        record: of the version.
        verification: what is kept of its digest set now; None where it did not hold and none was kept before.
        ran: this run asked the version anything; else this very version was verified before.
        first: what is kept is of this very run.
        faults: what it does otherwise; none of a version that was verified before and not asked again.
        latency: beside the live variant; None where that was not measured.
        too_slow: why, as words of a sentence.
    """

    record: VersionRecord
    verification: Verification | None
    ran: bool = True
    first: bool = False
    faults: tuple[Fault, ...] = ()
    latency: Latency | None = None
    too_slow: str | None = None

    @property
    def held(self) -> bool:
        return not self.faults and self.too_slow is None


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification works with. `actor`: who asks."""

    place: Place
    registry: Registry
    invocations: Invocations
    progress: Progress
    demands: Demands
    actor: str


def verify(bench: Bench, of: Subject, *, again: bool) -> Verified:
    """Verify it, unless it was, or once more.

    What is kept of its bits is once, whichever version they were asked as; that this one answers is another matter, and asked of each.

    Raises:
        RefusedError: the version is not registered, or the live variant gives no answer to compare with.
        UncertainError, UnreachableError, DamagedError: from what it reads with; also the artifact is gone.
    """
    record = registered(bench.registry, bench.place, of.version)
    _refuse_other_bits(of, record)
    name, endpoint = verify_name(bench.place.environment), of.endpoint.incarnation.id
    before = read_kept(bench.registry, record.digests.id, name, Verification, endpoint)
    if before and before.version == of.version and not again:
        return Verified(record=record, verification=before, ran=False)
    probes = probes_for(bench.registry, record)
    faults = _probed(bench, of.version, (*probes, probes[0]))  # the first again: it serves on
    measured = None
    if not faults and of.beside:
        measured, faults = _raced(bench, of, small(probes), of.beside)
    too_slow = slow(measured) if measured else None
    if faults or too_slow:
        return Verified(
            record=record, verification=before, faults=tuple(faults), latency=measured, too_slow=too_slow
        )
    stands, first = keep(bench.registry, name, _document(bench, of, record, probes, measured))
    return Verified(record=record, verification=stands, first=first, latency=measured)


def _refuse_other_bits(of: Subject, record: VersionRecord) -> None:
    """What is proved of a variant is proved of the bits that it runs. Raises RefusedError."""
    deployed = of.journal.digests.get(of.version)
    if deployed not in {None, record.digests.id}:
        raise RefusedError(
            f"{of.version} was brought to the endpoint with the bits {deployed}, and is registered with {record.digests.id}",
            hint="find out who wrote its record; the registry bucket keeps earlier versions of the object",
        )


def _probed(bench: Bench, version: Version, probes: Sequence[Probe]) -> list[Fault]:
    """What is wrong with the answers. Silence ends it: SageMaker waits a minute for each."""
    faults: list[Fault] = []
    sent = 0
    for sent, probe in enumerate(probes, 1):  # noqa: B007 - how many were sent
        fault = judge(probe, bench.invocations.invoke(version, probe.request))
        if fault:
            faults.append(fault)
            if fault.kind in SILENT:
                break
    bench.progress.note(f"{version}: {sent} requests, {len(faults) or 'none'} of them answered otherwise")
    return faults


def _raced(
    bench: Bench, of: Subject, here: Sequence[Probe], beside: Version
) -> tuple[Latency | None, list[Fault]]:
    """Latencies of both variants, asked in turn, who is first by a coin; each is asked what its own model knows.

    Each answer of the version is judged: what goes wrong once in a hundred times, or by one of its workers, shows here.

    Raises RefusedError where the other one does not answer.
    """
    there = small(probes_for(bench.registry, registered(bench.registry, bench.place, beside)))
    seconds: dict[Version, list[float]] = {of.version: [], beside: []}
    count = bench.demands.requests
    for turn, one, other in zip(range(count + _WARM_UP), cycle(here), cycle(there), strict=False):
        pair = [(of.version, one), (beside, other)]
        for version, probe in pair if latency.first(of.version, turn) else reversed(pair):
            answer = bench.invocations.invoke(version, probe.request)
            if version == of.version and (fault := judge(probe, answer)):
                return None, [msgspec.structs.replace(fault, probe=f"request {turn}, {probe.name},")]
            if answer.status not in OK:
                raise RefusedError(
                    f"{beside} serves, and answers {answer.status or 'nothing'} to what it is to know, so that nothing can be "
                    f"compared with it",
                    hint=f"`modelctl status --env {bench.place.environment}`",
                )
            if turn >= _WARM_UP:
                seconds[version].append(answer.seconds)
    compared = latency.compare(seconds[of.version], seconds[beside])
    measured = latency_of(beside, compared, count, bench.demands.latency_ratio)
    bench.progress.note(
        f"{of.version} beside {beside}: median {measured.median_ms:g} ms and {measured.beside_median_ms:g} ms, 99th percentile "
        f"{measured.p99_ms:g} ms and {measured.beside_p99_ms:g} ms"
    )
    return measured, []


def _document(
    bench: Bench, of: Subject, record: VersionRecord, probes: Sequence[Probe], measured: Latency | None
) -> Verification:
    return Verification(
        environment=bench.place.environment,
        endpoint=of.endpoint.incarnation.id,
        version=record.version,
        digests=record.digests,
        at=bench.registry.entry(record.version).now,
        by=bench.actor,
        checks=tuple(probe.name for probe in probes),
        latency=measured,
    )
