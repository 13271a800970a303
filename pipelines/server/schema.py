"""What a model takes and gives: `schema.json`, written by training and held to by the server."""

from typing import Literal, TypeAlias

import msgspec

ENVELOPE = "instances"  # `{"instances": [...]}` around the rows of a body
TENSOR_IN = "features"  # float32, [rows, features] in the schema's order; NaN where a value is missing
TENSOR_OUT = "prediction"  # float32, [rows, width of the output]
MOST_CHARACTERS = 1024  # of a category's name

_FEWEST_CLASSES = 2

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
        if not all(0 < len(category) <= MOST_CHARACTERS for category in self.categories):
            raise ValueError(f"{self.name}: a category is a name of 1 to {MOST_CHARACTERS} characters")

    def allowed(self) -> str:
        closed = self.unseen == "refuse"
        names = f"one of {', '.join(self.categories)}" if closed else f"a text such as {self.categories[0]}"
        return names + _or_null(self.nullable)


Feature: TypeAlias = Number | Integer | Category


class Probability(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="probability", tag_field="type"
):
    """How probable one event is: `{"probability": 0.31, "late": false}`; the tensor's columns are without, with.

    Attributes:
        event: what is predicted, and the name of its flag in the answer.
        threshold: the flag is true from this probability on.
    """

    event: str
    meaning: str
    threshold: float

    def __post_init__(self) -> None:
        _check_name("output", self.event)
        if self.event == "probability":
            raise ValueError("output 'probability': that is the probability's own name; name the event")
        if not 0 < self.threshold < 1:
            raise ValueError(f"threshold {self.threshold} is not between 0 and 1")

    @property
    def width(self) -> int:
        return 2


class Classes(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="classes", tag_field="type"
):
    """Which of some classes: `{"class": "a", "probabilities": {"a": 0.9, "b": 0.1}}`; a column of the tensor each."""

    meaning: str
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.classes) < _FEWEST_CLASSES or len(set(self.classes)) != len(self.classes):
            raise ValueError("output: classes must be at least two names, each once")

    @property
    def width(self) -> int:
        return len(self.classes)


class Quantity(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="number", tag_field="type"
):
    """A number under a name of its own: `{"price": 3.2}`; the tensor has one column."""

    name: str
    meaning: str  # with its unit

    def __post_init__(self) -> None:
        _check_name("output", self.name)

    @property
    def width(self) -> int:
        return 1


Output: TypeAlias = Probability | Classes | Quantity


class SelfCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A real row and the output, [width], that training computed for it: a server that computes another is not healthy."""

    instance: dict[str, Value]
    output: tuple[float, ...]


class Schema(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The contract of one model.

    Attributes:
        features: in the order of the input tensor's columns, and of a CSV without header.
        output: what a prediction is.
        self_check: a row whose prediction is known.
    """

    features: tuple[Feature, ...]
    output: Output
    self_check: SelfCheck

    def __post_init__(self) -> None:
        names = [feature.name for feature in self.features]
        if not names or len(set(names)) != len(names):
            raise ValueError("features must be at least one, each name once")
        for name in names:
            _check_name("feature", name)
        if ENVELOPE in names:
            raise ValueError(f"feature {ENVELOPE!r}: a body's envelope has that name; choose another")
        if len(self.self_check.output) != self.output.width:
            raise ValueError(
                f"self_check.output has {len(self.self_check.output)} numbers, the output {self.output.width}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)


def _or_null(nullable: bool) -> str:
    return " or null" if nullable else ""


def _check_name(of: str, name: str) -> None:
    if not name.isidentifier():
        raise ValueError(f"{of} {name!r}: a name is made of letters, digits and underscores")


def _check_range(name: str, minimum: float, maximum: float) -> None:
    if not minimum < maximum:
        raise ValueError(f"{name}: minimum {minimum} is not below maximum {maximum}")
