"""What was done about verdicts, in one document of an environment: `acts/ENDPOINT.json` in its registry.

An act is written down before it is carried out, and its outcome afterwards, each on condition that nobody wrote in between: two
programs that decide at the same time act once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec

from pipelines import documents

FORMAT = 1
MOST = 200  # acts that are kept, the newest


class Kind(StrEnum):
    """Of an act."""

    NOTHING = "nothing"
    NOTIFY = "notify"
    PROPOSE = "propose"


class Outcome(StrEnum):
    """Of an act."""

    BEGUN = "begun"  # somebody carries it out, or died over it
    DONE = "done"  # told, or proposed
    STOPPED = "stopped"  # a gate let no new model through
    FAILED = "failed"  # it could not be carried out: its cause stands


# An act that was begun so long ago has nobody who carries it on.
LONGEST = {Kind.PROPOSE: timedelta(hours=12), Kind.NOTIFY: timedelta(minutes=10)}


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An act.

    Attributes:
        id: of the run that took it.
        at: when it began.
        kind: what.
        cause: why, the same for the same finding.
        version: on which the finding is; "" of a schedule's.
        outcome: what became of it.
        sentence: that was told.
    """

    id: str
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    kind: Kind
    cause: str
    version: str
    outcome: Outcome
    sentence: str


class Acts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All of an environment, the oldest first."""

    format: int = FORMAT
    acts: tuple[Taken, ...] = ()

    def with_act(self, act: Taken) -> "Acts":
        """With this act, in the place of what its run wrote of it before."""
        others = [each for each in self.acts if each.id != act.id]
        newest = sorted((*others, act), key=lambda each: each.at)[-MOST:]
        return msgspec.structs.replace(self, acts=tuple(newest))


def acted_upon(cause: str, taken: Sequence[Taken], now: datetime) -> bool:
    """Whether a cause needs nothing more: it was acted upon, or somebody does so.

    It stands where all acts failed, and where whoever began one died over it.
    """
    return any(
        each.cause == cause
        and each.outcome is not Outcome.FAILED
        and (each.outcome is not Outcome.BEGUN or now - each.at <= LONGEST[each.kind])
        for each in taken
    )


def encode(acts: Acts) -> bytes:
    """As `documents.encode`."""
    return documents.encode(acts)


def decode(content: bytes | None, where: str) -> Acts:
    """Read a document of that name, none where there is none; raises as `documents.decode`."""
    return Acts() if content is None else documents.decode(content, where, Acts, "document of acts", FORMAT)
