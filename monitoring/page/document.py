"""The page of an environment: everything in one file, readable on a phone, in the dark, and aloud."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from monitoring.page import pictures
from monitoring.page.subject import Missing, Subject
from monitoring.rules import OBJECTIVE, RATIO_WINDOWS
from pipelines.data_drift.report import Report as Drift
from pipelines.gates import page
from pipelines.quality.report import Report as Quality

MOST_BYTES = 250_000
_CHANGES = 50  # in the table: the newest; of acts likewise
_MARKS = {
    "worse": "✗ worse", "as-good": "✓ as good", "too-few": "○ too few",
    "drift": "✗ drift", "moved": "! moved", "quiet": "✓ quiet", "unjudged": "○ too few",
}  # fmt: skip

Report = TypeVar("Report", Drift, Quality)


def draw(subject: Subject) -> str:
    """The page, the same text for the same subject. What people and data brought is escaped wherever it stands."""
    missing = {
        name: part.why if isinstance(part, Missing) else ""
        for name, part in (
            ("weights", subject.changes),
            ("drift", subject.drift),
            ("quality", subject.quality),
            ("acts", subject.acts),
            ("prometheus", subject.prometheus),
        )
    }
    changes = [] if isinstance(subject.changes, Missing) else list(subject.changes)
    drift = [] if isinstance(subject.drift, Missing) else list(subject.drift)
    quality = [] if isinstance(subject.quality, Missing) else list(subject.quality)
    acts = [] if isinstance(subject.acts, Missing) else list(subject.acts)
    # Of one version: windows of two side by side would look like one that moves to and fro.
    shown_drift, other_drift = _of_one(drift, subject.serving)
    shown_quality, other_quality = _of_one(quality, subject.serving)
    return page.render(
        "environment.html",
        folder=Path(__file__).parent,
        subject=subject,
        missing=missing,
        marks=_MARKS,
        changes=changes[: -_CHANGES - 1 : -1],
        drift=shown_drift[-1] if shown_drift else None,
        newest=shown_quality[-1] if shown_quality else None,
        others={"drift": other_drift, "quality": other_quality},
        quality=quality,
        acts=acts[: -_CHANGES - 1 : -1],
        prometheus=None if isinstance(subject.prometheus, Missing) else subject.prometheus,
        budget=1 - OBJECTIVE,
        windows=RATIO_WINDOWS,
        pictures={
            "weights": pictures.weights(changes, subject.at),
            "drift": pictures.drift(shown_drift),
            "quality": pictures.quality(shown_quality),
        },
    )


def _of_one(reports: Sequence[Report], serving: str | None) -> tuple[Sequence[Report], Sequence[Report]]:
    """The reports of the version that serves, of the newest one where that has none; and the newest of each other version."""
    by_version: dict[str, list[Report]] = {}
    for each in reports:
        by_version.setdefault(each.version, []).append(each)
    if not by_version:
        return [], []
    shown = serving if serving in by_version else reports[-1].version
    others = [of[-1] for version, of in by_version.items() if version != shown]
    return by_version[shown], others
