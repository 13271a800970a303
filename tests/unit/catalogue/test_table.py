"""One row a type: as pulumi_aws's classes say it, for all that this project makes, and nowhere else."""

import ast
import re
from pathlib import Path

import pytest

import modeldelivery
from modeldelivery.catalogue import tokens
from modeldelivery.catalogue.kind import Cost, Nature
from modeldelivery.catalogue.table import TABLE, kind_of, rank
from modeldelivery.review.core.touched import is_component
from sandbox.pulumi_aws.services import KINDS
from tests.previews import names, recorded
from tests.unit.catalogue.classes import has_property, source
from tests.unit.review.documents import PRICES

AWS = sorted(type_ for type_ in TABLE if type_.startswith("aws:"))
UNKNOWN = [
    "aws:new/store:Store",
    "aws:s3/bucket:bucket",
    "kubernetes:apps/v1:StatefulSet",
    "modeldelivery:index:Other",
    "random:index/randomPassword:RandomPassword",
    "pulumi-python:dynamic:Resource",
]
TOKEN = re.compile(r"(?!pulumi:)[\w-]+:[\w.-]+(/\w+)*:[A-Z]\w*")  # the stack and providers are the engine's
PRODUCT = Path(modeldelivery.__file__).parent


@pytest.mark.parametrize("type_", AWS)
def test_a_row_names_a_type_of_pulumi_aws(type_):
    assert f'@pulumi.type_token("{type_}")' in source(type_)


@pytest.mark.parametrize("type_", AWS)
def test_a_row_says_of_tags_what_pulumi_aws_says(type_):
    assert TABLE[type_].taggable == has_property(type_, "tags")


@pytest.mark.parametrize(
    ("type_", "property_"),
    [
        (type_, property_)
        for type_ in AWS
        for property_ in (TABLE[type_].encryption_key, *(TABLE[type_].grants or ()))
        if property_
    ],
)
def test_a_property_that_a_row_names_is_one_of_pulumi_aws(type_, property_):
    assert has_property(type_, property_)


@pytest.mark.parametrize("type_", [type_ for type_ in AWS if TABLE[type_].data_policy])
def test_a_type_whose_policy_opens_data_has_a_policy(type_):
    assert has_property(type_, "policy")


@pytest.mark.parametrize("type_", UNKNOWN)
def test_a_type_without_a_row_is_taken_for_the_worst(type_):
    kind = kind_of(type_)
    assert (kind.words, kind.is_known) == (type_, False)
    assert (kind.nature, kind.cost, kind.taggable, kind.grants) == (Nature.HOLDS, Cost.UNKNOWN, True, None)


def test_the_engines_own_are_on_no_bill_and_have_no_tags():
    for type_ in ("pulumi:providers:aws", "pulumi:pulumi:Stack", "pulumi:pulumi:StackReference"):
        assert (kind_of(type_).cost, kind_of(type_).taggable) == (Cost.FREE, False)


def test_what_cannot_be_replaced_holds_something():
    assert {TABLE[type_].nature for type_ in TABLE if TABLE[type_].irreplaceable} == {Nature.HOLDS}


def test_a_reader_meets_the_endpoint_then_what_is_not_known_then_the_gravest():
    ranked = sorted([*reversed(TABLE), *UNKNOWN], key=rank)
    assert ranked[0] == tokens.ENDPOINT
    assert ranked[1 : 1 + len(UNKNOWN)] == UNKNOWN
    natures = [TABLE[type_].nature for type_ in ranked if type_ in TABLE]
    assert natures == sorted(natures, key=list(Nature).index)
    assert len({rank(type_) for type_ in TABLE}) == len(TABLE)


def test_what_has_a_price_a_month_is_paid_by_month():
    assert {kind_of(type_).cost for type_ in PRICES.month} == {Cost.BY_MONTH}


def test_a_type_that_is_asked_for_by_name_has_a_row():
    named = [value for name, value in vars(tokens).items() if name.isupper()]
    assert {
        each for value in named for each in ([value] if isinstance(value, str) else value)
    } <= TABLE.keys()


def test_every_type_that_the_sandbox_makes_has_a_row():
    assert KINDS.keys() - TABLE.keys() == set()


# What that one is about is a kind that nobody has looked at.
@pytest.mark.parametrize("name", [name for name in names() if name != "edge-new-kind"])
def test_every_type_in_a_recorded_preview_has_a_row(name):
    states = [
        state
        for step in recorded(name)["document"].get("steps", [])
        for state in (step.get("oldState"), step.get("newState"))
        if state
    ]
    types = {
        state["type"]
        for state in states
        if not is_component(state["type"], custom=state["custom"], project="model-delivery")
    }
    assert {type_ for type_ in types if not kind_of(type_).is_known} == set()


def types_in(text):
    """What names a type, as a whole text and no part of a sentence."""
    return {
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and TOKEN.fullmatch(node.value)
    }


@pytest.mark.parametrize("room", ["review", "policy"])
def test_no_other_table_knows_a_type(room):
    elsewhere = {
        str(path.relative_to(PRODUCT)): types_in(path.read_text()) for path in PRODUCT.glob(f"{room}/**/*.py")
    }
    assert elsewhere
    assert {path: types for path, types in elsewhere.items() if types} == {}


def test_a_type_in_a_room_would_be_seen():
    table = (
        '_FREE = {"aws:s3/bucket:Bucket", "kubernetes:apps/v1:Deployment", "modeldelivery:index:Endpoint"}'
    )
    assert types_in(table) == {
        "aws:s3/bucket:Bucket",
        "kubernetes:apps/v1:Deployment",
        "modeldelivery:index:Endpoint",
    }
