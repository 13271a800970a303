"""The request's words: one codec for what goes over the wire, and one place that knows when a rule got weaker."""

import msgspec
import pytest

from modeldelivery.release.core.request import Member, Release, Rules

RELEASE = Release(live="v1.0.0", fleet=("v1.1.0", "v1.0.0"))
MEMBER = Member(
    version="v1.0.0", digest="sha256:a", model_name="m", instance_type="ml.c6i.large", instance_count=2
)
STRICT = Rules(
    rollout_required=True, separate_drop=True, bake_seconds=600, promotes_from="canary", drill_within_days=30
)


@pytest.mark.parametrize("part", [RELEASE, MEMBER, STRICT, Rules()])
def test_what_is_written_for_the_wire_is_read_back_the_same(part):
    assert msgspec.convert(part.plain(), type(part)) == part


def test_the_wire_is_in_camel_case_and_leaves_out_what_is_not_given():
    assert STRICT.plain() == {
        "rolloutRequired": True,
        "separateDrop": True,
        "bakeSeconds": 600,
        "promotesFrom": "canary",
        "drillWithinDays": 30,
    }
    assert not {"promotesFrom", "drillWithinDays"} & Rules().plain().keys()


def test_a_value_that_is_known_only_later_goes_over_the_wire_as_it_is():
    later = object()
    assert msgspec.structs.replace(MEMBER, model_name=later).plain()["modelName"] is later


@pytest.mark.parametrize("part", [RELEASE, MEMBER, STRICT])
def test_a_field_that_is_not_known_is_refused(part):
    with pytest.raises(msgspec.ValidationError, match="unknown field `colour`"):
        msgspec.convert({**part.plain(), "colour": "blue"}, type(part))


@pytest.mark.parametrize("rule", Rules.__struct_fields__)
def test_every_rule_that_is_given_up_has_its_sentence(rule):
    """One that is added without a sentence is found here."""
    given_up = msgspec.structs.replace(STRICT, **{rule: getattr(Rules(), rule)})
    assert getattr(STRICT, rule) != getattr(Rules(), rule)
    assert len(list(given_up.weaker_than(STRICT))) == 1


def test_a_drill_that_may_be_older_is_a_rule_that_got_weaker():
    (sentence,) = msgspec.structs.replace(STRICT, drill_within_days=90).weaker_than(STRICT)
    assert sentence == "a drill may be 90 days old, not 30"
    assert list(msgspec.structs.replace(STRICT, drill_within_days=7).weaker_than(STRICT)) == []


@pytest.mark.parametrize("rule", Rules.__struct_fields__)
def test_a_rule_that_is_taken_up_or_kept_weakens_nothing(rule):
    taken_up = msgspec.structs.replace(Rules(), **{rule: getattr(STRICT, rule)})
    assert list(taken_up.weaker_than(Rules())) == []
    assert list(STRICT.weaker_than(STRICT)) == []


def test_versions_from_another_environment_are_no_longer_from_the_one_before():
    (sentence,) = msgspec.structs.replace(STRICT, promotes_from="dev").weaker_than(STRICT)
    assert "in canary before" in sentence


@pytest.mark.parametrize(
    ("live", "fleet", "sentence"),
    [
        ("v2.0.0", ("v1.0.0",), r"live v2.0.0 is not in release.fleet .*: add it there"),
        ("v1.0.0", (), "has 0 versions; it may have 1 to 10"),
        ("v1.0.0", tuple(f"v1.{n}.0" for n in range(11)), "has 11 versions; it may have 1 to 10"),
        ("v1.0.0", ("v1.0.0", "v1.0.0"), "names v1.0.0 more than once"),
        ("v1", ("v1",), "'v1' is not a version"),
    ],
)
def test_a_release_that_contradicts_itself_is_refused(live, fleet, sentence):
    with pytest.raises(ValueError, match=sentence):
        Release(live=live, fleet=fleet)
