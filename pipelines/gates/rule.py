"""What stops a model. The verdict is a function of what an engine measured, of the demands, and of what a person skips."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.gates.metrics import METRICS
from pipelines.gates.report import OVERALL_NAME, Gate, JudgedSlice, Latency, Skip, Slice
from pipelines.gates.thresholds import Limit, Size, Thresholds


@dataclass(frozen=True)
class Evidence:
    """What is judged.

    Attributes:
        slices: of an engine, the one over every row first.
        latency: of each size of request; empty without a champion.
        no_champion: why there is none; None when there is one.
        problem: why the one that there is cannot be compared with; None when it can.
    """

    slices: Sequence[Slice]
    latency: Sequence[Latency]
    no_champion: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What became of it: one gate for each of `Thresholds.gates`, and a word on each slice."""

    gates: list[Gate]
    slices: list[JudgedSlice]

    @property
    def reason(self) -> str:
        """Why it did not pass, one sentence; empty when it did."""
        failed = (gate.sentence for gate in self.gates if gate.verdict == "failed")
        return "; ".join(dict.fromkeys(failed))  # what fails several gates is said once


@dataclass(frozen=True)
class _Look:
    """One number held against one demand.

    Attributes:
        excess: by how much it is beyond what is demanded, in its own unit; above 0 it fails. NaN fails.
        sentence: what was measured and what is demanded.
    """

    place: str
    value: float
    threshold: float
    excess: float
    sentence: str

    @property
    def failed(self) -> bool:
        return not self.excess <= 0  # NaN fails too


def too_small(slice_: Slice, size: Size) -> str:
    """Why a slice is too small to judge; empty for one that is not."""
    counts = [(slice_.rows, size.rows, "rows")]
    if slice_.least_of_a_label is not None:
        counts.append((slice_.least_of_a_label, size.each_label, "rows of the rarer label"))
    counts.append((slice_.blocks, size.blocks, "blocks with each label"))
    return ", ".join(f"{count:,} {what}, {least:,} needed" for count, least, what in counts if count < least)


def judge(evidence: Evidence, thresholds: Thresholds, skips: Mapping[str, Skip]) -> Verdict:
    """Judge a model.

    Args:
        evidence: what was measured.
        thresholds: what is demanded.
        skips: by gate, all of them gates of `thresholds`.
    """
    overall, *_ = evidence.slices
    small = {slice_.name: too_small(slice_, thresholds.size) for slice_ in evidence.slices}
    whole = [slice_ for slice_ in evidence.slices if not small[slice_.name]]
    looks: dict[str, list[_Look]] = {}
    for name in thresholds.limits:
        looks[f"limits.{name}"] = _limits(name, overall, whole, thresholds)
    for name in thresholds.margins:
        looks[f"margins.{name}"] = _margins(name, overall, whole, thresholds)
    looks["latency"] = [_latency(latency, thresholds.latency) for latency in evidence.latency]

    gates = []
    for name in thresholds.gates:
        if name == "size":
            gate = _size(overall, small[overall.name], thresholds.size)
        elif evidence.no_champion is not None and not name.startswith("limits."):
            gate = Gate(name=name, verdict="no-champion", sentence=evidence.no_champion)
        elif evidence.problem is not None and not name.startswith("limits."):
            gate = Gate(name=name, verdict="failed", sentence=evidence.problem)
        else:
            gate = _gate(name, looks[name])
        gates.append(_skipped(gate, skips.get(name)))
    failed: dict[str, list[str]] = {}
    for look in (look for each in looks.values() for look in each if look.failed):
        failed.setdefault(look.place, []).append(look.sentence)
    return Verdict(
        gates,
        [_judged(slice_, small[slice_.name], failed.get(slice_.name, [])) for slice_ in evidence.slices],
    )


def _size(overall: Slice, small: str, size: Size) -> Gate:
    if small:
        return Gate(name="size", verdict="failed", sentence=f"too few examples to judge by: {small}")
    return Gate(
        name="size",
        verdict="passed",
        sentence=f"{overall.rows:,} rows with each label in {overall.blocks:,} blocks",
        value=overall.rows,
        threshold=size.rows,
    )


def _limits(name: str, overall: Slice, whole: Sequence[Slice], thresholds: Thresholds) -> list[_Look]:
    limits = thresholds.limits[name]
    of_slices = limits.slice
    looks = _held(name, overall, limits.overall)
    for slice_ in whole:
        if slice_ is not overall and of_slices is not None:
            looks += _held(name, slice_, of_slices)
    return looks


