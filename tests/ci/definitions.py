"""The three definitions of the same pipeline, read into one form: the commands of each job, in the order they run."""

import json
import re
import tempfile
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

from tests.ci.jenkins import jars
from tests.ci.jenkins.build import APPROVERS, TIMER, Build, Jenkins
from tests.conftest import CHECKOUT

WORKFLOWS = CHECKOUT / ".github" / "workflows"
ACTIONS = CHECKOUT / ".github" / "actions"
ON_GITHUB = sorted([*WORKFLOWS.glob("*.yml"), *ACTIONS.glob("*/action.yml")])
GITLAB = CHECKOUT / ".gitlab-ci.yml"
JENKINS = CHECKOUT / "Jenkinsfile"
SCRIPTS = sorted((CHECKOUT / ".ci").iterdir())

OURS_ON_GITLAB = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID"

REQUEST, MAIN, CLOCK, TAG = "request", "main", "clock", "tag"  # what a pipeline is run for
CLUSTERS = {
    event: f"{event}, with clusters" for event in (REQUEST, MAIN, CLOCK)
}  # likewise, where EDGE_JOBS is yes
EVENTS = (REQUEST, MAIN, CLOCK, TAG, *CLUSTERS.values())
SWITCH = "vars.EDGE_JOBS == 'yes'"
UNBUILT = "unbuilt tag"  # where TAG_JOB is not set
FORK = "fork"  # a request that Jenkins builds
SETTINGS = [
    f"{environment}_{what}"
    for environment in ("STAGING", "PROD", "EDGE_STAGING", "EDGE_PROD")
    for what in ("PREVIEW_ROLE", "DEPLOY_ROLE", "BACKEND_URL")
] + ["STAGING_BUILD_ROLE"]
CREDENTIALS = {"aws-identity": "an identity", "github-app-token": "a token"}


@dataclass(frozen=True)
class Job:
    """One job, the same for all platforms; `commands` are lines of shell."""

    name: str
    commands: tuple[str, ...]


def gates(jobs):
    """The make targets that jobs run, in order, wherever a search looks."""
    return [
        command.removeprefix("make ").partition(" SEED=")[0]
        for job in jobs
        for command in job.commands
        if command.startswith("make ")
    ]


@cache
def workflow(name):
    """A workflow of GitHub as data."""
    definition = yaml.safe_load((WORKFLOWS / name).read_text())
    definition["on"] = definition.pop(True)  # YAML 1.1 reads the key `on` as a boolean
    return definition


def workflows():
    return {path.name: workflow(path.name) for path in sorted(WORKFLOWS.glob("*.yml"))}


def steps():
    """Every step of every workflow and of every action here, with the job and the file that it is in."""
    of_jobs = [
        (file, name, step)
        for file, content in workflows().items()
        for name, job in content["jobs"].items()
        for step in job.get("steps", [])
    ]
    of_actions = [
        (path.parent.name, "action", step)
        for path in sorted(ACTIONS.glob("*/action.yml"))
        for step in yaml.safe_load(path.read_text())["runs"]["steps"]
    ]
    return of_jobs + of_actions


def actions_of_others():
    """What steps use of other repositories, pinned: `actions/cache@27d5…`."""
    uses = {step["uses"] for _, _, step in steps() if "uses" in step}
    return sorted(name for name in uses if not name.startswith("./"))


def github(event):
    """The jobs that GitHub runs, those of called workflows in their callers' place."""
    plain = next((each for each, other in CLUSTERS.items() if other == event), event)
    files = {
        REQUEST: ["pull-request.yml"],
        MAIN: ["deploy.yml"],
        CLOCK: ["drift.yml", "soak.yml", "image.yml", "tfma.yml", "evidently.yml"],
        TAG: ["build.yml"],
    }[plain]
    return [job for file in files for job in _called(file, {}, clusters=event != plain)]


def switched(jobs):
    """Names of a workflow's jobs that run only where CI reaches clusters: what says so, and what waits for such a job alone."""
    names = {name for name, job in jobs.items() if SWITCH in job.get("if", "")}
    while more := {
        n for n, job in jobs.items() if n not in names and set(_listed(job.get("needs", [""]))) <= names
    }:
        names |= more
    return names


def _called(file, inputs, *, clusters):
    jobs = workflow(file)["jobs"]
    off = set() if clusters else switched(jobs)
    jobs = {
        name: {**job, "needs": [need for need in _listed(job.get("needs", [])) if need not in off]}
        for name, job in jobs.items()
        if name not in off
    }
    results = []
    for name in _ordered({name: _listed(job.get("needs", [])) for name, job in jobs.items()}):
        job = jobs[name]
        if "uses" in job:
            results += _called(
                job["uses"].removeprefix("./.github/workflows/"), job["with"], clusters=clusters
            )
            continue
        for values in job.get("strategy", {}).get("matrix", {}).get("include", [{}]):
            names = {f"inputs.{k}": v for k, v in inputs.items()} | {
                f"matrix.{k}": v for k, v in values.items()
            }
            env = {k: _filled(v, names) for k, v in job.get("env", {}).items()}
            lines = [_shell(step["run"], env) for step in job["steps"] if "run" in step]
            results.append(Job(_filled(job.get("name", name), names), tuple(lines)))
    return results


def _filled(text, values):
    return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda m: str(values.get(m[1], m[0])), str(text))


def _shell(line, env):
    return re.sub(r'"\$(\w+)"', lambda m: env.get(m[1], m[0]), line).strip()


