import pytest
from botocore.model import ShapeResolver

from sandbox.api import acts
from sandbox.api.acts import not_acted_on
from sandbox.api.structs import acts_by
from sandbox.sagemaker.requests import Input

SHAPES = {
    "Input": {
        "type": "structure",
        "members": {
            "Name": {"shape": "Text"},
            "Variants": {"shape": "Variants"},
            "Watched": {"shape": "Flag"},
            "Level": {"shape": "Number"},
            "Note": {"shape": "Text"},
            "Routing": {"shape": "Routing"},
            "Labels": {"shape": "Labels"},
        },
    },
    "Text": {"type": "string"},
    "Flag": {"type": "boolean"},
    "Number": {"type": "integer"},
    "Variant": {"type": "structure", "members": {"Name": {"shape": "Text"}, "Shell": {"shape": "Flag"}}},
    "Variants": {"type": "list", "member": {"shape": "Variant"}},
    "Routing": {"type": "structure", "members": {"Strategy": {"shape": "Text"}, "Sticky": {"shape": "Flag"}}},
    "Labels": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
}
INPUT = ShapeResolver(SHAPES).get_shape_by_name("Input")


class Variant(Input, frozen=True, kw_only=True):
    name: str


class Create(Input, frozen=True, kw_only=True):
    name: str
    variants: list[Variant] | None = None
    labels: dict[str, str] | None = None


@pytest.fixture(autouse=True)
def _defaults(monkeypatch):
    monkeypatch.setattr(acts, "DEFAULTS", {"here": {"Input.Watched": True, "Routing.Strategy": "RANDOM"}})


def refused(**members):
    return list(not_acted_on("here", INPUT, {"Name": "a", **members}, acts_by(Create)))


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"Level": 0, "Note": ""},
        {"Variants": [{"Name": "a", "Shell": False}], "Labels": {"any": "thing"}},
        {"Watched": True},
        {"Routing": {}},
        {"Routing": {"Strategy": "RANDOM", "Sticky": False}},
    ],
)
def test_aws_defaults_are_taken(members):
    assert refused(**members) == []


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"Variants": [{"Name": "a"}, {"Name": "b", "Shell": True}]}, "Variants[1].Shell = true"),
        ({"Watched": False}, "Watched = false"),
        ({"Level": 3}, "Level = 3"),
        ({"Note": "x"}, 'Note = "x"'),
        ({"Routing": {"Strategy": "LEAST"}}, 'Routing.Strategy = "LEAST"'),
        ({"Routing": {"Strategy": "RANDOM", "Sticky": True}}, "Routing.Sticky = true"),
    ],
)
def test_another_value_is_refused_by_name(members, what):
    assert refused(**members) == [f"the sandbox does not act on {what}"]
