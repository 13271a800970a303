"""Which jobs a platform's runner starts, and in which order, when make does nothing: the definitions' own logic."""

import pytest

from tests.ci.jenkins.build import APPROVERS, TIMER
from tests.ci.runs.rehearsals import (
    CHANGE,
    CHECKED,
    DELIVERED,
    MAIN,
    MODELLED,
    NIGHTLY,
    OF_TAG,
    PREVIEWED,
    PUSH,
    PUSHED_TAG,
    REQUEST,
    STAGED,
)

pytestmark = pytest.mark.stacks


def test_github_previews_a_pull_request_and_comments(github):
    made, ended = github("pull_request")

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], True), ended.output
    assert (
        "preview prod finds [staging.json staging.plan ] with profile [prod] and state [s3://prod]"
        in ended.output
    )
    assert (
        "comment  finds [model.page prod.json prod.plan staging.json staging.plan ] with profile []"
        in ended.output
    )


def test_github_comments_when_a_preview_failed_and_the_pull_request_is_red(github):
    made, ended = github("pull_request", fail="preview prod")

    assert (made, ended.ok) == ([*PREVIEWED[:-1], "comment"], False), ended.output
    assert ended.jobs["preview prod"] is False
    assert "comment  finds [model.page prod.json prod.plan staging.json staging.plan ]" in ended.output


def test_github_previews_and_comments_when_the_model_was_stopped_and_the_pull_request_is_red(github):
    made, ended = github("pull_request", fail="model")

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], False), ended.output
    assert "comment  finds [model.page prod.json" in ended.output


def test_github_comments_when_git_delivers_something_else_than_config_says_and_the_pull_request_is_red(
    github,
):
    made, ended = github("pull_request", fail="render staging")

    assert (made, ended.ok) == ([*MODELLED, "comment"], False), ended.output
    assert "comment  finds [model.page staging.json staging.plan ]" in ended.output


def test_github_previews_nothing_that_fails_its_tests(github):
    made, ended = github("pull_request", fail="test")

    assert (made, ended.ok) == (CHECKED, False), ended.output


def test_github_checks_and_tests_what_a_fork_proposes_and_says_what_it_does_not_get(github):
    made, ended = github("pull_request", head="stranger/model-delivery")

    assert (made, ended.ok) == (CHECKED, True), ended.output
    assert "This pull request comes from a fork" in ended.output


def test_github_delivers_main_one_environment_after_the_other(github):
    made, ended = github("push")

    assert (made, ended.ok) == (DELIVERED, True), ended.output
    assert (
        "deploy prod finds [prod.json prod.plan ] with profile [prod] and state [s3://prod]" in ended.output
    )


def test_github_leaves_production_alone_when_staging_failed(github):
    made, ended = github("push", fail="deploy staging")

    assert (made, ended.ok) == (STAGED, False), ended.output


def test_github_reports_the_drift_of_both_environments_also_when_one_cannot_be_looked_at(github):
    made, ended = github("schedule", fail="drift staging")

    looked = [target for target in made if target not in NIGHTLY]
    assert (sorted(looked[:2]), looked[2:], ended.ok) == (
        ["drift prod", "drift staging"],
        ["report"],
        False,
    ), ended.output
    assert "report  finds [drift-prod.json drift-staging.json ]" in ended.output


def test_github_keeps_what_a_search_by_night_found(github, tmp_path):
    made, ended = github("schedule", fail="soak")

    assert ("soak" in made, ended.ok) == (True, False), ended.output
    kept = {str(path.relative_to(tmp_path)) for path in (tmp_path / "artifacts" / "soak").rglob("*")}
    assert kept == {"artifacts/soak/report.xml", "artifacts/soak/examples", "artifacts/soak/examples/one"}


def test_gitlab_previews_a_merge_request_and_comments(gitlab):
    made, ended = gitlab(REQUEST)

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], True), ended.output
    assert (
        "preview prod finds [model.page staging.json staging.plan ] with profile [prod] and state [s3://prod]"
        in ended.output
    )


def test_gitlab_comments_when_a_preview_failed_and_the_merge_request_is_red(gitlab):
    made, ended = gitlab(REQUEST, fail="preview prod")

    assert (made, ended.ok) == ([*PREVIEWED[:-1], "comment"], False), ended.output


