"""The same where CI reaches clusters: what is on them is told, delivered and looked at beside the rest."""

import pytest

from tests.ci.jenkins.build import APPROVERS
from tests.ci.runs.rehearsals import (
    CHANGE,
    CLUSTERS,
    DELIVERED,
    MAIN,
    NIGHTLY,
    PREVIEWED,
    PUSH,
    REQUEST,
    STAGED,
    previews,
)

pytestmark = pytest.mark.stacks


def in_order(made, *goals_):
    """Whether these were made, each after the one before; jobs of others may run between."""
    return [goal for goal in made if goal in goals_] == list(goals_)


STAGED_EDGE = [*previews("edge-staging"), "deploy edge-staging"]
EDGE = [*STAGED_EDGE, *previews("edge-prod"), "deploy edge-prod"]


def test_github_delivers_what_is_on_clusters_where_it_reaches_them(github):
    made, ended = github("push", more=CLUSTERS)

    assert (sorted(made), ended.ok) == (
        sorted([*DELIVERED, *EDGE]),
        True,
    ), ended.output
    assert in_order(made, "deploy staging", *EDGE)
    assert (
        "deploy edge-prod finds [edge-prod.json edge-prod.plan ] with profile [edge-prod] and state [s3://edge-prod]"
        in ended.output
    )
    assert "preview edge-prod finds [edge-staging.json edge-staging.plan ]" in ended.output


def test_gitlab_delivers_what_is_on_clusters_where_it_reaches_them(gitlab):
    made, ended = gitlab(
        PUSH | CLUSTERS, arguments=("--manual", "deploy-prod", "--manual", "deploy-edge-prod")
    )

    assert (sorted(made), ended.ok) == (
        sorted([*DELIVERED, *EDGE]),
        True,
    ), ended.output
    assert in_order(made, "deploy staging", *EDGE)
    assert "with profile [edge-prod] and state [s3://edge-prod]" in ended.output


def test_jenkins_delivers_what_is_on_clusters_where_it_reaches_them(jenkins):
    made, ended = jenkins(MAIN | CLUSTERS, approvals=(APPROVERS,))

    assert (made, ended.ok) == (
        [*STAGED, *STAGED_EDGE, *DELIVERED[len(STAGED) :], *EDGE[len(STAGED_EDGE) :]],
        True,
    ), ended.output
    assert (
        "deploy edge-prod finds [edge-prod.json edge-prod.plan ] with profile [edge-prod] and state [s3://edge-prod]"
        in ended.output
    )


PREVIEWS = [*PREVIEWED, *previews("edge-staging", "edge-prod"), "comment"]
DRIFTS = ["drift edge-prod", "drift edge-staging", "drift prod", "drift staging", "report"]


@pytest.mark.soak
def test_github_tells_of_what_is_on_clusters_in_the_same_comment(github):
    made, ended = github("pull_request", more=CLUSTERS)

    assert (sorted(made), made[-1], ended.ok) == (sorted(PREVIEWS), "comment", True), ended.output
    assert "edge-prod.json edge-prod.plan edge-staging.json edge-staging.plan model.page" in ended.output


@pytest.mark.soak
def test_github_comments_when_a_cluster_is_not_reached(github):
    made, ended = github("pull_request", more=CLUSTERS, fail="preview edge-staging")

    told = [*PREVIEWED, "preview edge-staging", "comment"]
    assert (sorted(made), made[-1], ended.ok) == (sorted(told), "comment", False), ended.output


@pytest.mark.soak
def test_gitlab_tells_of_what_is_on_clusters_in_the_same_comment(gitlab):
    made, ended = gitlab(REQUEST | CLUSTERS)

    assert (sorted(made), made[-1], ended.ok) == (sorted(PREVIEWS), "comment", True), ended.output


@pytest.mark.soak
def test_jenkins_tells_of_what_is_on_clusters_in_the_same_comment(jenkins):
    made, ended = jenkins(CHANGE | CLUSTERS)

    assert (sorted(made), made[-1], ended.ok) == (sorted(PREVIEWS), "comment", True), ended.output


@pytest.mark.soak
def test_github_reports_drift_on_clusters_in_the_same_issue(github):
    made, ended = github("schedule", more=CLUSTERS)

    assert sorted(each for each in made if each not in NIGHTLY) == DRIFTS, ended.output
    assert (
        "report  finds [drift-edge-prod.json drift-edge-staging.json drift-prod.json drift-staging.json ]"
        in ended.output
    )


@pytest.mark.soak
def test_gitlab_reports_drift_on_clusters_in_the_same_issue(gitlab):
    made, ended = gitlab({"CI_PIPELINE_SOURCE": "schedule"} | CLUSTERS)

    assert sorted(each for each in made if each not in NIGHTLY) == DRIFTS, ended.output


@pytest.mark.soak
def test_jenkins_reports_drift_on_clusters_also_when_one_is_not_reached(jenkins):
    made, ended = jenkins(MAIN | CLUSTERS, params={"DRIFT": True}, fail="drift edge-staging")

    assert (sorted(made), made[-1], ended.ok) == (DRIFTS, "report", False), ended.output
