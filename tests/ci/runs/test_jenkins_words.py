"""What the harness takes for a Jenkinsfile, what it makes of it, and what it refuses."""

import pytest

from tests.ci.jenkins.build import Build
from tests.ci.runs.clone import Clone

pytestmark = pytest.mark.stacks

WHOLE = """
pipeline {
  agent none
  stages {
    stage('first') {
      OPTIONS
      agent { label 'linux' }
      steps { STEPS }
    }
    OTHER
  }
}
"""
SH = "sh 'true'"
# What is written in the place of a part of it, and what the refusal says.
REFUSED = {
    "a step that nobody registered": ({"STEPS": "bat 'true'"}, "bat(String): no such step"),
    "a step of another form": (
        {"STEPS": "sh script: 'true', returnStatus: true"},
        "sh(LinkedHashMap): no such",
    ),
    "a method of Groovy's scripts": ({"STEPS": "sleep 5"}, "sleep("),
    "an argument that nobody reads": (
        {"STEPS": "stash name: 'a', includes: 'b', excludes: 'c'"},
        "arguments [excludes]; allowed: name, includes",
    ),
    "a section among steps": (
        {"STEPS": "agent { label 'other' }"},
        "agent: stands in steps of [first]; it may stand in pipeline, stage",
    ),
    "a step among sections": (
        {"OPTIONS": SH},
        "sh: stands in stage of [first]; it may stand in steps, always, failure",
    ),
    "a section twice": ({"OPTIONS": "agent { label 'a' }"}, "agent: twice in stage of [first]"),
    "steps beside stages": (
        {"OPTIONS": "stages { stage('inner') { steps { sh 'true' } } }"},
        "stage [first]: has [stages, steps]; it must have one of steps, stages, parallel",
    ),
    "a stage without work": (
        {"OTHER": "stage('second') { agent { label 'linux' } }"},
        "stage [second]: has []",
    ),
    "a step without an agent": (
        {"OTHER": "stage('second') { steps { sh 'true' } }"},
        "sh in stage [second]: needs an agent, and none is held",
    ),
    "a condition that nobody knows": (
        {"OPTIONS": "when { triggeredBy 'TimerTrigger' }"},
        "triggeredBy(String): no such step, section or condition",
    ),
    "a unit of time that is none": (
        {"OPTIONS": "options { timeout(time: 1, unit: 'FORTNIGHTS') }"},
        "timeout(unit: 'FORTNIGHTS'): allowed: NANOSECONDS",
    ),
    "a variable that is none": ({"STEPS": "sh anything"}, "No such property: anything"),
    "what cannot be written down between two steps": (
        {"STEPS": "def reader = new StringReader(''); sh 'true'; sh \"${reader}\""},
        "NotSerializableException: java.io.StringReader",
    ),
    "an error in Groovy": ({"STEPS": "sh 'true"}, "expecting"),
}
TAKEN = {
    "when an earlier stage failed, the next is skipped": (
        {"STEPS": "sh 'false'", "OTHER": "stage('second') { agent { label 'x' }; steps { sh 'echo 2' } }"},
        "FAILURE", ["false"],
    ),
    "when one of parallel stages failed, the others run": (
        {
            "STEPS": SH,
            "OTHER": "stage('both') { parallel { "
            "stage('a') { agent { label 'x' }; steps { sh 'false' } }; "
            "stage('b') { agent { label 'x' }; steps { sh 'echo b' } } } }",
        },
        "FAILURE", ["true", "false", "echo b"],
    ),
    "what runs after a failure runs after a failure": (
        {"STEPS": "sh 'false'", "OPTIONS": "post { failure { sh 'echo why' }; always { sh 'echo ever' } }"},
        "FAILURE", ["false", "echo ever", "echo why"],
    ),
    "what runs after a failure does not run without one": (
        {"STEPS": SH, "OPTIONS": "post { failure { sh 'echo why' }; always { sh 'echo ever' } }"},
        "SUCCESS", ["true", "echo ever"],
    ),
    "a caught failure makes the build fail in the end": (
        {"STEPS": "catchError(stageResult: 'FAILURE') { sh 'false' }; sh 'echo on'"},
        "FAILURE", ["false", "echo on"],
    ),
    "a condition is looked at before an approval only where it says so": (
        {"OPTIONS": "when { branch 'other' }; input { message 'm'; submitter 's' }", "STEPS": SH},
        "FAILURE", [],
    ),
    "a stash without a file fails": (
        {"STEPS": "stash name: 'a', includes: 'none/*'"},
        "FAILURE", [],
    ),
    "a stash that nobody made fails": ({"STEPS": "unstash 'a'"}, "FAILURE", []),
    "a credential that is not there fails": (
        {"STEPS": "withCredentials([string(credentialsId: 'a', variable: 'A')]) { sh 'true' }"},
        "FAILURE", [],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def ended(jenkins_server, tmp_path_factory):
    """How each of the builds ended."""
    folder = tmp_path_factory.mktemp("harness")
    texts = {name: parts for name, (parts, _) in REFUSED.items()} | {n: t[0] for n, t in TAKEN.items()}
    repository = Clone(folder / "repository")
    repository.folder.mkdir()
    builds = []
    for number, parts in enumerate(texts.values()):
        file = repository.folder / f"Jenkinsfile{number}"
        text = WHOLE
        for part in ("OPTIONS", "STEPS", "OTHER"):
            text = text.replace(part, parts.get(part, SH if part == "STEPS" else ""))
        file.write_text(text)
        builds.append(Build(file, {"BRANCH_NAME": "main"}, runs=True))
    repository.git("init", "--quiet", "--initial-branch", "main")
    repository.git("remote", "add", "origin", "git@example.com:team/other.git")
    repository.commit("builds")
    return {
        name: jenkins_server.run(folder / str(number), build)
        for number, (name, build) in enumerate(zip(texts, builds, strict=True))
    }


@pytest.mark.parametrize("name", REFUSED)
def test_the_harness_refuses(ended, name):
    assert ended[name].result == "REFUSED"
    assert REFUSED[name][1] in ended[name].message


@pytest.mark.parametrize("name", TAKEN)
def test_the_harness_takes(ended, name):
    _, result, scripts = TAKEN[name]

    assert (ended[name].result, [step["script"] for step in ended[name].shells()]) == (result, scripts)
