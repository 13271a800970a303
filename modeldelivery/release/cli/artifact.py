"""`modelctl artifact`: a registered model as a file, or a file that says that there is none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from modeldelivery.release.champion import ARCHIVE_FILE, NONE_FILE, no_champion
from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Artifact as ArtifactOptions
from modeldelivery.release.cli.outcome import Shown
from modeldelivery.release.core import weights
from modeldelivery.release.errors import DamagedError, RefusedError
from modeldelivery.release.version import Version


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What was written. `version` and `model` are None where no version serves yet."""

    version: Version | None
    model: str | None
    file: str


def run(context: Context, options: ArtifactOptions) -> Shown:
    """The folder then holds one of the two files, and never half of one.

    Raises:
        RefusedError: the version is not registered, or the folder cannot be written.
        DamagedError: the version that serves has no record, or no artifact.
    """
    version = options.version or weights.main_version(context.store.read().journal.weights)
    if version is None:
        with _placed(options.out, NONE_FILE, ARCHIVE_FILE) as path:
            path.write_bytes(no_champion(context.place.environment))
        file = options.out / NONE_FILE
        fetched = Fetched(version=None, model=None, file=str(file))
        return Shown(
            document=fetched, parts=(f"no version serves in {context.place.environment} yet: {file} says so",)
        )
    digest = _digest(context, version, serves=options.version is None)
    with _placed(options.out, ARCHIVE_FILE, NONE_FILE) as path:
        if not context.registry.fetch_artifact(digest, path):
            raise DamagedError(
                f"the registry of {context.place.environment} has no artifact {digest} of {version}",
                hint=f"register {version} again from the same model.tar.gz, which uploads it",
            )
    file = options.out / ARCHIVE_FILE
    return Shown(
        document=Fetched(version=version, model=digest, file=str(file)),
        parts=(f"{file}: {version} of {context.place.environment}, {digest}",),
    )


def _digest(context: Context, version: Version, *, serves: bool) -> str:
    record = context.registry.entry(version).record
    if record is not None:
        return record.digests.model
    if serves:
        raise DamagedError(
            f"{version} serves in {context.place.environment}, and the registry has no record of it",
            hint="`modelctl status` shows what is known of it; name another with --version",
        )
    raise RefusedError(
        f"{version} is not registered in {context.place.environment}",
        hint="name one that is, or leave --version out",
    )


@contextmanager
def _placed(folder: Path, name: str, other: str) -> Iterator[Path]:
    """A file to write, which becomes `name` when it is whole, in place of `other`."""
    unfinished = folder / f".{name}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            yield unfinished
            (folder / other).unlink(missing_ok=True)
            unfinished.replace(folder / name)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise RefusedError(
            f"--out {folder}: {error.strerror}", hint="name a folder that can be written"
        ) from error
