"""What became of a model, as one page: the comment on a pull request, or what a terminal shows."""

from collections.abc import Iterator
from functools import partial

from modeldelivery.review.core.words import Line, Name
from modeldelivery.review.report.page import Page, Section, Table
from pipelines.gates.metrics import METRICS
from pipelines.gates.report import GateVerdict, Interval, JudgedSlice, Report
from pipelines.gates.validation import Validation, batch_failures
from tools.model.changes import Changes

WORST = 5  # slices that are shown
_MOST_FILES = 8
_MARGINS = "margins."  # of the gates that hold a challenger against its champion
_MARKS: dict[GateVerdict, str] = {
    "passed": "✓",
    "failed": "✗ failed",
    "skipped": "skipped",
    "no-champion": "no champion yet",
}


def tell(
    model: str,
    *,
    changes: Changes | None,
    validation: Validation | None,
    report: Report | None,
    stopped: str,
    pictures: str | None,
    uncommitted: tuple[str, ...] = (),
) -> Page:
    """The page.

    Args:
        model: its name.
        changes: to what the model is made of; None where they are not known.
        validation: of its data; None when it was not reached.
        report: of the evaluation; None when it was not reached.
        stopped: one sentence on why the run ended early; empty when it did not.
        pictures: address of the run's artifacts, if the platform has one.
        uncommitted: files of the commit that this run would write otherwise.
    """
    refused = bool(stopped)
    sections = [
        Section(
            alarms=((Name(stopped),),) if stopped else (),
            lines=tuple(_summary(validation, report, pictures)),
        ),
        Section(title=("What changed",), lines=(*_changes(changes), *_stale(uncommitted))),
    ]
    if validation is not None:
        sections.append(Section(title=("Data",), lines=tuple(_data(validation, changes))))
    if report is not None:
        sections += _evaluation(report)
    verdict = "stopped" if refused else "passed both gates"
    return Page(title=("Model ", Name(model), f": {verdict}"), sections=tuple(sections), refused=refused)


def _summary(validation: Validation | None, report: Report | None, pictures: str | None) -> Iterator[Line]:
    if validation is None:
        yield ("the data was not validated",)
    if report is None:
        yield ("the model was not evaluated",)
    elif report.champion is None:
        yield (
            "no champion: ",
            Name(report.no_champion or "none serves yet"),
            "; absolute limits alone decided",
        )
    else:
        yield (
            "challenger ", Name(_short(report.challenger.digest)), " against champion ", Name(_short(report.champion.digest)),
            f", on the same {report.rows:,} rows",
        )  # fmt: skip
    if pictures:
        yield (f"[pages and pictures]({pictures}): `model.validation.html`, `model.evaluation.html`",)


def _changes(changes: Changes | None) -> Iterator[Line]:
    if changes is None:
        yield ("not known: the commit that this one would be merged into is not here",)
        return
    if not changes:
        yield ("nothing that the model is made of",)
    for month in changes.months:
        yield ("data: ", Name(f"{month.table} {month.month}"), f" is {month.what}")
    for each in changes.parameters:
        yield (
            "parameter ", Name(each.name), ": ", Name(each.before if each.before is not None else "not there"),
            " → ", Name(each.after if each.after is not None else "not there"),
        )  # fmt: skip
    for what, files in (("what it is held to: ", changes.demands), ("code: ", changes.code)):
        if files:
            listed: list[str | Name] = [what]
            for path in files[:_MOST_FILES]:
                listed += [", " if len(listed) > 1 else "", Name(path)]
            if len(files) > _MOST_FILES:
                listed.append(f" and {len(files) - _MOST_FILES} more")
            yield tuple(part for part in listed if part != "")


def _stale(uncommitted: tuple[str, ...]) -> Iterator[Line]:
    if uncommitted:
        names = [part for path in uncommitted for part in (", ", Name(path))][1:]
        yield (
            *names,
            " are not what this tree makes: ",
            Name("make model"),
            " writes them, commit them with the change",
        )