def test_gitlab_previews_and_comments_when_the_model_was_stopped_and_the_merge_request_is_red(gitlab):
    made, ended = gitlab(REQUEST, fail="model")

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], False), ended.output


def test_gitlab_checks_and_tests_what_a_fork_proposes(gitlab):
    made, ended = gitlab(REQUEST | {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "4"})

    assert (made, ended.ok) == (CHECKED, True), ended.output


def test_gitlab_stops_before_production_until_a_person_goes_on(gitlab):
    made, ended = gitlab(PUSH)

    assert made == DELIVERED[:-1], ended.output


def test_gitlab_delivers_production_when_a_person_went_on(gitlab):
    made, ended = gitlab(PUSH, arguments=("--manual", "deploy-prod"))

    assert (made, ended.ok) == (DELIVERED, True), ended.output


@pytest.mark.soak
def test_gitlab_deploys_nothing_of_which_git_delivers_something_else_than_config_says(gitlab):
    made, ended = gitlab(PUSH, fail="render staging")

    assert (made, ended.ok) == (STAGED[:-1], False), ended.output


def test_gitlab_reports_the_drift_of_both_environments(gitlab):
    made, ended = gitlab({"CI_PIPELINE_SOURCE": "schedule"})

    looked = [target for target in made if target not in NIGHTLY]
    assert (sorted(looked[:2]), looked[2:], ended.ok) == (
        ["drift prod", "drift staging"],
        ["report"],
        True,
    ), ended.output


def test_gitlab_searches_by_night_whatever_drifted(gitlab):
    made, ended = gitlab({"CI_PIPELINE_SOURCE": "schedule"}, fail="drift prod")

    assert ("soak" in made, ended.ok) == (True, False), ended.output


def test_gitlab_builds_a_tag_where_that_is_switched_on_and_does_nothing_else(gitlab):
    made, ended = gitlab(PUSHED_TAG | {"TAG_JOB": "yes"})

    assert (made, ended.ok) == (["build staging"], True), ended.output
    assert "with profile [staging]" in ended.output


@pytest.mark.parametrize(("switch", "goals_"), [({"TAG_JOB": "yes"}, ["build staging"]), ({}, [])])
def test_jenkins_builds_a_tag_where_that_is_switched_on_and_does_nothing_else(jenkins, switch, goals_):
    made, ended = jenkins(OF_TAG | switch)

    assert (made, ended.ok) == (goals_, True), ended.output


def test_jenkins_previews_a_change_request_and_comments(jenkins):
    made, ended = jenkins(CHANGE)

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], True), ended.output
    assert (
        "preview prod finds [model.page staging.json staging.plan ] with profile [prod] and state [s3://prod]"
        in ended.output
    )


def test_jenkins_comments_when_a_preview_failed_and_the_change_request_is_red(jenkins):
    made, ended = jenkins(CHANGE, fail="preview prod")

    assert (made, ended.ok) == ([*PREVIEWED[:-1], "comment"], False), ended.output


def test_jenkins_previews_and_comments_when_the_model_was_stopped_and_the_change_request_is_red(jenkins):
    made, ended = jenkins(CHANGE, fail="model")

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], False), ended.output


def test_jenkins_checks_and_tests_what_a_fork_proposes_and_gives_it_nothing(jenkins, tmp_path):
    secrets = {"aws-identity": "our-identity", "github-app-token": "our-token"}

    made, ended = jenkins(CHANGE | {"CHANGE_FORK": "stranger"}, credentials=secrets)

    assert (made, ended.ok) == (CHECKED, True), ended.output
    variables = (tmp_path / "log.environment").read_text()
    assert "CHANGE_FORK=stranger" in variables
    assert not [
        name for name in ("our-token", "our-identity", "OIDC_TOKEN_FILE", "ROLE_ARN") if name in variables
    ]
    assert not list((tmp_path / "build").rglob("secret-*"))


def test_jenkins_stops_before_production_until_a_person_says_yes(jenkins):
    made, ended = jenkins(MAIN)

    assert (made, ended.ok) == (DELIVERED[:-1], False), ended.output


