"""What earlier commands left of this commit, and of which environments there is nothing: an expected page is never passed over."""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from modeldelivery.review.core.missing import Failure, Missing
from modeldelivery.review.core.words import Line, Name
from modeldelivery.review.folder import Folder, FolderError, Look


class _Record(Protocol):
    @property
    def commit(self) -> str: ...


Record = TypeVar("Record", bound=_Record)


class Gathered(msgspec.Struct, Generic[Record], frozen=True, kw_only=True):
    """By environment.

    Attributes:
        records: of this commit.
        missing: environments without one, expected or of another commit.
        failed: some of the missing ones were looked at, and that came to nothing.
    """

    records: dict[str, Record]
    missing: tuple[Missing, ...]
    failed: bool


def gather(
    folder: Folder, look: Look, kind: type[Record], *, commit: str, expected: Sequence[str]
) -> Gathered[Record]:
    """Read all that there is.

    Args:
        folder: where it was left.
        look: which command left it.
        kind: of what it leaves.
        commit: that is told of; what is of another is not read.
        expected: environments that there should be something of.
    """
    records: dict[str, Record] = {}
    missing: list[Missing] = []
    failed = False
    for environment in sorted({*expected, *folder.environments(look)}):
        try:
            if failure := _failure(folder, look, environment, commit):
                failed = True
                missing.append(Missing(environment=environment, why=_of_failure(failure, look)))
                continue
            record = folder.read(folder.left(look, environment), kind, look.command(environment))
        except FolderError as error:
            missing.append(Missing(environment=environment, why=(Name(str(error)),)))
            continue
        if record.commit == commit:
            records[environment] = record
        else:
            missing.append(
                Missing(environment=environment, why=_of_another(record.commit, commit, look, environment))
            )
    return Gathered(records=records, missing=tuple(missing), failed=failed)


def _failure(folder: Folder, look: Look, environment: str, commit: str) -> Failure | None:
    path = folder.failure(look, environment)
    if not path.exists():
        return None
    failure = folder.read(path, Failure, look.command(environment))
    return failure if failure.commit == commit else None


def _of_failure(failure: Failure, look: Look) -> Line:
    return (
        Name(failure.why),
        ". To mend it: see what it says, then ",
        Name(look.command(failure.environment)),
        " again",
    )


def _of_another(revision: str, commit: str, look: Look, environment: str) -> Line:
    return (
        "what is here is of commit ",
        Name(short(revision)),
        " and this is ",
        Name(short(commit)),
        ": ",
        Name(look.command(environment)),
        " brings it up to date",
    )


def short(commit: str) -> str:
    """Enough of a commit's name to tell it by, and of the digest of what is changed in it."""
    head, plus, changed = commit.partition("+")
    return f"{head[:12]}{plus}{changed[:6]}"
