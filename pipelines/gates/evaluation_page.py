"""An evaluation as one page for people: nothing in it is fetched from anywhere, and it is read on a phone as well."""

from pipelines.gates import page, pictures
from pipelines.gates.metrics import METRICS
from pipelines.gates.report import Report
from pipelines.gates.thresholds import Thresholds

_MARKS = {"passed": "✓", "failed": "✗", "skipped": "!", "no-champion": "○", "too-small": "○"}


def draw(report: Report, thresholds: Thresholds) -> str:
    """The page, the same text for the same report. What data and people brought is escaped wherever it stands."""
    return page.render(
        "evaluation.html",
        report=report,
        marks=_MARKS,
        titles={name: metric.title for name, metric in METRICS.items()},
        metrics=list(report.overall.slice.metrics),
        skipped=any(gate.verdict == "skipped" for gate in report.gates),
        differences=[(name, drawn) for name, drawn in differences(report, thresholds).items()],
        calibration=pictures.calibration(report.calibration),
    )


def differences(report: Report, thresholds: Thresholds) -> dict[str, str]:
    """A picture of each metric that is compared with the champion's, by its name."""
    drawn = {
        name: pictures.differences(report.slices, name, margins.overall, margins.slice)
        for name, margins in thresholds.margins.items()
    }
    return {name: picture for name, picture in drawn.items() if picture}
