"""Which jobs a platform's runner starts, and in which order, when make does nothing: the definitions' own logic."""

import pytest

from tests.ci.jenkins.build import APPROVERS, TIMER
from tests.ci.runs.clone import event
from tests.ci.runs.runners import act, gitlab_ci_local, has_node
from tests.ci.runs.runners import jenkins as jenkins_build

pytestmark = pytest.mark.stacks

CHECKED = ["check", "test"]
PREVIEWED = [*CHECKED, "model", "preview staging", "preview prod"]
STAGED = [*CHECKED, "preview staging", "deploy staging"]
NIGHTLY = ["soak", "image", "tfma", "evidently"]
STATE = {"STAGING_BACKEND_URL": "s3://staging", "PROD_BACKEND_URL": "s3://prod"}
# What the project has besides where CI reaches clusters.
CLUSTERS = {
    "EDGE_JOBS": "yes",
    "EDGE_STAGING_BACKEND_URL": "s3://edge-staging",
    "EDGE_PROD_BACKEND_URL": "s3://edge-prod",
}
# What GitLab says of a pipeline.
REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "3",
    "CI_MERGE_REQUEST_PROJECT_ID": "3",
}
PUSH = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
PUSHED_TAG = {
    "CI_PIPELINE_SOURCE": "push",
    "CI_COMMIT_TAG": "flights@v1.2.0",
    "CI_COMMIT_BRANCH": "",  # else the runner takes the clone's
    "CI_DEFAULT_BRANCH": "main",
}
# What Jenkins says of a build.
CHANGE = {"BRANCH_NAME": "PR-7", "CHANGE_ID": "7"}
MAIN = {"BRANCH_NAME": "main"}
OF_TAG = {"BRANCH_NAME": "flights@v1.2.0", "TAG_NAME": "flights@v1.2.0"}


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def github(rehearsal, tmp_path, log):
    """Runs GitHub's workflows for an event: `github("push", fail="test")`; what make was asked for, and the end."""

    def run(what, *, head="team/model-delivery", fail="", more=()):
        file = event(tmp_path / "event.json", head=head)
        environ = {"LOG": log, "FAIL": fail}
        ended = act(rehearsal, what, file, tmp_path, variables=STATE | dict(more), environ=environ)
        return goals(log), ended

    return run


@pytest.fixture
def gitlab(rehearsal, tmp_path, log):
    """Runs GitLab's pipeline, likewise."""
    if not has_node():
        pytest.skip("gitlab-ci-local runs on Node, and there is no node and npm here")
    clone = rehearsal.branch(tmp_path / "clone", {}, "git@gitlab.com:team/model-delivery.git")
    clone.git("checkout", "--quiet", "main")

    def run(pipeline, *, fail="", arguments=()):
        variables = STATE | pipeline | {"LOG": log, "FAIL": fail}
        ended = gitlab_ci_local(clone, variables=variables, arguments=arguments)
        return goals(log), ended

    return run


@pytest.fixture
def jenkins(rehearsal, jenkins_server, tmp_path, log):
    """Runs the Jenkinsfile, likewise: `jenkins(MAIN, fail="test", causes=(TIMER,))`."""
    clone = rehearsal.branch(tmp_path / "clone", {}, "git@example.com:team/model-delivery.git")

    def run(env, *, fail="", **given):
        environ = STATE | env | {"LOG": log, "FAIL": fail}
        ended = jenkins_build(jenkins_server, clone, tmp_path / "build", env=environ, **given)
        return goals(log), ended

    return run


def goals(log):
    return [" ".join(line.split()) for line in log.read_text().splitlines()] if log.exists() else []


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

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], False), ended.output
    assert ended.jobs["preview prod"] is False
    assert "comment  finds [model.page prod.json prod.plan staging.json staging.plan ]" in ended.output


def test_github_previews_and_comments_when_the_model_was_stopped_and_the_pull_request_is_red(github):
    made, ended = github("pull_request", fail="model")

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], False), ended.output
    assert "comment  finds [model.page prod.json" in ended.output


def test_github_previews_nothing_that_fails_its_tests(github):
    made, ended = github("pull_request", fail="test")

    assert (made, ended.ok) == (CHECKED, False), ended.output