def gitlab_jobs():
    """GitLab's jobs as data, `extends` laid in as GitLab does it: the last one wins, mappings merge, lists do not."""
    text = yaml.safe_load(GITLAB.read_text())
    keywords = {"stages", "workflow", "variables", "default"}

    def whole(name):
        merged = {}
        for base in _listed(text[name].get("extends", [])):
            merged = _merged(merged, whole(base))
        return _merged(merged, {k: v for k, v in text[name].items() if k != "extends"})

    return {name: whole(name) for name in text if name not in keywords and not name.startswith(".")}


def gitlab(event):
    """The jobs that GitLab runs."""
    jobs = {
        name: job
        for name, job in gitlab_jobs().items()
        if any(holds(rule["if"], event) for rule in job["rules"])
    }
    needs = {
        name: [need if isinstance(need, str) else need["job"] for need in job.get("needs", [])]
        for name, job in jobs.items()
    }
    present = {name: [need for need in each if need in jobs] for name, each in needs.items()}
    return [Job(name, tuple(jobs[name]["script"])) for name in _ordered(present)]


_OF_GITLAB = {  # what GitLab says of a pipeline of this project's own
    REQUEST: {"CI_PIPELINE_SOURCE": "merge_request_event"},
    MAIN: {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"},
    CLOCK: {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"},
    TAG: {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "flights@v1.2.0", "TAG_JOB": "yes"},
    UNBUILT: {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "flights@v1.2.0"},
}
_OF_GITLAB |= {other: _OF_GITLAB[event] | {"EDGE_JOBS": "yes"} for event, other in CLUSTERS.items()}


def holds(condition, event):
    """Whether a rule's `if` holds: comparisons of variables with texts and patterns, all of which must hold."""
    variables = _OF_GITLAB[event] | {"CI_DEFAULT_BRANCH": "main"}
    for part in condition.split(" && "):
        variable, operator, value = part.split(" ")
        if part == OURS_ON_GITLAB:
            continue
        left = variables.get(variable.removeprefix("$"))
        if operator == "=~":
            held = left is not None and re.search(value.strip("/"), left) is not None
        else:
            right = variables.get(value[1:]) if value.startswith("$") else json.loads(value)
            held = (left == right) == {"==": True, "!=": False}[operator]
        if not held:
            return False
    return True


def jenkins(event):
    """The jobs that Jenkins runs: its stages, and what runs after one, by the builds of `jenkins_builds`."""
    stages = []
    for step in jenkins_builds()[event].shells():
        name = f"after {step['stage'][-1]}" if step["after"] else step["stage"][-1]
        line = _shell(step["script"], step["variables"])
        if not stages or stages[-1].name != name:
            stages.append(Job(name, ()))
        stages[-1] = Job(name, (*stages[-1].commands, line))
    return stages


def jenkins_builds():
    """A build for each event, and of a FORK's change request: executed, with steps that are only written down.

    Roles and backends are their variables' own names, so that a step tells which of them it was given.
    """
    if missing := jars.missing():
        pytest.skip(
            f"the Jenkinsfile is executed by Java and Maven's JenkinsPipelineUnit; not here: {missing}"
        )
    builds = _jenkins_builds()
    assert all(ended.ok for ended in builds.values()), builds
    return builds


@cache
def _jenkins_builds():
    settings = {name: name for name in SETTINGS} | {"GITHUB_REPOSITORY": "team/model-delivery"}
    request = settings | {"BRANCH_NAME": "PR-7", "CHANGE_ID": "7"}
    main = settings | {"BRANCH_NAME": "main"}
    tag = settings | {"BRANCH_NAME": "flights@v1.2.0", "TAG_NAME": "flights@v1.2.0"}
    edge = {"EDGE_JOBS": "yes"}
    builds = {
        CLUSTERS[REQUEST]: Build(JENKINS, request | edge, credentials=CREDENTIALS),
        CLUSTERS[MAIN]: Build(JENKINS, main | edge, credentials=CREDENTIALS, approvals=(APPROVERS,)),
        CLUSTERS[CLOCK]: Build(JENKINS, main | edge, credentials=CREDENTIALS, causes=(TIMER,)),
        REQUEST: Build(JENKINS, request, credentials=CREDENTIALS),
        FORK: Build(JENKINS, request | {"CHANGE_FORK": "stranger"}, credentials=CREDENTIALS),
        MAIN: Build(JENKINS, main, credentials=CREDENTIALS, approvals=(APPROVERS,)),
        CLOCK: Build(JENKINS, main, credentials=CREDENTIALS, causes=(TIMER,)),
        TAG: Build(JENKINS, tag | {"TAG_JOB": "yes"}, credentials=CREDENTIALS),
        UNBUILT: Build(JENKINS, tag, credentials=CREDENTIALS),
    }
    with tempfile.TemporaryDirectory() as folder, Jenkins() as server:
        return {event: server.run(Path(folder, event), build) for event, build in builds.items()}


def _ordered(needs):
    """Names as they are written, but each after what it needs."""
    written = list(needs)
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    ready = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=written.index)
        name = ready.pop(0)
        yield name
        sorter.done(name)


def _listed(value):
    return [value] if isinstance(value, str) else value


def _merged(base, over):
    both = {
        key: _merged(base[key], over[key])
        for key in base.keys() & over.keys()
        if isinstance(base[key], dict) and isinstance(over[key], dict)
    }
    return {**base, **over, **both}