def test_jenkins_delivers_production_by_the_previewed_plan_when_an_approver_said_yes(jenkins):
    made, ended = jenkins(MAIN, approvals=(APPROVERS,))

    assert (made, ended.ok) == (DELIVERED, True), ended.output
    assert (
        "deploy prod finds [prod.json prod.plan ] with profile [prod] and state [s3://prod]" in ended.output
    )


@pytest.mark.soak
def test_jenkins_deploys_nothing_of_which_git_delivers_something_else_than_config_says(jenkins):
    made, ended = jenkins(MAIN, fail="render staging", approvals=(APPROVERS,))

    assert (made, ended.ok) == (STAGED[:-1], False), ended.output


def test_jenkins_takes_nothing_along_that_an_earlier_build_left_on_an_agent(jenkins):
    left = (
        "mkdir .review && touch .review/prod.json .review/prod.plan .review/drift-prod.json .review/old.json"
    )

    _, ended = jenkins(MAIN, approvals=(APPROVERS,), prepare=("sh", "-c", left))

    assert "preview staging finds []" in ended.output
    assert "preview prod finds [staging.json staging.plan ]" in ended.output
    assert "deploy prod finds [prod.json prod.plan ]" in ended.output


def test_jenkins_reports_nothing_that_an_earlier_night_left_on_an_agent(jenkins):
    left = "mkdir .review && touch .review/drift-prod.json"

    _, ended = jenkins(MAIN, params={"DRIFT": True}, prepare=("sh", "-c", left))

    assert "drift staging finds []" in ended.output


def test_jenkins_leaves_production_alone_when_staging_failed(jenkins):
    made, ended = jenkins(MAIN, fail="deploy staging", approvals=(APPROVERS,))

    assert (made, ended.ok) == (STAGED, False), ended.output


def test_jenkins_reports_the_drift_of_both_environments_also_when_one_cannot_be_looked_at(jenkins):
    made, ended = jenkins(MAIN, fail="drift staging", causes=(TIMER,))

    assert (made, ended.ok) == (["drift staging", "drift prod", "report", *NIGHTLY], False), ended.output


def test_jenkins_searches_by_night_whatever_drifted(jenkins):
    made, ended = jenkins(MAIN, fail="drift prod", causes=(TIMER,))

    assert (made, ended.ok) == (["drift staging", "drift prod", "report", *NIGHTLY], False), ended.output


def test_jenkins_keeps_what_a_search_by_night_found(jenkins, tmp_path):
    made, ended = jenkins(MAIN, fail="soak", causes=(TIMER,))

    assert (made, ended.ok) == (["drift staging", "drift prod", "report", *NIGHTLY], False), ended.output
    archive = tmp_path / "build" / "archive" / ".soak"
    assert {path.name for path in archive.rglob("*")} == {"report.xml", "examples", "one"}


def test_jenkins_looks_for_drift_and_does_nothing_else_when_a_person_says_so(jenkins):
    made, ended = jenkins(MAIN, params={"DRIFT": True})

    assert (made, ended.ok) == (["drift staging", "drift prod", "report"], True), ended.output


def test_jenkins_takes_on_a_role_in_a_profile_of_this_build_alone(jenkins, tmp_path):
    """With its identity bound, `.ci/aws-profile` gets as far as asking AWS; the identity is gone afterwards."""
    role = "arn:aws:iam::111111111111:role/preview"

    made, ended = jenkins(
        CHANGE | {"STAGING_PREVIEW_ROLE": role, "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9"},
        credentials={"aws-identity": "a token"},
    )

    assert (made, ended.ok) == ([*CHECKED, "comment"], False), ended.output
    assert f"AWS, asked for {role}, does not answer" in ended.output
    assert [path.name for path in (tmp_path / "build").rglob("*@tmp/*")] == ["aws"]


def test_jenkins_runs_nothing_as_aws_without_the_credential_that_names_this_build(jenkins):
    made, ended = jenkins(CHANGE | {"STAGING_PREVIEW_ROLE": "arn:aws:iam::111111111111:role/preview"})

    assert (made, ended.ok) == ([*CHECKED, "comment"], False), ended.output
    assert "aws-identity" in ended.message
