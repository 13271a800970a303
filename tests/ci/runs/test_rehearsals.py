"""Which jobs a platform's runner starts, and in which order, when make does nothing: the definitions' own logic."""

import pytest

from tests.ci.runs import runners
from tests.ci.runs.clone import event
from tests.ci.runs.runners import act, gitlab_ci_local, has_java, has_node

pytestmark = pytest.mark.stacks

CHECKED = ["check", "test"]
PREVIEWED = [*CHECKED, "preview staging", "preview prod"]
STAGED = [*CHECKED, "preview staging", "deploy staging"]
STATE = {"STAGING_BACKEND_URL": "s3://staging", "PROD_BACKEND_URL": "s3://prod"}
# What GitLab says of a pipeline.
REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "3",
    "CI_MERGE_REQUEST_PROJECT_ID": "3",
}
PUSH = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def github(rehearsal, tmp_path, log):
    """Runs GitHub's workflows for an event: `github("push", fail="test")`; what make was asked for, and the end."""

    def run(what, *, head="team/model-delivery", fail=""):
        file = event(tmp_path / "event.json", head=head)
        environ = {"LOG": log, "FAIL": fail}
        ended = act(rehearsal, what, file, tmp_path, variables=STATE, environ=environ)
        return asked(log), ended

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
        return asked(log), ended

    return run


@pytest.fixture
def jenkins(rehearsal, tmp_path, log):
    """Runs the Jenkinsfile, likewise: `jenkins(BRANCH_NAME="main", FAIL="test")`."""
    if not has_java():
        pytest.skip(
            "the Jenkinsfile runs on Java, with a Groovy that Maven fetches, and there is no java and mvn here"
        )
    clone = rehearsal.branch(tmp_path / "clone", {}, "git@example.com:team/model-delivery.git")
    credentials = tmp_path / "credentials"
    credentials.mkdir()

    def run(**build):
        environ = (
            STATE
            | {"LOG": log, "FAIL": "", "STAND_IN_CREDENTIALS": credentials, "WORKSPACE_TMP": tmp_path}
            | build
        )
        ended = runners.jenkins(clone, environ=environ)
        return asked(log), ended

    return run


def asked(log):
    return [" ".join(line.split()) for line in log.read_text().splitlines()] if log.exists() else []


def test_github_previews_a_pull_request_and_comments(github):
    made, ended = github("pull_request")

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], True), ended.said
    assert (
        "preview prod finds [staging.json staging.plan ] with profile [prod] and state [s3://prod]"
        in ended.said
    )
    assert "comment  finds [prod.json prod.plan staging.json staging.plan ] with profile []" in ended.said


def test_github_comments_when_a_preview_failed_and_the_pull_request_is_red(github):
    made, ended = github("pull_request", fail="preview prod")

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], False), ended.said
    assert ended.jobs["preview prod"] is False
    assert "comment  finds [prod.json prod.plan staging.json staging.plan ]" in ended.said


def test_github_previews_nothing_that_fails_its_tests(github):
    made, ended = github("pull_request", fail="test")

    assert (made, ended.ok) == (CHECKED, False), ended.said


def test_github_checks_and_tests_what_a_fork_proposes_and_says_what_it_does_not_get(github):
    made, ended = github("pull_request", head="stranger/model-delivery")

    assert (made, ended.ok) == (CHECKED, True), ended.said
    assert "This pull request comes from a fork" in ended.said


def test_github_delivers_main_one_environment_after_the_other(github):
    made, ended = github("push")

    assert (made, ended.ok) == ([*STAGED, "preview prod", "deploy prod"], True), ended.said
    assert "deploy prod finds [prod.json prod.plan ] with profile [prod] and state [s3://prod]" in ended.said


def test_github_leaves_production_alone_when_staging_failed(github):
    made, ended = github("push", fail="deploy staging")

    assert (made, ended.ok) == (STAGED, False), ended.said


def test_github_reports_the_drift_of_both_environments_also_when_one_cannot_be_looked_at(github):
    made, ended = github("schedule", fail="drift staging")

    assert (sorted(made[:2]), made[2:], ended.ok) == (["drift prod", "drift staging"], ["report"], False), (
        ended.said
    )
    assert "report  finds [drift-prod.json drift-staging.json ]" in ended.said