def _data(validation: Validation, changes: Changes | None) -> Iterator[Line]:
    results = sum(len(batch.results) for batch in validation.batches)
    failing = sum(len(batch_failures(batch)) for batch in validation.batches)
    months = validation.parts
    span = f"{months[0]} to {months[-1]}" if months else "no month"
    state = "all hold" if validation.passed else f"{failing:,} do not hold" if failing else "a check failed"
    yield (Name(span), f": {results:,} expectations, {state}; revision ", Name(_short(validation.data)))
    rows = {(batch.table, batch.part): batch.rows for batch in validation.batches}
    for month in changes.months if changes else ():
        after = rows.get((month.table, month.month))
        if after is not None:
            earlier = [
                rows[month.table, part]
                for part in months
                if part < month.month and (month.table, part) in rows
            ]
            against = (
                f", {100 * after / earlier[-1] - 100:+.0f} % on the month before"
                if earlier and earlier[-1]
                else ""
            )
            yield (Name(f"{month.table} {month.month}"), f" is {month.what}: {after:,} rows{against}")
    for check in validation.checks:
        yield ("✓ " if check.passed else "✗ ", Name(check.name), ": ", Name(check.finding))


def _evaluation(report: Report) -> Iterator[Section]:
    names = tuple(report.overall.slice.metrics)
    yield Section(
        title=("Metrics, overall",),
        lines=(
            (
                f"bounds hold together at {100 * report.confidence:g} % over all slices"
                if report.critical is not None
                else "no bounds: too few rows or blocks",
            ),
        ),
        tables=(_table(("metric",), [((Name(name),), report.overall, name) for name in names]),),
    )
    for name in names:
        if report.overall.slice.metrics[name].difference is None or name not in _marginal(report):
            continue
        worst = sorted(report.slices[1:], key=partial(_badness, name))[:WORST]
        yield Section(
            title=("Worst slices by ", Name(name)),
            tables=(
                _table(
                    ("slice",),
                    [
                        ((Name(judged.slice.name),), judged, name)
                        for judged in worst
                        if name in judged.slice.metrics
                    ],
                ),
            ),
        )
    small = sum(judged.verdict == "too-small" for judged in report.slices)
    yield Section(
        title=("Gates",),
        lines=((f"{small} slices are too small to judge",),) if small else (),
        tables=(
            Table(
                headings=("gate", "verdict", ""),
                rows=tuple(
                    (
                        (Name(gate.name),),
                        (_MARKS[gate.verdict],),
                        (Name(gate.sentence), *((", by ", Name(gate.skip.by), ": ", Name(gate.skip.because)) if gate.skip else ())),
                    )
                    for gate in report.gates
                ),
            ),
        ),
    )  # fmt: skip


def _marginal(report: Report) -> set[str]:
    """The metrics by which a challenger may be only so much worse, and so those in which slices differ in rank."""
    return {gate.name.removeprefix(_MARGINS) for gate in report.gates if gate.name.startswith(_MARGINS)}


def _badness(name: str, judged: JudgedSlice) -> tuple[int, float]:
    """Failed ones first, then by the worst that the bounds allow; those too small to judge last."""
    order = {"failed": 0, "passed": 1, "too-small": 2}[judged.verdict]
    metrics = judged.slice.metrics.get(name)
    difference = metrics.difference if metrics else None
    if difference is None:
        return order, 0.0
    worst = difference.low if METRICS[name].better == "higher" else difference.high
    return order, METRICS[name].sign * (difference.value if worst is None else worst)


def _table(first: tuple[str], rows: list[tuple[Line, JudgedSlice, str]]) -> Table:
    return Table(
        headings=(*first, "rows", "champion", "challenger", "difference", "verdict"),
        rows=tuple(
            (
                label,
                (f"{judged.slice.rows:,}",),
                (_interval(judged.slice.metrics[name].champion),),
                (_interval(judged.slice.metrics[name].challenger),),
                (_interval(judged.slice.metrics[name].difference, signed=True),),
                (judged.verdict,),
            )
            for label, judged, name in rows
        ),
    )


def _interval(interval: Interval | None, *, signed: bool = False) -> str:
    if interval is None:
        return "-"
    sign = "+" if signed else ""
    value = format(interval.value, f"{sign}.4f")
    if interval.low is None or interval.high is None:
        return value
    return f"{value} ({format(interval.low, f'{sign}.4f')} to {format(interval.high, f'{sign}.4f')})"


def _short(digest: str) -> str:
    """The start of `sha256:<hex>`, enough to tell it from others."""
    return digest.removeprefix("sha256:")[:12]
