"""A release in sentences: who gets how much traffic, what joins and leaves, on what evidence, and the way back."""

from collections.abc import Iterator, Sequence

from modeldelivery.release.operations.health import Finding
from modeldelivery.release.operations.judgements import Judged
from modeldelivery.release.operations.latest_drill import LatestDrill, told
from modeldelivery.release.operations.verified import GoesLive
from modeldelivery.review.core.change import Change, Kind
from modeldelivery.review.core.document import ENGINE
from modeldelivery.review.core.evidence import Evidence, Verdict
from modeldelivery.review.core.fleet import Bits, FleetChange, Resized
from modeldelivery.review.core.words import Line, Name, listed
from modeldelivery.review.report.page import Table


def traffic(fleet: FleetChange) -> Line:
    line: list[str | Name] = []
    for version in dict.fromkeys((*fleet.before, *fleet.after)):
        was, will = fleet.before.get(version, 0), fleet.after.get(version, 0)
        if was != will:
            line += [", " if line else "", Name(version), f" {was} → {will} %"]
    return tuple(part for part in line if part != "")


def fleet_lines(change: Change, fleet: FleetChange) -> Iterator[Line]:
    if change.losses and not fleet.after:
        return
    if fleet.is_gone:
        yield (
            "The endpoint ",
            Name(fleet.name),
            " is GONE: someone deleted it, and this change makes it again.",
        )
    if fleet.moves and not change.only(Kind.TRAFFIC):  # else the heading says it
        yield ("Traffic: ", *traffic(fleet), ".")
    elif fleet.before and (fleet.changes_fleet or fleet.bits) and not change.losses:
        serving = tuple(version for version, weight in fleet.after.items() if weight)
        yield ("No traffic moves: ", *listed(serving), " goes on serving.")
    if fleet.live[0] != fleet.live[1] and not fleet.moves and fleet.before:
        live = fleet.live[1]
        serves = live is not None and bool(fleet.after.get(live))
        yield (
            "Config asks for ",
            Name(live or "nothing"),
            " now, which serves already." if serves else " now, and it gets no traffic by this change.",
        )
    for version in fleet.added:
        weight = fleet.after.get(version, 0)
        yield ("Joins the fleet: ", Name(version), f" at {weight} %.")
    digests = {member.version: member.digest for member in fleet.members}
    for bits in fleet.bits:
        if not bits.is_told:
            yield (
                "Image and model of ",
                Name(bits.version),
                " are not in this preview: somebody else delivers them, as the digest set ",
                Name(_short(digests[bits.version])),
                ".",
            )
    for version in fleet.dropped:
        tail = ", to which a rollback goes now" if version == fleet.fallback else ""
        yield ("Leaves the fleet: ", Name(version), tail, ".")
    yield from (_resized(each) for each in fleet.resized)
    for scaled in fleet.scaled:
        yield (
            "Autoscaling: ",
            Name(scaled.version),
            f" {_bounds(scaled.before)} → {_bounds(scaled.after)} instances.",
        )
    if fleet.room and fleet.changes_fleet:
        yield ("Room for its pods: ", *listed(fleet.room), ".")


def _bounds(bounds: tuple[int, int]) -> str:
    return f"{bounds[0]} to {bounds[1]}"


def _resized(each: Resized) -> Line:
    was, will = each.before, each.after
    return (
        "Other instances: ",
        Name(will.version),
        f" from {was.instance_count} x ",
        Name(was.instance_type),
        f" to {will.instance_count} x ",
        Name(will.instance_type),
        ".",
    )


def finding_line(finding: Finding) -> Line:
    """What is wrong with the endpoint as it is, and what to do."""
    remedy: Line = (". To mend it: ", Name(finding.remedy)) if finding.remedy else ()
    return ("Health (", finding.grade.value, "): ", Name(finding.sentence), *remedy)


def problem_line(problem: str) -> Line:
    """What could not be looked at: there may be more to tell."""
    return ("Not everything could be looked at: ", Name(problem))


def unread_line(fields: tuple[str, ...]) -> Line:
    """What the engine wrote of which the reader does not know what it means."""
    return (
        "NOT READ: the engine wrote ",
        *listed(fields),
        f", which the reader of Pulumi {ENGINE}'s previews does not know. Read `pulumi preview` itself, or use that release.",
    )


