"""The page of an environment: everything in one file, readable on a phone, in the dark, and aloud."""

from pathlib import Path

from monitoring.page import pictures
from monitoring.page.subject import Missing, Subject
from monitoring.rules import OBJECTIVE, RATIO_WINDOWS
from pipelines.gates import page

MOST_BYTES = 250_000
_CHANGES = 50  # in the table: the newest
_MARKS = {
    "worse": "✗ worse", "as-good": "✓ as good", "too-few": "○ too few",
    "drift": "✗ drift", "moved": "! moved", "quiet": "✓ quiet", "unjudged": "○ too few",
}  # fmt: skip


def draw(subject: Subject) -> str:
    """The page, the same text for the same subject. What people and data brought is escaped wherever it stands."""
    missing = {
        name: part.why if isinstance(part, Missing) else ""
        for name, part in (
            ("weights", subject.changes),
            ("drift", subject.drift),
            ("quality", subject.quality),
            ("prometheus", subject.prometheus),
        )
    }
    changes = [] if isinstance(subject.changes, Missing) else list(subject.changes)
    drift = [] if isinstance(subject.drift, Missing) else list(subject.drift)
    quality = [] if isinstance(subject.quality, Missing) else list(subject.quality)
    return page.render(
        "environment.html",
        folder=Path(__file__).parent,
        subject=subject,
        missing=missing,
        marks=_MARKS,
        changes=changes[: -_CHANGES - 1 : -1],
        drift=drift[-1] if drift else None,
        quality=quality,
        prometheus=None if isinstance(subject.prometheus, Missing) else subject.prometheus,
        budget=1 - OBJECTIVE,
        windows=RATIO_WINDOWS,
        pictures={
            "weights": pictures.weights(changes, subject.at),
            # Of one version: windows of two side by side would look like one that moves to and fro.
            "drift": pictures.drift([each for each in drift if each.digest == drift[-1].digest]),
            "quality": pictures.quality([each for each in quality if each.version == quality[-1].version]),
        },
    )