def test_github_checks_and_tests_what_a_fork_proposes_and_says_what_it_does_not_get(github):
    made, ended = github("pull_request", head="stranger/model-delivery")

    assert (made, ended.ok) == (CHECKED, True), ended.output
    assert "This pull request comes from a fork" in ended.output


def test_github_delivers_main_one_environment_after_the_other(github):
    made, ended = github("push")

    assert (made, ended.ok) == ([*STAGED, "preview prod", "deploy prod"], True), ended.output
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

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], False), ended.output


def test_gitlab_previews_and_comments_when_the_model_was_stopped_and_the_merge_request_is_red(gitlab):
    made, ended = gitlab(REQUEST, fail="model")

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], False), ended.output


def test_gitlab_checks_and_tests_what_a_fork_proposes(gitlab):
    made, ended = gitlab(REQUEST | {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "4"})

    assert (made, ended.ok) == (CHECKED, True), ended.output


def test_gitlab_stops_before_production_until_a_person_goes_on(gitlab):
    made, ended = gitlab(PUSH)

    assert made == [*STAGED, "preview prod"], ended.output


def test_gitlab_delivers_production_when_a_person_went_on(gitlab):
    made, ended = gitlab(PUSH, arguments=("--manual", "deploy-prod"))

    assert (made, ended.ok) == ([*STAGED, "preview prod", "deploy prod"], True), ended.output


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

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], False), ended.output


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

    assert (made, ended.ok) == ([*STAGED, "preview prod"], False), ended.output


def test_jenkins_delivers_production_by_the_previewed_plan_when_an_approver_said_yes(jenkins):
    made, ended = jenkins(MAIN, approvals=(APPROVERS,))

    assert (made, ended.ok) == ([*STAGED, "preview prod", "deploy prod"], True), ended.output
    assert (
        "deploy prod finds [prod.json prod.plan ] with profile [prod] and state [s3://prod]" in ended.output
    )


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


def in_order(made, *goals_):
    """Whether these were made, each after the one before; jobs of others may run between."""
    return [goal for goal in made if goal in goals_] == list(goals_)


EDGE = ("preview edge-staging", "deploy edge-staging", "preview edge-prod", "deploy edge-prod")


def test_github_delivers_what_is_on_clusters_where_it_reaches_them(github):
    made, ended = github("push", more=CLUSTERS)

    assert (sorted(made), ended.ok) == (
        sorted([*STAGED, "preview prod", "deploy prod", *EDGE]),
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
        sorted([*STAGED, "preview prod", "deploy prod", *EDGE]),
        True,
    ), ended.output
    assert in_order(made, "deploy staging", *EDGE)
    assert "with profile [edge-prod] and state [s3://edge-prod]" in ended.output


def test_jenkins_delivers_what_is_on_clusters_where_it_reaches_them(jenkins):
    made, ended = jenkins(MAIN | CLUSTERS, approvals=(APPROVERS,))

    assert (made, ended.ok) == (
        [*STAGED, *EDGE[:2], "preview prod", "deploy prod", *EDGE[2:]],
        True,
    ), ended.output
    assert (
        "deploy edge-prod finds [edge-prod.json edge-prod.plan ] with profile [edge-prod] and state [s3://edge-prod]"
        in ended.output
    )


PREVIEWS = [*PREVIEWED, "preview edge-staging", "preview edge-prod", "comment"]
DRIFTS = ["drift edge-prod", "drift edge-staging", "drift prod", "drift staging", "report"]


@pytest.mark.soak
def test_github_tells_of_what_is_on_clusters_in_the_same_comment(github):
    made, ended = github("pull_request", more=CLUSTERS)

    assert (sorted(made), made[-1], ended.ok) == (sorted(PREVIEWS), "comment", True), ended.output
    assert "edge-prod.json edge-prod.plan edge-staging.json edge-staging.plan model.page" in ended.output


@pytest.mark.soak
def test_github_comments_when_a_cluster_is_not_reached(github):
    made, ended = github("pull_request", more=CLUSTERS, fail="preview edge-staging")

    told = [each for each in PREVIEWS if each != "preview edge-prod"]
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
