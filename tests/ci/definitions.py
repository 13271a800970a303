"""The three definitions of the same pipeline, read into one form: the commands of each job, in the order they run."""

import re
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter

import yaml

from tests.conftest import CHECKOUT

WORKFLOWS = CHECKOUT / ".github" / "workflows"
GITLAB = CHECKOUT / ".gitlab-ci.yml"
JENKINS = CHECKOUT / "Jenkinsfile"
SCRIPTS = sorted((CHECKOUT / ".ci").iterdir())

OURS_ON_GITLAB = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID"

REQUEST, MAIN, CLOCK = "request", "main", "clock"  # what a pipeline is run for
ROADS = (REQUEST, MAIN, CLOCK)


@dataclass(frozen=True)
class Job:
    """One job, the same for all platforms; `commands` are lines of shell."""

    name: str
    commands: tuple[str, ...]


def gates(jobs):
    """The make targets that jobs run, in order."""
    return [
        command.removeprefix("make ")
        for job in jobs
        for command in job.commands
        if command.startswith("make ")
    ]


@cache
def workflow(name):
    """A workflow of GitHub as data."""
    found = yaml.safe_load((WORKFLOWS / name).read_text())
    found["on"] = found.pop(True)  # YAML 1.1 reads the key `on` as a boolean
    return found


def workflows():
    return {path.name: workflow(path.name) for path in sorted(WORKFLOWS.glob("*.yml"))}


def steps():
    """Every step of every workflow, with the job and the file that it is in."""
    return [
        (file, name, step)
        for file, found in workflows().items()
        for name, job in found["jobs"].items()
        for step in job.get("steps", [])
    ]


def github(road):
    """The jobs that GitHub runs, those of called workflows in their callers' place."""
    return _called({REQUEST: "pull-request.yml", MAIN: "deploy.yml", CLOCK: "drift.yml"}[road], {})


def _called(file, inputs):
    jobs = workflow(file)["jobs"]
    found = []
    for name in _ordered({name: _listed(job.get("needs", [])) for name, job in jobs.items()}):
        job = jobs[name]
        if "uses" in job:
            found += _called(job["uses"].removeprefix("./.github/workflows/"), job["with"])
            continue
        for values in job.get("strategy", {}).get("matrix", {}).get("include", [{}]):
            known = {f"inputs.{k}": v for k, v in inputs.items()} | {
                f"matrix.{k}": v for k, v in values.items()
            }
            env = {k: _filled(v, known) for k, v in job.get("env", {}).items()}
            lines = [_shell(step["run"], env) for step in job["steps"] if "run" in step]
            found.append(Job(_filled(job.get("name", name), known), tuple(lines)))
    return found


def _filled(text, known):
    return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda m: str(known.get(m[1], m[0])), str(text))


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


def gitlab(road):
    """The jobs that GitLab runs."""
    source = {REQUEST: "merge_request_event", MAIN: "push", CLOCK: "schedule"}[road]
    jobs = {
        name: job
        for name, job in gitlab_jobs().items()
        if any(_holds(rule["if"], source) for rule in job["rules"])
    }
    needs = {
        name: [need if isinstance(need, str) else need["job"] for need in job.get("needs", [])]
        for name, job in jobs.items()
    }
    present = {name: [need for need in found if need in jobs] for name, found in needs.items()}
    return [Job(name, tuple(jobs[name]["script"])) for name in _ordered(present)]


def _holds(condition, source):
    """Whether a rule's `if` holds for a pipeline of this project's own branches."""
    for part in condition.split(" && "):
        variable, operator, value = part.split(" ")
        if part == OURS_ON_GITLAB:
            continue
        assert variable == "$CI_PIPELINE_SOURCE", condition
        if (value.strip('"') == source) != (operator == "=="):
            return False
    return True


def jenkins(road):
    """The jobs that Jenkins runs: its stages that have steps, what runs after them included."""
    text = re.sub(r"(?m)^//.*$|(?<= )// .*$", "", JENKINS.read_text())
    return _stages(_block(text, "stages"), road)


def _stages(text, road):
    found = []
    for name, body in _blocks(text, r"stage\('([^']+)'\)"):
        condition = _block(body, "when") or ""
        if not _runs(condition, road):
            continue
        if inner := _block(body, "stages"):
            found += _stages(inner, road)
            after = _commands(_block(body, "post") or "")
            found += [Job(f"after {name}", after)] if after else []
        else:
            found.append(Job(name, _commands(body)))
    return found


def _runs(condition, road):
    return not (
        ("changeRequest()" in condition and road != REQUEST)
        or ("branch 'main'" in condition and road == REQUEST)
        or ("!drift()" in condition and road == CLOCK)
        or (re.search(r"(?<!!)drift\(\)", condition) and road != CLOCK)
    )


def _commands(text):
    return tuple(re.findall(r"\bsh '([^']+)'", text))


def _block(text, head):
    return next((body for _, body in _blocks(text, rf"\b({head})")), None)


def _blocks(text, head):
    """Each `HEAD { … }` at its outermost, with what the head's group is."""
    at = 0
    while found := re.compile(head + r" \{").search(text, at):
        depth, end = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        yield found[1], text[found.end() : end - 1]
        at = end


def _ordered(needs):
    """Names, each after what it needs, else as they are written."""
    written = list(needs)
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    while sorter.is_active():
        for name in sorted(sorter.get_ready(), key=written.index):
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
