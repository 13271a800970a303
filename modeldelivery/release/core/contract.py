"""What a model of this project's own server takes and gives, as its `schema.json` says.

`pipelines.server.schema` writes the file; whatever else is in it is not read here. `tests/unit/release/core/test_contract.py`
holds both to each other.
"""

from typing import Any, Literal

import msgspec

from modeldelivery.release.errors import InvalidError

SCHEMA_FILE = "schema.json"  # in the model's archive
TOLERANCE = 1e-4  # absolute up to 1, relative beyond, as the server's own self-check has it
_SUM = 0.01  # by which the probabilities of all classes may differ from 1: each is rounded


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One feature: a number or an integer with its bounds, or a category with the names that are known."""

    name: str
    type: Literal["number", "integer", "category"]
    minimum: float = 0.0
    maximum: float = 0.0
    categories: tuple[str, ...] = ()
    unseen: Literal["refuse", "missing"] = "missing"
    nullable: bool = False


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """What a prediction is: how probable an `event` is, which of some `classes`, or a number under a `name`."""

    type: Literal["probability", "classes", "number"]
    event: str = ""
    threshold: float = 0.0
    classes: tuple[str, ...] = ()
    name: str = ""


class SelfCheck(msgspec.Struct, frozen=True):
    """A row, and what training computed for it, [width of the output]."""

    instance: dict[str, Any]
    output: tuple[float, ...]


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """`features` in the order of a CSV without header."""

    features: tuple[Feature, ...]
    output: Output
    self_check: SelfCheck


def read_contract(content: bytes, where: str) -> Contract:
    """Read `schema.json`. Raises InvalidError, which says `where` it is."""
    try:
        return msgspec.json.decode(content, type=Contract)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidError(
            f"{where} is no schema that this modelctl reads: {error}",
            hint="update modelctl (`pip install --upgrade model-delivery`) and run the same command again",
        ) from error


def numbers(output: Output, computed: tuple[float, ...]) -> dict[str, Any]:
    """The numbers of a prediction in JSON, of what a model computed for one row; its words follow from them (`departs`)."""
    match output.type:
        case "probability":
            return {"probability": computed[1]}
        case "classes":
            return {"probabilities": dict(zip(output.classes, computed, strict=True))}
        case "number":
            return {output.name: computed[0]}


def cells(output: Output, computed: tuple[float, ...]) -> list[float | str | None]:
    """The same as the cells of a line of CSV; None for a word that a difference within the tolerance changes."""
    match output.type:
        case "probability":
            sure = abs(computed[1] - output.threshold) > TOLERANCE
            return [computed[1], str(computed[1] >= output.threshold).lower() if sure else None]
        case "classes":
            best, second = sorted(computed, reverse=True)[:2]
            sure = best - second > TOLERANCE
            return [output.classes[computed.index(best)] if sure else None, *computed]
        case "number":
            return [computed[0]]


def departs(output: Output, given: Any) -> str | None:
    """How a prediction departs from the schema's output, as words of a sentence; None for one that keeps to it."""
    match output.type:
        case "probability":
            return _departs_probability(output, given)
        case "classes":
            return _departs_classes(output, given)
        case "number":
            kept = (
                isinstance(given, dict) and given.keys() == {output.name} and _is_number(given[output.name])
            )
            return None if kept else f"is to be {{{output.name!r}: number}}"


def _departs_probability(output: Output, given: Any) -> str | None:
    shaped = (
        isinstance(given, dict)
        and given.keys() == {"probability", output.event}
        and _is_number(given["probability"])
        and isinstance(given[output.event], bool)
    )
    if not shaped:
        return f"is to be {{'probability': number, {output.event!r}: true or false}}"
    if not 0 <= given["probability"] <= 1:
        return "has a probability that is not from 0 to 1"
    if given[output.event] is not (given["probability"] >= output.threshold):
        return (
            f"has {output.event!r} otherwise than its probability and the threshold {output.threshold:g} say"
        )
    return None


def _departs_classes(output: Output, given: Any) -> str | None:
    shares = given.get("probabilities") if isinstance(given, dict) else None
    shaped = (
        isinstance(given, dict)
        and given.keys() == {"class", "probabilities"}
        and given["class"] in output.classes
        and isinstance(shares, dict)
        and shares.keys() == set(output.classes)
        and all(_is_number(share) and 0 <= share <= 1 for share in shares.values())
    )
    if not shaped or not isinstance(shares, dict) or not isinstance(given, dict):
        return f"is to have a class of {', '.join(output.classes)} and the probability of each, from 0 to 1"
    if abs(sum(shares.values()) - 1) > _SUM:
        return f"has probabilities whose sum is {sum(shares.values()):g}"
    if shares[given["class"]] < max(shares.values()):
        return "names a class that is not the likeliest"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
