"""Weights: what share of an endpoint's requests each version gets."""

from collections.abc import Iterable, Mapping

from modeldelivery.release.errors import InvalidError
from modeldelivery.release.version import Version

Weights = Mapping[Version, int]

FULL = 100


class BadWeightsError(InvalidError):
    """Weights that the platform would take and this project never sends."""


def all_to(version: Version, present: Iterable[Version]) -> dict[Version, int]:
    """Everything to one version, zero to each other that is present."""
    return {v: FULL if v == version else 0 for v in sorted({version, *present})}


def checked(weights: Weights) -> dict[Version, int]:
    """The weights, if they are integers of 0-100 that sum to 100 (fractions never settle: terraform-provider-aws#43643).

    Raises:
        BadWeightsError: otherwise.
    """
    whole = all(isinstance(w, int) and not isinstance(w, bool) and 0 <= w <= FULL for w in weights.values())
    if not whole or sum(weights.values()) != FULL:
        raise BadWeightsError(f"weights {dict(weights)} are not integers of 0-100 that sum to 100")
    return dict(weights)


def traffic(weights: Mapping[Version, float]) -> dict[Version, float]:
    """The versions that get any traffic, with their weights."""
    return {v: w for v, w in weights.items() if w > 0}


def shown(weights: Mapping[Version, float]) -> str:
    """The same for a person: `v1.0.0 95 %, v1.1.0 5 %`."""
    return ", ".join(f"{v} {w} %" for v, w in sorted(traffic(weights).items()))


def shares(weights: Mapping[Version, float]) -> dict[Version, int]:
    """Weights as shares of 100 (largest remainder first): requests go by w/Σw, and anyone may have set 1 and 0.

    A version that gets anything has a share of at least 1: beside a 0, anything above 0 differs.
    """
    total = sum(weights.values())
    if not total:
        return dict.fromkeys(weights, 0)
    exact = {v: FULL * w / total for v, w in weights.items()}
    whole = {v: max(int(x), 1) if weights[v] > 0 else 0 for v, x in exact.items()}
    left = FULL - sum(whole.values())
    for v in sorted(exact, key=lambda v: (whole[v] - exact[v], v))[: max(left, 0)]:
        whole[v] += 1
    for _ in range(-left):  # one by one from the largest, so that more traffic is never a smaller share
        whole[max(whole, key=lambda v: (whole[v], -exact[v], v))] -= 1
    return whole


def same(left: Mapping[Version, float], right: Mapping[Version, float]) -> bool:
    """Whether two fleets route alike: shares count, and versions at zero do not."""
    return traffic(shares(left)) == traffic(shares(right))


def unrecorded(to: Version, present: Iterable[Version]) -> dict[Version, int]:
    """Everything to one version, in weights by which a move without the journal is known: every recorded one sums to 100."""
    return {v: int(v == to) for v in all_to(to, present)}


def recorded(weights: Mapping[Version, float]) -> bool:
    """Whether these may be the weights of a recorded move; those of a console, and of a move without the journal, need not."""
    return sum(weights.values()) == FULL


def main_version(weights: Mapping[Version, float]) -> Version | None:
    """The version with most of the traffic, if any has some; ties go to the smaller name, so that all agree."""
    serving = traffic(weights)
    return min(serving, key=lambda v: (-serving[v], v)) if serving else None


def whole_version(weights: Mapping[Version, float]) -> Version | None:
    """The version that carries everything, if one does."""
    serving = traffic(weights)
    return next(iter(serving)) if len(serving) == 1 else None
