"""What a rule's target gets."""

import json

import pytest

from sandbox.events.target import TargetError, check, text

EVENT = {"source": "aws.codepipeline", "detail": {"pipeline": "flights", "reason": 'exit "1"', "tries": 2}}
RULE = {"arn": "arn:aws:events:eu-west-1:111111111111:rule/failures", "name": "failures"}


def transformed(template, **paths):
    return text({"InputTransformer": {"InputTemplate": template, "InputPathsMap": paths}}, EVENT, RULE)


def test_without_more_it_is_the_event():
    assert json.loads(text({}, EVENT, RULE)) == EVENT


def test_a_constant_and_a_part_stand_for_the_event():
    assert text({"Input": '"x"'}, EVENT, RULE) == '"x"'
    assert text({"InputPath": "$.detail.tries"}, EVENT, RULE) == "2"


def test_a_value_is_text_between_quotation_marks_and_json_elsewhere():
    assert transformed('"<p> failed: <r>"', p="$.detail.pipeline", r="$.detail.reason") == (
        '"flights failed: exit \\"1\\""'
    )
    assert json.loads(transformed('{"p": <p>, "n": <n>}', p="$.detail.pipeline", n="$.detail.tries")) == {
        "p": "flights",
        "n": 2,
    }


def test_what_the_event_does_not_hold_is_empty_text_and_null():
    assert transformed('"<x>" <x>', x="$.detail.nothing") == '"" null'


def test_letters_stand_as_they_are_wherever_a_target_takes_them_from():
    event = {"detail": {"reason": "später … ✓"}}
    whole = {"InputPathsMap": {"r": "$.detail.reason"}, "InputTemplate": '"<r>" <r> <aws.events.event>'}
    for target in ({}, {"InputPath": "$.detail"}, {"InputTransformer": whole}):
        assert "später … ✓" in text(target, event, RULE)
        assert "\\u" not in text(target, event, RULE)


def test_an_entry_of_a_list_is_named_by_its_place_and_one_that_is_not_there_is_empty():
    event = {"detail": {"variables": [{"value": "v1.2.0"}, {"value": "lint"}]}}
    transformer = {
        "InputPathsMap": {
            name: f"$.detail.variables[{place}].value" for place, name in enumerate(("a", "b", "c"))
        },
        "InputTemplate": '"<a>,<b>,<c>"',
    }
    target = {"InputTransformer": transformer}
    check(target)
    assert text(target, event, {"arn": "arn:rule", "name": "failures"}) == '"v1.2.0,lint,"'


def test_a_template_may_name_its_rule_and_the_whole_event():
    assert json.loads(transformed('{"by": <aws.events.rule-name>, "e": <aws.events.event>}')) == {
        "by": "failures",
        "e": EVENT,
    }


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ({"InputPath": "$.detail[*]"}, "reads paths such as"),
        ({"InputTransformer": {"InputTemplate": "<x>", "InputPathsMap": {}}}, "names <x>"),
        ({"InputTransformer": {"InputTemplate": "", "InputPathsMap": {"x": "detail"}}}, "not 'detail'"),
    ],
)
def test_what_is_not_read_is_refused(target, why):
    with pytest.raises(TargetError, match=why):
        check(target)
