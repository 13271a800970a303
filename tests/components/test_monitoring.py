"""A dashboard is there where config asks for one, of the fleet as it is and of its alarms."""

import json

import pytest

DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"


@pytest.fixture(scope="module")
def watched(run):
    return run("staging", monitoring='{"dashboard": true}')


def test_without_a_word_in_config_nothing_is_drawn(run):
    assert run("prod", monitoring='{"dashboard": false}').of_type(DASHBOARD) == []


def test_a_dashboard_has_the_endpoints_name_and_is_told(watched):
    dashboard = watched.only(DASHBOARD)
    assert dashboard.inputs["dashboardName"] == "flights-staging"
    assert watched.exports["dashboard"] == "flights-staging"


def test_it_draws_every_version_and_shows_every_alarm_of_them(watched):
    document = json.loads(watched.only(DASHBOARD).inputs["dashboardBody"])
    (alarms,) = [w["properties"]["alarms"] for w in document["widgets"] if w["type"] == "alarm"]
    names = {alarm.rpartition(":")[2] for alarm in alarms}
    declared = {f"{each.name}-0123456" for each in watched.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")}
    assert names == declared
    assert all(alarm.startswith("arn:aws:cloudwatch:eu-west-1:111111111111:alarm:") for alarm in alarms)
    text = json.dumps(document)
    assert "v1-1-0" in text
    assert "v1-0-0" in text


def test_jobs_are_drawn_where_models_are_trained(run, watched):
    assert "TrainingJobs" in watched.only(DASHBOARD).inputs["dashboardBody"]
    elsewhere = run("prod", monitoring='{"dashboard": true}')
    assert "TrainingJobs" not in elsewhere.only(DASHBOARD).inputs["dashboardBody"]


def test_with_nothing_registered_there_is_nothing_to_draw(run):
    assert run("prod", monitoring='{"dashboard": true}', registered=frozenset()).of_type(DASHBOARD) == []