def test_gitlab_previews_a_merge_request_and_comments(gitlab):
    made, ended = gitlab(REQUEST)

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], True), ended.said
    assert (
        "preview prod finds [staging.json staging.plan ] with profile [prod] and state [s3://prod]"
        in ended.said
    )


def test_gitlab_comments_when_a_preview_failed_and_the_merge_request_is_red(gitlab):
    made, ended = gitlab(REQUEST, fail="preview prod")

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], False), ended.said


def test_gitlab_checks_and_tests_what_a_fork_proposes(gitlab):
    made, ended = gitlab(REQUEST | {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "4"})

    assert (made, ended.ok) == (CHECKED, True), ended.said


def test_gitlab_stops_before_production_until_a_person_goes_on(gitlab):
    made, ended = gitlab(PUSH)

    assert made == [*STAGED, "preview prod"], ended.said


def test_gitlab_delivers_production_when_a_person_went_on(gitlab):
    made, ended = gitlab(PUSH, arguments=("--manual", "deploy-prod"))

    assert (made, ended.ok) == ([*STAGED, "preview prod", "deploy prod"], True), ended.said


def test_gitlab_reports_the_drift_of_both_environments(gitlab):
    made, ended = gitlab({"CI_PIPELINE_SOURCE": "schedule"})

    assert (sorted(made[:2]), made[2:], ended.ok) == (["drift prod", "drift staging"], ["report"], True), (
        ended.said
    )


def test_jenkins_previews_a_change_request_and_comments(jenkins):
    made, ended = jenkins(BRANCH_NAME="PR-7", CHANGE_ID="7")

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], True), ended.said
    assert (
        "preview prod finds [staging.json staging.plan ] with profile [prod] and state [s3://prod]"
        in ended.said
    )


def test_jenkins_comments_when_a_preview_failed_and_the_change_request_is_red(jenkins):
    made, ended = jenkins(BRANCH_NAME="PR-7", CHANGE_ID="7", FAIL="preview prod")

    assert (made, ended.ok) == ([*PREVIEWED, "comment"], False), ended.said


def test_jenkins_checks_and_tests_what_a_fork_proposes(jenkins):
    made, ended = jenkins(BRANCH_NAME="PR-7", CHANGE_ID="7", CHANGE_FORK="stranger")

    assert (made, ended.ok) == (CHECKED, True), ended.said


def test_jenkins_stops_before_production_until_a_person_says_yes(jenkins):
    made, ended = jenkins(BRANCH_NAME="main")

    assert (made, ended.ok) == ([*STAGED, "preview prod"], False), ended.said


def test_jenkins_delivers_production_when_a_person_said_yes(jenkins):
    made, ended = jenkins(BRANCH_NAME="main", STAND_IN_APPROVES="yes")

    assert (made, ended.ok) == ([*STAGED, "preview prod", "deploy prod"], True), ended.said


def test_jenkins_reports_the_drift_of_both_environments_also_when_one_cannot_be_looked_at(jenkins):
    made, ended = jenkins(BRANCH_NAME="main", STAND_IN_TIMER="yes", FAIL="drift staging")

    assert (made, ended.ok) == (["drift staging", "drift prod", "report"], False), ended.said


def test_jenkins_takes_on_a_role_in_a_profile_of_this_build_alone(jenkins, tmp_path):
    """Without its identity bound, `.ci/aws-profile` says so; with one it gets as far as asking AWS."""
    (tmp_path / "credentials" / "aws-identity").write_text("a token")
    role = "arn:aws:iam::111111111111:role/preview"

    made, ended = jenkins(
        BRANCH_NAME="PR-7",
        CHANGE_ID="7",
        STAGING_PREVIEW_ROLE=role,
        AWS_ENDPOINT_URL_STS="http://127.0.0.1:9",
    )

    assert (made, ended.ok) == ([*CHECKED, "comment"], False), ended.said
    assert f"AWS, asked for {role}, does not answer" in ended.said
    assert (tmp_path / "aws").is_dir()
