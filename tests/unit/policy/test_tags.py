"""Who pays, who answers: on everything that can say so."""

import pytest

from infra.settings import parse
from infra.tags import standard_tags
from modeldelivery.catalogue.table import TABLE
from modeldelivery.policy.rules.tags import REQUIRED, TAGS
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.infra.test_settings import GOOD
from tests.unit.policy.found import findings, not_known, resource, whats

COMPLETE = dict.fromkeys(REQUIRED, "something")
TAGGED = [
    "aws:s3/bucket:Bucket",
    "aws:iam/role:Role",
    "modeldelivery:index:Endpoint",
    "aws:new/service:Service",
    "kubernetes:apps/v1:StatefulSet",
]


@pytest.mark.parametrize("kind", TAGGED)
@pytest.mark.parametrize("tag", REQUIRED)
def test_a_missing_or_empty_tag_is_found_also_on_a_type_that_nobody_has_listed(kind, tag):
    assert whats(TAGS, resource(kind, tags={k: v for k, v in COMPLETE.items() if k != tag})) == [f"tag {tag}"]
    assert whats(TAGS, resource(kind, tags={**COMPLETE, tag: ""})) == [f"tag {tag}"]


@pytest.mark.parametrize("kind", TAGGED)
def test_no_tags_at_all_lack_every_one(kind):
    assert whats(TAGS, resource(kind)) == [f"tag {tag}" for tag in REQUIRED]


@pytest.mark.parametrize("kind", [*TAGGED, *sorted(TABLE)])
def test_with_all_tags_nothing_is_found(kind):
    assert whats(TAGS, resource(kind, tags=COMPLETE)) == []


@pytest.mark.parametrize(
    "kind",
    [
        *sorted(kind for kind in TABLE if not TABLE[kind].taggable),
        *("pulumi:providers:aws", "pulumi:pulumi:Stack", "model-delivery:index:ModelRegistry"),
    ],
)
def test_what_cannot_carry_tags_need_not(kind):
    assert whats(TAGS, resource(kind)) == []


def test_tags_that_are_not_known_yet_are_said_to_be():
    assert not_known(TAGS, resource("aws:s3/bucket:Bucket", tags=UNKNOWN)) == ["tags"]


def test_the_program_adds_what_the_rule_asks_for():
    assert set(standard_tags(parse("prod", GOOD))) == set(REQUIRED)


def test_only_a_type_without_a_row_is_told_of_the_table():
    fixes = {kind: findings(TAGS, resource(kind))[0].fix for kind in TAGGED}
    assert {kind for kind, fix in fixes.items() if "catalogue/table.py" in fix} == {
        "aws:new/service:Service",
        "kubernetes:apps/v1:StatefulSet",
    }
