"""How many requests a minute one instance of a version serves within a limit of latency; evidence by instance type."""

from collections.abc import Callable, Sequence

import msgspec

from modeldelivery.release.core import weights
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.load import Trial, holds, lasting, next_rate, sustained, unsent
from modeldelivery.release.core.probes import Fault, Request, judge
from modeldelivery.release.core.verification import Load, load_name
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.operations.approve import registered
from modeldelivery.release.operations.verify import Bench
from modeldelivery.release.operations.verify_evidence import keep, read_kept
from modeldelivery.release.operations.verify_probes import probes_for, requests
from modeldelivery.release.operations.verify_subject import Subject
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.verify_ports import Hosts, Loads
from modeldelivery.release.version import Version

_MINUTE = 60.0


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it.

    Attributes:
        load: what is kept of these bits on this instance type now; None where nothing held and nothing was kept before.
        first: that is of this very run.
        requests_per_minute: of one instance, as this run measured it; None where it did not.
        fault: what the version did wrong afterwards, by its self-check.
    """

    load: Load | None
    instance_type: str
    first: bool = False
    requests_per_minute: int | None = None
    fault: Fault | None = None

    @property
    def held(self) -> bool:
        return self.fault is None and self.requests_per_minute != 0


def has_traffic(version: Version, endpoint: Endpoint, journal: Journal) -> bool:
    """Whether it has some, or is to get some."""
    places = (endpoint.current, endpoint.desired, journal.intent.target if journal.intent else {})
    return any(version in weights.traffic(place) for place in places)


def refuse_traffic(version: Version, endpoint: Endpoint, journal: Journal) -> None:
    """Raises RefusedError where a load would keep callers waiting."""
    if has_traffic(version, endpoint, journal):
        raise RefusedError(
            f"{version} has traffic, or is to get some, and a load would keep its callers waiting",
            hint="--anyway measures it all the same; or measure it where it has none",
        )


def measured_before(bench: Bench, of: Subject, hosts: Hosts) -> Measured:
    """What is kept of its bits on the instance type that it runs on.

    Raises:
        RefusedError: it is not registered, or left the endpoint.
        UncertainError, UnreachableError, DamagedError: from what it reads with.
    """
    record = registered(bench.registry, bench.place, of.version)
    instance_type = _instance_type(hosts, of)
    name, endpoint = load_name(bench.place.environment, instance_type), of.endpoint.incarnation.id
    before = read_kept(bench.registry, record.digests.id, name, Load, endpoint)
    return Measured(load=before, instance_type=instance_type)


def measure(
    bench: Bench,
    of: Subject,
    record: VersionRecord,
    loads: Loads,
    before: Measured,
    *,
    limit_ms: int,
    look: Callable[[], int],
) -> Measured:
    """Measure it.

    Args:
        bench: what it works with.
        of: the version.
        record: of the version.
        loads: who sends.
        before: what is kept of it, which stands.
        limit_ms: of the 99th percentile.
        look: on how many instances the version runs now, asked before each rate; raises where it may not be loaded any more.

    Raises:
        RefusedError: no load can be made from here.
        UncertainError, UnreachableError, DamagedError: from what it reads with.
    """
    loads.refuse_unready()
    probes = probes_for(bench.registry, record)
    trials = _tried(bench, of.version, loads, requests(probes), limit_ms=limit_ms, look=look)
    held = int(sustained(trials, limit_ms))
    if not held and unsent(trials[-1], limit_ms):
        raise RefusedError(
            f"this machine could not send {trials[-1].rate:.0f} requests a minute, so that nothing is known of the load that "
            f"{of.version} serves",
            hint="run it where there is more CPU",
        )
    fault = judge(probes[0], bench.invocations.invoke(of.version, probes[0].request))
    if fault or not held:
        return msgspec.structs.replace(before, requests_per_minute=held, fault=fault)
    made = Load(
        environment=bench.place.environment,
        endpoint=of.endpoint.incarnation.id,
        version=of.version,
        digests=record.digests,
        at=bench.registry.entry(of.version).now,
        by=bench.actor,
        instance_type=before.instance_type,
        within_ms=limit_ms,
        requests_per_minute=held,
        trials=trials,
    )
    stands, first = keep(bench.registry, load_name(made.environment, made.instance_type), made)
    return Measured(load=stands, instance_type=made.instance_type, first=first, requests_per_minute=held)


def _instance_type(hosts: Hosts, of: Subject) -> str:
    member = hosts.members(of.endpoint.config).get(of.version)
    if member is None:
        raise RefusedError(
            f"the endpoint changed: its configuration {of.endpoint.config} does not have {of.version} any more",
            hint="run the same command again",
        )
    return member.instance_type


def _tried(
    bench: Bench,
    version: Version,
    loads: Loads,
    sent: Sequence[Request],
    *,
    limit_ms: int,
    look: Callable[[], int],
) -> tuple[Trial, ...]:
    trials: tuple[Trial, ...] = ()
    while (rate := next_rate(trials, limit_ms)) is not None:
        instances = look()
        a_second = rate * instances / _MINUTE
        seconds = lasting(a_second, limit_ms, bench.demands.load_seconds)
        served = loads.send(version, sent, rate=a_second, seconds=seconds, limit_ms=limit_ms)
        trial = Trial(
            rate=rate,
            served=round(served.rate * _MINUTE / instances, 1),
            failed=served.failed,
            p99_ms=served.p99_ms,
            instances=instances,
        )
        trials = (*trials, trial)
        bench.progress.note(
            f"{rate:.0f} requests a minute: {trial.served:.0f} answered, {trial.failed} failed, 99th percentile {trial.p99_ms:g} ms: "
            f"{_verdict(trial, limit_ms)}"
        )
    return trials


def _verdict(trial: Trial, limit_ms: int) -> str:
    if unsent(trial, limit_ms):
        return "more than this machine sends"
    return "held" if holds(trial, limit_ms) else "too much"
