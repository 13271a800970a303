"""What a model takes and gives: `schema.json`, written by training and held to by the server."""

from typing import Literal, TypeAlias

import msgspec

TENSOR_IN = "features"  # float32, [rows, features] in the schema's order; NaN where a value is missing
TENSOR_OUT = "probabilities"  # float32, [rows, 2]: on time, late

Value: TypeAlias = str | int | float | None


class Number(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="number", tag_field="type"
):
    name: str
    meaning: str  # with its unit
    minimum: float
    maximum: float
    nullable: bool = False

    def __post_init__(self) -> None:
        _check_range(self.name, self.minimum, self.maximum)

    def allowed(self) -> str:
        return f"a number from {self.minimum:g} to {self.maximum:g}" + _or_null(self.nullable)


class Integer(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="integer", tag_field="type"
):
    name: str
    meaning: str  # with its unit
    minimum: int
    maximum: int
    nullable: bool = False

    def __post_init__(self) -> None:
        _check_range(self.name, self.minimum, self.maximum)

    def allowed(self) -> str:
        return f"an integer from {self.minimum} to {self.maximum}" + _or_null(self.nullable)


class Category(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="category", tag_field="type"
):
    """A closed or an open set of names.

    Attributes:
        categories: known names; a name's place in the list is the code that the model reads.
        unseen: what becomes of any other name. `refuse` answers 400; `missing` predicts as if the value were missing
            and counts it in `/metrics`, because the world adds airports faster than models are trained.
    """

    name: str
    meaning: str
    categories: tuple[str, ...]
    unseen: Literal["refuse", "missing"]
    nullable: bool = False

    def __post_init__(self) -> None:
        if not self.categories or len(set(self.categories)) != len(self.categories):
            raise ValueError(f"{self.name}: categories must be at least one name, each once")

    def allowed(self) -> str:
        closed = self.unseen == "refuse"
        names = f"one of {', '.join(self.categories)}" if closed else f"a text such as {self.categories[0]}"
        return names + _or_null(self.nullable)


Feature: TypeAlias = Number | Integer | Category


class SelfCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A real row and the probability that training computed for it: a server that computes another is not healthy."""

    instance: dict[str, Value]
    probability: float


class Schema(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The contract of one model.

    Attributes:
        features: in the order of the input tensor's columns, and of a CSV without header.
        outputs: names of what a prediction holds.
        threshold: a flight is called late from this probability on.
    """

    features: tuple[Feature, ...]
    outputs: tuple[Literal["probability"], Literal["late"]] = ("probability", "late")
    threshold: float
    self_check: SelfCheck

    def __post_init__(self) -> None:
        names = [feature.name for feature in self.features]
        if not names or len(set(names)) != len(names):
            raise ValueError("features must be at least one, each name once")
        if bad := [name for name in names if not name.isidentifier()]:
            raise ValueError(f"feature {bad[0]!r}: a name is made of letters, digits and underscores")
        if not 0 < self.threshold < 1:
            raise ValueError(f"threshold {self.threshold} is not between 0 and 1")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)


def _or_null(nullable: bool) -> str:
    return " or null" if nullable else ""


def _check_range(name: str, minimum: float, maximum: float) -> None:
    if not minimum < maximum:
        raise ValueError(f"{name}: minimum {minimum} is not below maximum {maximum}")
