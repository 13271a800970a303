"""The definitions run for real: a pull request is proposed in a clone, and a platform's runner takes it through every gate
against staging and production in a sandbox.

`make test` has each definition once, with a different end: GitHub delivers main, GitLab takes a good merge request, Jenkins
stops a bad change request. What the platforms do differently is what test_rehearsals.py tries with each; the gates are the same
targets of make, so the other ends are left to `make soak`.
"""

import sys

import pytest

from tests.ci.runs.clone import event
from tests.ci.runs.runners import GITHUB, GITLAB, act, gitlab_ci_local, has_node, jenkins
from tests.ci.warm import warm
from tests.conftest import CHECKOUT

pytestmark = pytest.mark.stacks

GATES = ["check", "test", "model", "preview staging", "preview prod", "comment"]
REQUEST = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "3",
    "CI_MERGE_REQUEST_PROJECT_ID": "3",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": "main",
    "CI_PROJECT_ID": "3",
}
CHANGE = {
    "JENKINS_URL": "https://jenkins.example.com/",
    "BRANCH_NAME": "PR-7",
    "CHANGE_ID": "7",
    "CHANGE_TARGET": "main",
    "GITHUB_REPOSITORY": "team/model-delivery",
}
TOKEN = "of-the-folder"
# A pull request that does what it says, and one that would take production's endpoint away.
LOWER_LATENCY = {"Pulumi.prod.yaml": ("maxLatencyMs: 500", "maxLatencyMs: 450")}
OTHER_ENDPOINT = {
    "infra/on_sagemaker.py": (
        '"endpoint": place.endpoint,\n            "release"',
        '"endpoint": f"{place.endpoint}-2",\n            "release"',
    )
}


@pytest.fixture
def on_github(checkout, runner, state, forge, tmp_path):
    """Proposes edits as a pull request: `on_github(edits)`; how it ended, and the comments."""

    def run(edits):
        url, comments = forge
        clone = checkout.branch(tmp_path / "clone", edits, GITHUB)
        ended = act(
            clone, "pull_request", event(tmp_path / "event.json"), tmp_path,
            variables=state,
            environ=runner | {"GITHUB_API_URL": url},
            arguments=("--secret", "GITHUB_TOKEN=of-this-job"),
        )  # fmt: skip
        return ended, comments

    return run


@pytest.fixture
def on_gitlab(checkout, runner, state, forge, tmp_path):
    """Proposes edits as a merge request, likewise."""
    if not has_node():
        pytest.skip("gitlab-ci-local runs on Node, and there is no node and npm here")

    def run(edits):
        url, comments = forge
        clone = checkout.branch(tmp_path / "clone", edits, GITLAB)
        warm(clone.folder, CHECKOUT)
        ended = gitlab_ci_local(
            clone,
            variables=state
            | runner
            | REQUEST
            | {"CI_API_V4_URL": f"{url}/api/v4", "GITLAB_TOKEN": "of-the-project"},
        )
        return ended, comments

    return run


@pytest.fixture
def variables(runner, state):
    """What Jenkins tells every job of the folder, and an agent has: all that is a step's environment."""
    return state | runner


@pytest.fixture
def on_jenkins(checkout, jenkins_server, variables, forge, tmp_path):
    """Proposes edits as a change request, likewise."""

    def run(edits):
        url, comments = forge
        clone = checkout.branch(tmp_path / "clone", edits, GITHUB)
        ended = jenkins(
            jenkins_server, clone, tmp_path / "build",
            env=variables | CHANGE | {"GITHUB_API_URL": url},
            credentials={"github-app-token": TOKEN},
            prepare=(sys.executable, "-m", "tests.ci.warm", "."),
        )  # fmt: skip
        return ended, comments

    return run


@pytest.mark.soak
def test_github_takes_a_good_pull_request_through_every_gate(on_github):
    ended, comments = on_github(LOWER_LATENCY)

    assert ended.ok, ended.output
    assert list(ended.jobs) == GATES
    (comment,) = comments
    assert "prod" in comment


@pytest.mark.soak
def test_github_turns_red_what_would_replace_productions_endpoint_and_says_so(on_github):
    ended, comments = on_github(OTHER_ENDPOINT)

    assert not ended.ok, ended.output
    assert [name for name, ok in ended.jobs.items() if not ok] == ["preview prod"], ended.output
    (comment,) = comments
    assert "flights-prod" in comment


def test_gitlab_takes_a_good_merge_request_through_every_gate(on_gitlab):
    ended, comments = on_gitlab(LOWER_LATENCY)

    assert ended.ok, ended.output
    assert list(ended.jobs) == [gate.replace(" ", "-") for gate in GATES]
    (comment,) = comments
    assert "prod" in comment


@pytest.mark.soak
def test_gitlab_turns_red_what_would_replace_productions_endpoint_and_says_so(on_gitlab):
    ended, comments = on_gitlab(OTHER_ENDPOINT)

    assert not ended.ok, ended.output
    assert [name for name, ok in ended.jobs.items() if not ok] == ["preview-prod"], ended.output
    (comment,) = comments
    assert "flights-prod" in comment


@pytest.mark.soak
def test_jenkins_takes_a_good_change_request_through_every_gate(on_jenkins):
    ended, comments = on_jenkins(LOWER_LATENCY)

    assert ended.ok, ended.output
    assert makes(ended) == [
        *("check", "test", "model", "preview ENV=staging", "render ENV=staging CHECK=yes"),
        *("preview ENV=prod", "render ENV=prod CHECK=yes", "comment"),
    ]
    (comment,) = comments
    assert "prod" in comment


def test_jenkins_turns_red_what_would_replace_productions_endpoint_and_says_so(on_jenkins):
    ended, comments = on_jenkins(OTHER_ENDPOINT)

    assert not ended.ok, ended.output
    assert ended.message == "make preview ENV=prod: ended with status 2", ended.output
    (comment,) = comments
    assert "flights-prod" in comment


def makes(ended):
    """The targets that a build ran, in order."""
    scripts = [step["script"] for step in ended.shells()]
    return [script.removeprefix("make ") for script in scripts if script.startswith("make ")]


def test_github_delivers_main_by_the_plans_that_were_previewed(checkout, runner, state, delivered, tmp_path):
    """Each job has a folder of its own: the plan is what the one hands to the other."""
    clone = checkout.branch(tmp_path / "clone", LOWER_LATENCY, GITHUB)

    ended = act(clone, "push", event(tmp_path / "event.json"), tmp_path, variables=state, environ=runner)

    assert ended.ok, ended.output
    alarms = delivered["prod"].sandbox.client("prod", "cloudwatch").describe_alarms()["MetricAlarms"]
    latencies = {alarm["Threshold"] for alarm in alarms if alarm.get("MetricName") == "ModelLatency"}
    assert latencies == {450_000}  # microseconds
