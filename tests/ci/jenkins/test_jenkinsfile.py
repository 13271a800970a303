"""The Jenkinsfile executed: what each step is given, and for how long."""

import pytest

from tests.ci.definitions import CLOCK, FORK, MAIN, REQUEST, TAG, jenkins_builds
from tests.ci.jenkins.build import APPROVERS

BUILDS = (REQUEST, FORK, MAIN, CLOCK, TAG)


def events(build, name):
    return [step for step in jenkins_builds()[build].steps if step["event"] == name]


@pytest.mark.parametrize("build", BUILDS)
def test_every_step_ends(build):
    assert all(step["minutes"] <= 120 for step in events(build, "sh"))


@pytest.mark.parametrize("build", BUILDS)
def test_of_one_branch_one_build_runs_at_a_time(build):
    assert len(events(build, "one at a time")) == 1


def test_the_clock_starts_builds_of_main_and_of_no_other_branch():
    assert [event["spec"] for event in events(MAIN, "cron")] == ["H 3 * * *"]
    assert [event["spec"] for event in events(REQUEST, "cron")] == [""]


def test_a_fork_is_given_no_credential_no_profile_and_no_role():
    steps = events(FORK, "sh")

    assert [step["script"] for step in steps] == ["make check", "make test"]
    assert [(step["variables"], step["credentials"]) for step in steps] == [
        ({}, []),
        ({"CHECKED": "yes"}, []),
    ]


@pytest.mark.parametrize("build", BUILDS)
def test_a_step_gets_its_own_environments_profile_role_and_state(build):
    for step in events(build, "sh"):
        target, _, more = step["script"].removeprefix("make ").partition(" ENV=")
        environment = more.partition(" ")[0]
        if environment:
            what = {"deploy": "DEPLOY", "build": "BUILD"}.get(target, "PREVIEW")
            given = step["variables"]
            assert given["AWS_PROFILE"] == environment
            assert given["ROLE_ARN"] == f"{environment.upper()}_{what}_ROLE"
            assert given["PULUMI_BACKEND_URL"] == f"{environment.upper()}_BACKEND_URL"


@pytest.mark.parametrize("build", BUILDS)
def test_an_identity_is_bound_for_aws_and_a_token_for_comments_and_nothing_else(build):
    for step in events(build, "sh"):
        asks_aws = "AWS_PROFILE" in step["variables"]
        writes = step["script"] in {"make comment", "make report"}
        expected = ["aws-identity"] if asks_aws else ["github-app-token"] if writes else []
        assert step["credentials"] == expected, step


def test_production_is_deployed_after_an_approver_said_yes_and_the_wait_holds_no_agent():
    names = [
        step["script"] if step["event"] == "sh" else step["event"] for step in jenkins_builds()[MAIN].steps
    ]
    (question,) = events(MAIN, "input")

    assert names.index("input") < names.index("make deploy ENV=prod")
    assert (question["submitter"], question["agent"]) == (APPROVERS, None)


def test_a_deploy_takes_the_plan_that_was_previewed():
    kept = {event["name"]: event["includes"] for event in events(MAIN, "stash")}

    assert kept == {"review-staging": ".review/staging.*", "review-prod": ".review/prod.*"}
    assert [event["name"] for event in events(MAIN, "unstash")] == ["review-staging", "review-prod"]


def test_a_search_by_night_looks_elsewhere_each_time_and_keeps_what_it_found_when_it_failed():
    (soak,) = [step for step in events(CLOCK, "sh") if step["stage"] == ["nightly", "soak"]]

    assert soak["script"] == 'make soak SEED="$BUILD_NUMBER"'
    assert events(CLOCK, "archive") == []
