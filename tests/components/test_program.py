"""The program as a whole: one graph for every environment, and an empty registry is no error."""

import json

import pulumi
import pytest

from modeldelivery.catalogue.kind import Cost
from modeldelivery.catalogue.table import kind_of
from tests.unit.review.documents import PRICES


def graph(recorder, environment, account):
    """Types, names, parents, dependencies and property names, with the environment's own words taken out."""
    text = json.dumps(
        sorted(
            (
                resource.type,
                resource.name,
                resource.parent,
                sorted(resource.inputs),
                sorted(resource.depends_on),
            )
            for resource in recorder.resources
        )
    )
    return text.replace(environment, "ENVIRONMENT").replace(account, "ACCOUNT")


def test_staging_and_prod_are_the_same_graph_but_for_what_trains(run, prod):
    staging = run("staging", data=None, training=None, build=None, drift=None)
    assert graph(staging, "staging", "111111111111") == graph(prod, "prod", "222222222222")


def test_with_nothing_registered_there_is_everything_but_the_endpoint(unregistered, prod):
    missing = {resource.type for resource in prod.resources} - {
        resource.type for resource in unregistered.resources
    }
    assert missing == {
        "modeldelivery:index:Endpoint",
        "model-delivery:index:ModelEndpoint",
        "model-delivery:index:ServingRole",
        "aws:sagemaker/model:Model",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:appautoscaling/target:Target",
        "aws:appautoscaling/policy:Policy",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "model-delivery:index:Monitoring",
        "aws:cloudwatch/dashboard:Dashboard",
        "model-delivery:index:AlarmTopic",
        "aws:sns/topic:Topic",
        "aws:sns/topicPolicy:TopicPolicy",
    }


def test_with_nothing_registered_the_program_says_what_to_type(unregistered):
    (message,) = unregistered.messages
    assert "modelctl register --env prod" in message
    assert "Pulumi.prod.yaml" in message


def test_without_a_release_in_config_there_is_no_endpoint(run):
    assert run("prod", release="{}").of_type("modeldelivery:index:Endpoint") == []


def test_the_registry_is_asked_even_without_a_release(run):
    """Taking `release` away behind a journal that has served is an error, and only the provider can know."""
    (call,) = run("prod", release="{}").calls
    assert call.token == "modeldelivery:index:getFleet"
    assert call.args == {
        "model": "flights",
        "environment": "prod",
        "account": "222222222222",
        "region": "eu-west-1",
        "profile": "prod",
        "fleet": [],
        "candidates": 0,
        "instanceType": "ml.c6i.large",
        "steps": False,
    }


def test_the_programs_only_call_is_for_the_fleet(run):
    (call,) = run("prod", release='{"live": "v1.0.0", "fleet": ["v1.1.0", "v1.0.0"]}').calls
    assert call.args["fleet"] == ["v1.1.0", "v1.0.0"]
    assert call.args["live"] == "v1.0.0"


def test_a_version_that_is_not_registered_is_a_sentence_and_not_a_traceback(run):
    with pytest.raises(pulumi.RunError, match=r"^v1\.1\.0 is not registered$"):
        run("prod", registered=frozenset({"v1.0.0"}))


def test_bad_config_is_a_sentence_before_any_resource(run):
    with pytest.raises(pulumi.RunError, match=r"Pulumi\.prod\.yaml: model-delivery:protect"):
        run("prod", protect="perhaps")


def test_everything_that_can_carry_tags_carries_them(prod):
    untagged = {each.type for each in prod.resources if each.custom and "tags" not in each.inputs}
    assert {type_ for type_ in untagged if kind_of(type_).taggable} == set()
    assert prod.only("aws:s3/bucket:Bucket", "flights-prod-registry").inputs["tags"] == {
        "model": "flights",
        "environment": "prod",
        "owner": "ml-platform",
        "managed-by": "pulumi",
    }


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_every_type_of_either_stack_has_a_row_in_the_catalogue(environment, request):
    types = {each.type for each in request.getfixturevalue(environment).resources if each.custom}
    assert "modeldelivery:index:Endpoint" in types
    assert {type_ for type_ in types if not kind_of(type_).is_known} == set()


def test_what_the_program_pays_by_month_has_a_price(prod):
    types = {each.type for each in prod.resources if kind_of(each.type).cost is Cost.BY_MONTH}
    assert types <= PRICES.month.keys()
    assert types


def test_exports_are_known_from_config(prod):
    assert set(prod.exports) == {
        *(
            "alarmTopic",
            "alarms",
            "dashboard",
            "endpoint",
            "keyArn",
            "packageGroup",
            "registryBucket",
            "repositoryUrl",
        )
    }


def test_the_graph_stays_small(prod):
    """An unchanged preview pays for every resource."""
    assert len([resource for resource in prod.resources if resource.type.startswith("aws:")]) <= 35
