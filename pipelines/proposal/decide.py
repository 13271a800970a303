"""Whether a model of the latest months is proposed: once for each data set, and not for one that a registered version is of. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from modeldelivery.release.version import Version
from pipelines.acts import Kind, Outcome, Taken, acted_upon
from pipelines.proposal.data import Published


def cause_of(data: Published) -> str:
    """What the acts of a data set have in common."""
    return f"schedule {data.revision}"


def why_not(data: Published, registered: Mapping[Version, str], taken: Sequence[Taken], now: datetime) -> str:
    """Why nothing is proposed; "" where it is.

    Args:
        data: of the latest months.
        registered: revisions of the data that versions are of.
        taken: acts so far.
        now: when it is decided.
    """
    same = [version for version, revision in registered.items() if revision == data.revision]
    if same:
        return f"{', '.join(sorted(same))} is of the latest months, {data.months[0]} to {data.months[-1]}"
    if acted_upon(cause_of(data), taken, now):
        last = max((each for each in taken if each.cause == cause_of(data)), key=lambda each: each.at)
        return (
            f"a model of the latest months, {data.months[0]} to {data.months[-1]}, was proposed, or is being trained: "
            f"{last.outcome} {last.at:%Y-%m-%d %H:%M}"
        )
    return ""


def begun(id_: str, data: Published, now: datetime) -> Taken:
    """The act of proposing, before it is carried out."""
    return Taken(
        id=id_,
        at=now,
        kind=Kind.PROPOSE,
        cause=cause_of(data),
        version="",
        outcome=Outcome.BEGUN,
        sentence=f"a model is trained by schedule on {data.months[0]} to {data.until}",
    )


def repeats(sentence: str, data: Published, taken: Sequence[Taken]) -> bool:
    """Whether the same was told of a data set before: a training that fails each time for the same reason is told once."""
    return any(each.cause == cause_of(data) and each.sentence == sentence for each in taken)
