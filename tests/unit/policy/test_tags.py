"""Who pays, who answers: on everything that can say so."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from infra.settings import parse
from infra.tags import standard_tags
from modeldelivery.policy.rules.tags import CANNOT_CARRY, REQUIRED, TAGS
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.infra.test_settings import GOOD
from tests.unit.policy.found import not_known, resource, whats

COMPLETE = dict.fromkeys(REQUIRED, "something")
TAGGED = [
    "aws:s3/bucket:Bucket",
    "aws:iam/role:Role",
    "modeldelivery:index:Endpoint",
    "aws:new/service:Service",
]


def source(kind):
    """pulumi_aws's class of a type, as text: importing it costs seconds."""
    _, module, _ = kind.split(":")
    service, name = module.split("/")
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
    (package,) = find_spec("pulumi_aws").submodule_search_locations
    folder = {"lambda": "lambda_"}.get(service, service)
    return (Path(package) / folder / f"{snake}.py").read_text()


@pytest.mark.parametrize("kind", TAGGED)
@pytest.mark.parametrize("tag", REQUIRED)
def test_a_missing_or_empty_tag_is_found_also_on_a_type_that_nobody_has_listed(kind, tag):
    assert whats(TAGS, resource(kind, tags={k: v for k, v in COMPLETE.items() if k != tag})) == [f"tag {tag}"]
    assert whats(TAGS, resource(kind, tags={**COMPLETE, tag: ""})) == [f"tag {tag}"]


@pytest.mark.parametrize("kind", TAGGED)
def test_no_tags_at_all_lack_every_one(kind):
    assert whats(TAGS, resource(kind)) == [f"tag {tag}" for tag in REQUIRED]


@pytest.mark.parametrize("kind", [*TAGGED, *sorted(CANNOT_CARRY)])
def test_with_all_tags_nothing_is_found(kind):
    assert whats(TAGS, resource(kind, tags=COMPLETE)) == []


@pytest.mark.parametrize(
    "kind", ["aws:kms/alias:Alias", "pulumi:providers:aws", "model-delivery:index:ModelRegistry"]
)
def test_what_cannot_carry_tags_need_not(kind):
    assert whats(TAGS, resource(kind)) == []


def test_tags_that_are_not_known_yet_are_said_to_be():
    assert not_known(TAGS, resource("aws:s3/bucket:Bucket", tags=UNKNOWN)) == ["tags"]


def test_the_program_adds_what_the_rule_asks_for():
    assert set(standard_tags(parse("prod", GOOD))) == set(REQUIRED)


@pytest.mark.parametrize("kind", sorted(CANNOT_CARRY))
def test_what_is_listed_without_tags_has_none_in_pulumi_aws(kind):
    assert "def tags(" not in source(kind)


def test_a_type_with_tags_would_be_noticed_there():
    assert "def tags(" in source("aws:s3/bucket:Bucket")
