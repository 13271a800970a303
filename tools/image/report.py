"""What `make image` tells of the images that it built."""

from typing import Any

import msgspec

from modeldelivery.terminal.tables import Table

_MEBI = 2**20


class Built(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One image.

    Attributes:
        name: of the recipe.
        digest: that a registry gives its manifest.
        bytes: that whoever pulls it downloads.
        revision: the commit that last changed what it holds, `-dirty` where the work tree has.
        base: what it is built on.
        build_seconds: of the first build.
        builds: how many were made, all of one digest.
        sbom: file with what it installs.
        healthy_seconds: from the start of its container to the first answer; of a server alone.
        uri: where it was pushed.
    """

    name: str
    digest: str
    bytes: int
    revision: str
    base: str
    build_seconds: float
    builds: int
    sbom: str
    healthy_seconds: float | None = None
    uri: str | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of it; `skipped` says why nothing was built, and what to install."""

    engine: str | None = None
    images: tuple[Built, ...] = ()
    skipped: str | None = None


def table(report: Report) -> list[Any]:
    """For a person."""
    rows = [
        (
            image.name,
            image.digest[:19] + "…",
            f"{image.bytes / _MEBI:.0f} MiB",
            f"{image.build_seconds:.0f} s",
            f"{image.builds}, one digest" if image.builds > 1 else "1",
            "-" if image.healthy_seconds is None else f"{image.healthy_seconds:.1f} s",
        )
        for image in report.images
    ]
    shown: list[Any] = [
        Table(headings=("image", "digest", "download", "build", "builds", "healthy after"), rows=rows)
    ]
    shown += [f"{image.name}: {image.uri}" for image in report.images if image.uri]
    return shown
