from typing import Annotated

import msgspec
import pytest

from pipelines import recipe
from pipelines.recipe import BadRecipeError


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    depth: Annotated[int, msgspec.Meta(ge=1)]
    rate: float = 0.5


def test_a_recipe_is_found_by_its_models_name():
    assert "flights" in recipe.names()
    for name in recipe.names():
        assert recipe.find(name).name == name


@pytest.mark.parametrize("model", ["trains", "server", "../flights", ""])
def test_a_model_without_a_recipe_is_refused_with_those_that_have_one(model):
    with pytest.raises(BadRecipeError, match=r"no recipe of a model .*; there is one of .*flights"):
        recipe.find(model)


def test_parameters_are_read_from_texts():
    assert recipe.parameters(Settings, {"depth": "3"}, "there") == Settings(depth=3)
    assert recipe.parameters(Settings, {"depth": "3", "rate": "0.1"}, "there") == Settings(depth=3, rate=0.1)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (
            {"depth": "3", "dept": "4"},
            "there: dept is '4', but there is no such parameter; allowed: depth, rate",
        ),
        ({"depth": "3", "": "4"}, "there:  is '4', but there is no such parameter"),
        ({"rate": "0.1"}, "there: depth is missing; allowed: depth, rate"),
        ({"depth": "three"}, "there: depth is 'three': Expected `int`"),
        ({"depth": "0"}, "there: depth is '0': Expected `int` >= 1"),
        ({"depth": "1", "rate": "fast"}, "there: rate is 'fast': Expected `float`"),
    ],
)
def test_a_parameter_that_the_recipe_does_not_take_is_refused_by_name_and_value(values, reason):
    with pytest.raises(BadRecipeError, match=reason):
        recipe.parameters(Settings, values, "there")
