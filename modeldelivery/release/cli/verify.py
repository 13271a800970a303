"""`modelctl verify`: whether one version, where it stands, does what it must."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.demands import limits_in
from modeldelivery.release.cli.options import Verify as VerifyOptions
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.core.probes import Fault
from modeldelivery.release.core.verification import Latency, Load, Verification, held, told
from modeldelivery.release.errors import Exit, RefusedError, UnreachableError
from modeldelivery.release.operations.verify import Bench, Verified, verify
from modeldelivery.release.operations.verify_load import Measured, measure, measured_before, refuse_traffic
from modeldelivery.release.operations.verify_subject import Subject, departed, is_changed, subject
from modeldelivery.release.patience import Patience
from modeldelivery.release.version import Version

_TRIES = 3  # of a verification during which the fleet is changed


class Detail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What `--json` adds.

    Attributes:
        verification: evidence of the version's bits, as it stands.
        faults: what the version does otherwise.
        latency: as this run measured it.
        load: evidence of the instance type, as it stands.
        requests_per_minute: of one instance, as this run measured them.
    """

    version: Version
    verification: Verification | None
    faults: tuple[Fault, ...] = ()
    latency: Latency | None = None
    load: Load | None = None
    requests_per_minute: int | None = None


def run(context: Context, options: VerifyOptions) -> Outcome:
    """Raises RefusedError and others, as `operations.verify`."""
    place = context.place
    for _ in range(_TRIES):
        patience = Patience(context.clock, context.progress, context.patience)
        of = subject(place, options.version, context.traffic, context.store.read().journal, patience)
        try:
            outcome = _once(context, options, of)
        except (RefusedError, UnreachableError):
            if not _is_changed(context, of):
                raise
        else:
            if outcome.exit != Exit.UNVERIFIED or not _is_changed(context, of):
                return outcome
        context.progress.note(f"the fleet was changed while {of.version} was verified: once more")
    raise RefusedError(
        f"the fleet was changed during each of {_TRIES} tries to verify {of.version}",
        hint="once nobody deploys, the same command again",
    )


def _is_changed(context: Context, of: Subject) -> bool:
    patience = Patience(context.clock, context.progress, context.patience)
    return is_changed(context.place, of, context.traffic, patience)


def _once(context: Context, options: VerifyOptions, of: Subject) -> Outcome:
    assert context.verifying is not None
    place, ports = context.place, context.verifying()
    limits = limits_in(place.environment, Path.cwd())

    def look() -> int:
        endpoint = context.traffic.describe()
        if endpoint is None or of.version not in endpoint.variants:
            raise departed(place, of.version)
        if not options.anyway:
            refuse_traffic(of.version, endpoint, context.store.read().journal)
        return endpoint.variants[of.version].instances

    bench = Bench(
        place=place,
        registry=context.registry,
        invocations=ports.invocations,
        progress=context.progress,
        demands=limits.demands,
        actor=context.actor,
    )
    measured = measured_before(bench, of, ports.hosts) if options.load else None
    to_measure = measured if measured and (options.again or measured.load is None) else None
    if to_measure:
        look()  # before minutes of verification
    verified = verify(bench, of, again=options.again)
    if to_measure and verified.held:
        measured = measure(
            bench, of, verified.record, ports.loads, to_measure, limit_ms=limits.latency_ms, look=look
        )
    return _outcome(of, verified, measured, environment=place.environment, limit_ms=limits.latency_ms)


def _outcome(
    of: Subject, verified: Verified, measured: Measured | None, *, environment: str, limit_ms: int
) -> Outcome:
    version = of.version
    detail = Detail(
        version=version,
        verification=verified.verification,
        faults=verified.faults,
        latency=verified.latency,
        load=measured.load if measured else None,
        requests_per_minute=measured.requests_per_minute if measured else None,
    )
    wrong = _wrong(version, verified, measured, limit_ms)
    if wrong:
        before = verified.verification
        return Outcome(
            outcome="unverified",
            exit=Exit.UNVERIFIED,
            summary=wrong,
            hint=f"`modelctl reject {version} --env {environment} --reason …` keeps it from traffic; none was moved",
            warnings=(f"{_whose(before, version)} held on {_when(before)}: that evidence stands",)
            if before
            else (),
            detail=detail,
        )
    sentences = [_verified(verified), *([_measured(measured, version)] if measured else [])]
    new = verified.ran or (measured is not None and measured.requests_per_minute is not None)
    return Outcome(
        outcome="done" if new else "already", exit=Exit.DONE, summary="; ".join(sentences), detail=detail
    )


def _wrong(version: Version, verified: Verified, measured: Measured | None, limit_ms: int) -> str | None:
    if verified.faults:
        return told(version, verified.faults)
    if verified.too_slow:
        return f"{version} is too slow: {verified.too_slow}"
    if measured and measured.fault:
        return f"after the load {told(version, [measured.fault])}"
    if measured and not measured.held:
        return f"{version} serves no load on {measured.instance_type} within {limit_ms} ms"
    return None


def _verified(verified: Verified) -> str:
    document = verified.verification
    assert document is not None, "it held"
    version = verified.record.version
    if verified.first:
        return f"{version} is verified: {held(document)}"
    if verified.ran and document.version != version:
        return f"{version} holds; its bits are those of {document.version}, whose evidence of {_when(document)} stands"
    if verified.ran:
        return f"{version} holds again; the evidence of {_when(document)} stands"
    return f"{version} was verified on {_when(document)} by {document.by}; --again does it once more"


def _measured(measured: Measured, version: Version) -> str:
    load = measured.load
    assert load is not None, "it held"
    kept = f"{load.requests_per_minute} requests a minute within {load.within_ms} ms"
    if measured.first:
        return f"one {load.instance_type} serves {kept}"
    if measured.requests_per_minute:
        return f"one {load.instance_type} serves {measured.requests_per_minute}; the evidence ({kept}) stands"
    other = "" if load.version == version else f", as {load.version}, which has the same bits"
    return f"one {load.instance_type} was measured to serve {kept}{other}"


def _whose(document: Verification, version: Version) -> str:
    return "it" if document.version == version else f"{document.version}, which has the same bits,"


def _when(document: Verification) -> str:
    return f"{datetime.fromtimestamp(int(document.at), UTC):%Y-%m-%d %H:%M:%SZ}"