def _held(name: str, slice_: Slice, limit: Limit) -> list[_Look]:
    metric = METRICS[name]
    value = slice_.metrics[name].challenger.value if name in slice_.metrics else math.nan
    shown = f"{metric.title} {value:.4g} {_where(slice_)}"
    looks = []
    if limit.least is not None:
        looks.append(
            _Look(slice_.name, value, limit.least, limit.least - value, f"{shown} is under {limit.least:g}")
        )
    if limit.most is not None:
        too_good = ": too good to be true" if metric.better == "higher" else ""
        looks.append(
            _Look(
                slice_.name,
                value,
                limit.most,
                value - limit.most,
                f"{shown} is over {limit.most:g}{too_good}",
            )
        )
    return looks


def _margins(name: str, overall: Slice, whole: Sequence[Slice], thresholds: Thresholds) -> list[_Look]:
    margins = thresholds.margins[name]
    looks = [_compared(name, overall, margins.overall)]
    return looks + [_compared(name, slice_, margins.slice) for slice_ in whole if slice_ is not overall]


def _compared(name: str, slice_: Slice, margin: float) -> _Look:
    """The worst that the bounds allow for challenger less champion, held against the margin."""
    metric = METRICS[name]
    difference = slice_.metrics[name].difference if name in slice_.metrics else None
    if difference is None or difference.low is None or difference.high is None:
        return _Look(
            slice_.name,
            math.nan,
            margin,
            math.nan,
            f"{metric.title} {_where(slice_)} has no bounds to compare by",
        )
    worst = difference.low if metric.better == "higher" else -difference.high
    return _Look(
        slice_.name,
        -worst,
        margin,
        -margin - worst,
        f"{metric.title} {_where(slice_)} may be {-worst:.3g} worse than the champion's "
        f"({difference.value:+.3g}, {difference.low:+.3g} to {difference.high:+.3g}), and {margin:g} is allowed",
    )


def _latency(latency: Latency, most: float) -> _Look:
    rows = "one row" if latency.rows == 1 else f"{latency.rows} rows"
    return _Look(
        f"latency {rows}",
        latency.ratio,
        most,
        latency.ratio - most,
        f"a request of {rows} takes {latency.ratio:.2f} times as long as with the champion, and {most:g} is allowed",
    )


def _gate(name: str, looks: Sequence[_Look]) -> Gate:
    """The gate over some looks; one without any fails, since nothing was measured."""
    if not looks:
        return Gate(name=name, verdict="failed", sentence=f"{name}: nothing was measured")
    failed = [look for look in looks if look.failed]
    deciding = _first(failed) if failed else max(looks, key=_badness)
    return Gate(
        name=name,
        verdict="failed" if failed else "passed",
        sentence=_told(failed) if failed else _passed(name, looks, deciding),
        value=None if math.isnan(deciding.value) else deciding.value,
        threshold=deciding.threshold,
    )


def _first(failed: Sequence[_Look]) -> _Look:
    """All rows where they fail, else the worst slice."""
    return next((look for look in failed if look.place == OVERALL_NAME), max(failed, key=_badness))


def _badness(look: _Look) -> float:
    return math.inf if math.isnan(look.excess) else look.excess


def _told(failed: Sequence[_Look]) -> str:
    """Of one place; the others are counted, and the report has them."""
    more = len(failed) - 1
    return _first(failed).sentence + (
        f" (and so in {more} more place{'s' if more > 1 else ''})" if more else ""
    )


def _passed(name: str, looks: Sequence[_Look], closest: _Look) -> str:
    places = len({look.place for look in looks})
    where = f"in {places} places" if places > 1 else "where it was measured"
    return (
        f"{name} holds {where}; closest: {closest.place}, {closest.value:z.4g} against {closest.threshold:g}"
    )


def _where(slice_: Slice) -> str:
    return slice_.name if slice_.value == "" else f"of {slice_.name}"


def _skipped(gate: Gate, skip: Skip | None) -> Gate:
    if skip is None:
        return gate
    return Gate(
        name=gate.name,
        verdict="skipped" if gate.verdict == "failed" else gate.verdict,
        sentence=gate.sentence,
        value=gate.value,
        threshold=gate.threshold,
        skip=skip,
    )


def _judged(slice_: Slice, small: str, failed: Sequence[str]) -> JudgedSlice:
    if small:
        return JudgedSlice(slice=slice_, verdict="too-small", why=f"too small to judge: {small}")
    return JudgedSlice(slice=slice_, verdict="failed" if failed else "passed", why="; ".join(failed))
