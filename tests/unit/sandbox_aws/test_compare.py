import json

import pytest

from modeldelivery.plugin.protocol import Change
from modeldelivery.plugin.values import UNKNOWN
from sandbox.pulumi_aws.compare import changes, meaning
from sandbox.pulumi_aws.property import block, blocks, document, flag, integer, mapping, text, texts

TABLE = {
    "name": text(replaces=True),
    "size": integer(default=1),
    "chosen": text(computed=True),
    "policy": document(),
    "tags": mapping(),
    "rules": blocks({"id": text(), "days": integer(), "on": flag(default=False)}),
    "block": block({"a": text(), "b": text(computed=True)}),
    "names": texts(unordered=True),
    "arn": text(output=True),
}


def statement(**more):
    return json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", **more}]})


def test_a_default_said_or_not_is_the_same():
    assert changes(TABLE, {"size": 1}, {}) == {}
    assert changes(TABLE, {}, {"size": 1}) == {}


def test_a_default_that_was_left_is_a_change():
    assert changes(TABLE, {"size": 2}, {}) == {"size": Change.UPDATE}


def test_what_the_service_chose_is_no_change():
    assert changes(TABLE, {"chosen": "by the service", "arn": "a"}, {}) == {}


def test_a_replacing_property_replaces():
    assert changes(TABLE, {"name": "a"}, {"name": "b"}) == {"name": Change.UPDATE_REPLACE}


def test_what_is_not_known_yet_is_a_change():
    assert changes(TABLE, {"name": "a"}, {"name": UNKNOWN}) == {"name": Change.UPDATE_REPLACE}
    assert changes(TABLE, {"rules": [{"id": "a"}]}, {"rules": UNKNOWN}) == {"rules": Change.UPDATE}
    assert changes(TABLE, {"rules": [{"id": "a"}]}, {"rules": [{"id": UNKNOWN}]}) == {
        "rules[0].id": Change.UPDATE
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Action": ["a", "b"]}, {"Action": ["b", "a"]}),
        ({"Action": ["a"]}, {"Action": "a"}),
        ({"Sid": "x", "Action": "a"}, {"Action": "a", "Sid": "x"}),
    ],
)
def test_policies_that_mean_the_same_are_the_same(one, other):
    assert changes(TABLE, {"policy": statement(**one)}, {"policy": statement(**other)}) == {}


def test_policies_that_differ_are_a_change():
    assert changes(TABLE, {"policy": statement(Action="a")}, {"policy": statement(Action="b")}) == {
        "policy": Change.UPDATE
    }


def test_a_sets_order_means_nothing_and_its_content_does():
    assert changes(TABLE, {"names": ["a", "b"]}, {"names": ["b", "a"]}) == {}
    assert changes(TABLE, {"names": ["a", "b"]}, {"names": ["a"]}) == {"names": Change.UPDATE}


def test_a_lists_order_means_something():
    assert set(
        changes(TABLE, {"rules": [{"id": "a"}, {"id": "b"}]}, {"rules": [{"id": "b"}, {"id": "a"}]})
    ) == {
        "rules[0].id",
        "rules[1].id",
    }


def test_nothing_and_empty_are_the_same():
    assert changes(TABLE, {"tags": {}, "rules": [], "block": {}, "names": [], "policy": ""}, {}) == {}


def test_a_change_inside_names_its_path():
    old = {
        "tags": {"owner": "ml", "a-b": "1"},
        "rules": [{"id": "x", "days": 1}],
        "block": {"a": "1", "b": "2"},
    }
    new = {"tags": {"cost": "1"}, "rules": [{"id": "x", "days": 2, "on": True}], "block": {"a": "3"}}
    assert changes(TABLE, old, new) == {
        "tags.owner": Change.DELETE,
        'tags["a-b"]': Change.DELETE,
        "tags.cost": Change.ADD,
        "rules[0].days": Change.UPDATE,
        "rules[0].on": Change.ADD,
        "block.a": Change.UPDATE,
    }


def test_a_list_that_grew_is_one_change():
    assert changes(TABLE, {"rules": [{"id": "a"}]}, {"rules": [{"id": "a"}, {"id": "b"}]}) == {
        "rules": Change.UPDATE
    }


def test_a_text_that_is_no_json_means_itself():
    assert meaning(TABLE["policy"], "{") == '"{"'
