"""What a model brings to the generic steps. The one of `flights` is in `pipelines/flights/recipe.py`."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from pipelines.dataset import Table, Tables
from pipelines.examples import Examples
from pipelines.server.rows import Matrix
from pipelines.server.schema import Feature, Schema

_ROOM = Path(__file__).parent


class BadRecipeError(ValueError):
    """A model that has no recipe, or a parameter that its recipe does not take."""


@dataclass(frozen=True)
class Fitted:
    """A trained model.

    Attributes:
        onnx: [rows, features] → [rows, width of the output].
        schema: what it takes and gives, with a row whose prediction is known.
        metrics: what fitting measured on its own rows, flat.
    """

    onnx: bytes
    schema: Schema
    metrics: dict[str, float]


@dataclass(frozen=True)
class Checks:
    """What the validation gate needs to know of a model's data.

    Attributes:
        suites: folder with one suite of expectations a table, `<table>.json`; also for each of `derived`.
        last: the last month that a window reads, as data files name it.
        parameters: values of a month that suites name by `$PARAMETER`.
        derived: tables that `relations` makes.
        relations: of a month's tables and those of the month before, None for the first.
        features: learned from training examples, in the tensor's order.
        encode: training's way from examples to the input tensor.
    """

    suites: Path
    last: Callable[[Any], str]
    parameters: Callable[[str], Mapping[str, object]]
    derived: tuple[str, ...]
    relations: Callable[[Tables, Tables | None], Tables]
    features: Callable[[pd.DataFrame], tuple[Feature, ...]]
    encode: Callable[[pd.DataFrame, tuple[Feature, ...]], Matrix]


@dataclass(frozen=True)
class Recipe:
    """How one model is made of data.

    Attributes:
        name: the model's.
        tables: that it reads, each a folder of the data set.
        window: parameters of `featurize`, a msgspec.Struct that refuses unknown fields.
        featurize: from tables to examples; the same for the same arguments.
        groups: from rows as a client sends them to the group of each, by dimension; those of `slice.<dimension>` in the
            examples that a row alone tells. A value may be missing.
        settings: parameters of `fit`, likewise.
        fit: from training examples to a model; the same bytes for the same arguments.
        checks: of its data.
        thresholds: file with what an evaluation demands.
    """

    name: str
    tables: tuple[Table, ...]
    window: type[msgspec.Struct]
    featurize: Callable[[Tables, Any], Examples]
    groups: Callable[[pd.DataFrame], Mapping[str, "pd.Series[Any]"]]
    settings: type[msgspec.Struct]
    fit: Callable[[pd.DataFrame, Any], Fitted]
    checks: Checks
    thresholds: Path


def names() -> tuple[str, ...]:
    """The models that have a recipe."""
    return tuple(sorted(path.parent.name.replace("_", "-") for path in _ROOM.glob("*/recipe.py")))


def find(model: str) -> Recipe:
    """The recipe of a model, `RECIPE` of `pipelines.<model>.recipe`.

    Raises:
        BadRecipeError: there is none.
    """
    if model not in names():
        raise BadRecipeError(f"no recipe of a model {model!r}; there is one of {', '.join(names())}")
    recipe = importlib.import_module(f"pipelines.{model.replace('-', '_')}.recipe").RECIPE
    assert isinstance(recipe, Recipe)
    return recipe


def parameters(kind: type[msgspec.Struct], values: Mapping[str, str], where: str) -> Any:
    """Read parameters, which SageMaker gives as texts.

    Args:
        kind: `Recipe.window` or `Recipe.settings`.
        values: by name.
        where: they stand, for the sentence.

    Raises:
        BadRecipeError: one is unknown, missing or not allowed.
    """
    allowed = msgspec.structs.fields(kind)
    listed = ", ".join(field.name for field in allowed)
    unknown = next((name for name in values if name not in listed.split(", ")), None)
    if unknown is not None:
        raise BadRecipeError(
            f"{where}: {unknown} is {values[unknown]!r}, but there is no such parameter; allowed: {listed}"
        )
    missing = next((field.name for field in allowed if field.required and field.name not in values), None)
    if missing is not None:
        raise BadRecipeError(f"{where}: {missing} is missing; allowed: {listed}")
    for field in allowed:
        if field.name in values:
            try:
                msgspec.convert(values[field.name], field.type, strict=False)
            except msgspec.ValidationError as error:
                raise BadRecipeError(f"{where}: {field.name} is {values[field.name]!r}: {error}") from error
    try:
        return msgspec.convert(dict(values), kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadRecipeError(f"{where}: {error}") from error
