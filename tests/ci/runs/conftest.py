"""Staging and production as main says, and clones of the checkout in which a change is proposed."""

import os
import shutil
from pathlib import Path

import pytest

from tests.ci.jenkins import jars
from tests.ci.jenkins.build import Jenkins
from tests.ci.runs.clone import Clone, event, of_the_checkout
from tests.ci.runs.forge import forge as served
from tests.ci.runs.rehearsals import STATE, goals
from tests.ci.runs.runners import GITHUB, act, gitlab_ci_local, has_node, machine_variables
from tests.ci.runs.runners import jenkins as jenkins_build
from tests.conftest import CHECKOUT, started
from tests.stacks.conftest import register
from tests.stacks.stack import Stack
from tools.setup.cache import user_cache

ENVIRONMENTS = ("staging", "prod")
# What `make test` and `make check` would run is what runs this: a pipeline here runs a little of it.
REHEARSED = (
    ".ci/*",
    ".github/actions/*/*",
    ".github/workflows/*",
    ".gitlab-ci.yml",
    "Jenkinsfile",
    "Pulumi.*.yaml",
    "requirements/*.txt",
    "tools/pulumi/go.*",
)
SMALL = "tests/unit/tools/test_lint_stacks.py -n 0"  # a worker would take longer to start than the tests
TYPED = "tools/lint_stacks.py"  # all of it takes two minutes of a core where mypy knows nothing yet


@pytest.fixture(scope="session")
def checkout(tmp_path_factory):
    """This checkout, cloned."""
    return of_the_checkout(tmp_path_factory.mktemp("clones") / "main")


@pytest.fixture(scope="session")
def delivered(tmp_path_factory):
    """What Pulumi.staging.yaml and Pulumi.prod.yaml name is deployed and serves, in a sandbox of its own."""
    with started(tmp_path_factory.mktemp("sandbox")) as sandbox:
        folder = tmp_path_factory.mktemp("delivered")
        stacks = {}
        for name in ENVIRONMENTS:
            stack = stacks[name] = Stack(name, sandbox, folder)
            stack.up()
            release = stack.config["config"]["model-delivery:release"]
            register(stack, *release["fleet"])
            stack.release(release["live"], *release["fleet"])
            stack.up()
        yield stacks


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory):
    """What mypy knows, for all pipelines: each looks at the same file."""
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture(scope="session")
def runner(delivered, mypy_cache):
    """The variables of a runner that has profiles of its own: here, those which enter the sandbox."""
    return runner_in(delivered, mypy_cache)


def runner_in(stacks, mypy_cache):
    """The same for the sandbox of these stacks."""
    entered = {
        name: value
        for name, value in stacks["prod"].env.items()
        if name.startswith(("AWS_", "PULUMI_")) and name != "PULUMI_BACKEND_URL"
    }
    return entered | {
        "TESTS": SMALL,
        "UNITS": SMALL,
        "TYPED": TYPED,
        "MYPY_CACHE_DIR": str(mypy_cache),
        "XDG_CACHE_HOME": str(user_cache().parent),
        "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
    }


@pytest.fixture(scope="session")
def state(delivered):
    """The project's variables: where Pulumi's state is. Without a role, a runner's own profiles are used."""
    return state_of(delivered)


def state_of(stacks):
    """The same for these stacks."""
    return {f"{name.upper()}_BACKEND_URL": stack.env["PULUMI_BACKEND_URL"] for name, stack in stacks.items()}


@pytest.fixture(scope="session")
def jenkins_server():
    """What runs builds of the Jenkinsfile; skipped where there is no Java or no Maven."""
    if missing := jars.missing():
        pytest.skip(
            f"the Jenkinsfile is executed by Java and Maven's JenkinsPipelineUnit; not here: {missing}"
        )
    with Jenkins(machine_variables()) as server:
        yield server


@pytest.fixture
def forge():
    """A forge, `(url, comments)`."""
    with served() as running:
        yield running


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory):
    """A repository with the definitions and what they name, whose make does nothing: small, so that a run is quick."""
    folder = tmp_path_factory.mktemp("rehearsal") / "main"
    for name in REHEARSED:
        for source in sorted(CHECKOUT.glob(name)):
            target = folder / source.relative_to(CHECKOUT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    shutil.copy(Path(__file__).with_name("rehearsal.mk"), folder / "Makefile")
    (folder / "tests" / "ci").mkdir(parents=True)
    # A package of the clone's own: the checkout's is on the path too, and a folder without __init__.py gives way to it.
    for name in ("tests/__init__.py", "tests/ci/__init__.py", "tests/ci/warm.py"):
        (folder / name).touch()
    (folder / ".gitignore").write_text(".review/\n.soak/\n.gitlab-ci-local/\n")
    made = Clone(folder)
    made.git("init", "--quiet", "--initial-branch", "main")
    made.git("remote", "add", "origin", GITHUB)
    made.commit("a rehearsal")
    return made


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