def evidence_line(each: Evidence) -> Line:
    proof = each.proof
    head: Line = ("Evidence for ", Name(each.version), ": ")
    if proof is None or each.verdict is Verdict.ABSENT:
        return (*head, "in ", Name(each.source), f" it {each.verdict}.")
    line: list[str | Name] = [*head, f"{each.verdict} in ", Name(each.source)]
    if proof.version != each.version:
        line += [" as ", Name(proof.version)]
    if proof.served_since:
        line.append(f" for {_duration(proof.served_seconds)}, first {proof.served_since:%Y-%m-%d %H:%M} UTC")
    line.append(", has traffic there now" if proof.serving else "")
    if proof.rejected:
        line += [" (", Name(proof.rejected), ")"]
    for metric, value in sorted((proof.metrics or {}).items())[:6]:
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        line += ["; ", Name(metric), " ", Name(shown)]
    if not proof.metrics:
        line.append("; no metrics were recorded")
    return (*(part for part in line if part != ""), ".")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def way_back(environment: str, fleet: FleetChange) -> Iterator[Line]:
    """How the traffic comes back, once this is applied."""
    if not fleet.moves:
        return
    served = max(fleet.before, key=lambda version: fleet.before[version])
    if served in fleet.after:
        yield (
            "Take it back: ",
            Name(f"modelctl rollback --env {environment} --reason …"),
            " gives ",
            Name(served),
            f" its traffic again, in seconds; it stays in the fleet at {fleet.after[served]} %.",
        )
    else:
        yield ("NO WAY BACK in seconds: ", Name(served), " leaves the fleet with this change.")


def drill_lines(fleet: FleetChange, latest: LatestDrill | None) -> Iterator[Line]:
    """Whether the way back was tried, where a change moves traffic or who could get it."""
    if latest and (fleet.moves or fleet.changes_fleet):
        yield ("Latest drill: ", Name(f"{latest.at:%Y-%m-%d %H:%M} UTC"), ", ", Name(told(latest)), ".")


def verified_lines(environment: str, goes_live: GoesLive) -> Iterator[Line]:
    """Whether the version that `live` moves to does what it must: here, and by what a promotion took along."""
    version = goes_live.version
    for each in goes_live.verified:
        under_another_name = ("The bits of ", Name(version), " were verified as ", Name(each.version), " in ")
        yield (
            *((Name(version), " was verified in ") if each.version == version else under_another_name),
            Name(each.environment),
            f" on {each.at:%Y-%m-%d %H:%M} UTC ",
            Name(each.told),
            ".",
        )
    if goes_live.here(environment) is None:
        yield (
            Name(version),
            " is NOT VERIFIED in ",
            Name(environment),
            ", and is to serve there. While it stands at 0 %: ",
            Name(f"modelctl verify --env {environment} --version {version}"),
            ".",
        )


def alarming(judged: Sequence[Judged] | None) -> bool:
    """Whether a verdict on what serves is one that somebody should look at."""
    return any(
        judgement is not None and not judgement.calm
        for each in judged or ()
        for judgement in (each.drift, each.quality)
    )


def judged_lines(judged: Sequence[Judged] | None) -> Iterator[Line]:
    """Whether what serves is still asked what it was trained on, and still predicts as it did."""
    for each in judged or ():
        for what, judgement in (("Data drift", each.drift), ("Quality", each.quality)):
            if judgement is None:
                continue
            words = judgement.word if judgement.calm else judgement.sentence
            yield (f"{what} of ", Name(each.version), ": ", Name(words), ".")


def bits_tables(fleet: FleetChange) -> Iterator[Table]:
    if rows := tuple(_bit(each) for each in fleet.bits if each.is_told):
        yield Table(
            headings=("version", "beside", "image before", "image after", "model before", "model after"),
            rows=rows,
        )


def _bit(each: Bits) -> tuple[Line, ...]:
    cells = (each.version, each.against, each.image[0], each.image[1], each.model[0], each.model[1])
    return tuple((Name(_short(cell)),) if cell else ("-",) for cell in cells)


def _short(digest: str) -> str:
    """Enough of a digest to tell two apart."""
    return digest[:19] + "…" if digest.startswith("sha256:") else digest
