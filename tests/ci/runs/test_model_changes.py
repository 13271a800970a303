"""A pull request that changes the model, through each platform's runner: what `make model` says of it, and the comment.

Staging has the data that Git names, and serves a model of it that the real server answers with.
"""

import os
import re
import subprocess
import sys

import pytest

from pipelines.flights.data import published
from tests.ci.runs.conftest import ENVIRONMENTS, runner_in, state_of
from tests.ci.runs.test_pipelines import on_github, on_gitlab, on_jenkins, variables  # noqa: F401 (fixtures)
from tests.conftest import CHECKOUT, started
from tests.stacks.conftest import push, register
from tests.stacks.stack import Stack
from tools.demo.data import write_months

DVC = CHECKOUT / ".venv-data" / "bin" / "dvc"
UNTIL = "2013-03"  # of params.yaml
SERVER = ("--file", "pipelines/server/Dockerfile")
WORSE = {"params.yaml": ("trees: 150", "trees: 5")}
AS_GOOD = {"params.yaml": ("learning_rate: 0.06", "learning_rate: 0.05")}
INTERVAL = r"[+-]?\d\.\d{4} \([+-]?\d\.\d{4} to [+-]?\d\.\d{4}\)"

pytestmark = [
    pytest.mark.soak,
    pytest.mark.stacks,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not DVC.exists(), reason="no .venv-data: `make setup-data` makes it"),
]


@pytest.fixture(scope="module")
def trained(checkout, tmp_path_factory):
    """Staging with data and a model of it, production beside it, in a sandbox of their own."""
    folder = tmp_path_factory.mktemp("trained")
    with started(tmp_path_factory.mktemp("sandbox")) as sandbox:
        stacks = {name: Stack(name, sandbox, folder) for name in ENVIRONMENTS}
        for stack in stacks.values():
            stack.up()
            release = stack.config["config"]["model-delivery:release"]
            for version in release["fleet"]:
                if (stack.name, version) == ("staging", release["live"]):
                    register_model(stack, version)
                else:
                    register(stack, version)
            stack.release(release["live"], release["live"])
            stack.up()
            stack.release(release["live"], *release["fleet"])
            stack.up()
        fill(checkout, stacks["staging"])
        yield stacks


def register_model(stack, version):
    """Train what params.yaml says, and register it with the real server's image."""
    made = stack.folder / "model"
    command = [sys.executable, "-m", "pipelines.flights.train", "--until", UNTIL, "--out", made]
    subprocess.run([*map(str, command)], cwd=CHECKOUT, check=True, capture_output=True, timeout=300)
    image = push(stack, CHECKOUT, *SERVER)
    archive = made / "model.tar.gz"
    stack.modelctl(
        "register", "--version", version, "--image", image, "--artifact", archive, "--data-revision", "r"
    )


def fill(clone, stack):
    """Put the months into DVC's remote, as `make up` does."""
    pointers = [str(pointer) for pointer in write_months(clone.folder, published())]
    environ = os.environ | stack.env | {"AWS_PROFILE": "staging"}
    for command in (["commit", "--quiet", "--force", *pointers], ["push", "--quiet", *pointers]):
        subprocess.run(
            [str(DVC), *command], cwd=clone.folder, env=environ, check=True, capture_output=True, timeout=300
        )


@pytest.fixture
def runner(trained, mypy_cache):
    """A runner that enters the sandbox of these stacks."""
    return runner_in(trained, mypy_cache)


@pytest.fixture
def state(trained):
    """The project's variables for these stacks."""
    return state_of(trained)


@pytest.fixture(params=["github", "gitlab", "jenkins"])
def propose(request):
    """Proposes edits on a platform: how it ended, and the comment on the model."""

    def run(edits):
        ended, comments = request.getfixturevalue(f"on_{request.param}")(edits)
        of_the_model = [each for each in comments if "model-delivery:model" in each]
        assert len(of_the_model) == 1, ended.output
        return ended, of_the_model[0]

    return run


def test_a_worse_model_makes_the_job_fail_and_the_comment_says_by_how_much(propose):
    ended, comment = propose(WORSE)

    assert not ended.ok, ended.output
    assert "Model `flights`: stopped" in comment
    assert re.search(r"evaluate stopped: AUC overall may be 0\.\d+ worse than the champion's \(", comment), (
        comment
    )
    assert "parameter `fit.trees`: `150` → `5`" in comment


def test_a_model_that_is_as_good_passes_and_the_comment_has_its_metrics_with_intervals(propose):
    ended, comment = propose(AS_GOOD)

    assert ended.ok, ended.output
    assert "## Model `flights`: passed both gates" in comment
    assert re.search(
        rf"\| `auc` \| 27,564 \| {INTERVAL} \| {INTERVAL} \| {INTERVAL} \| passed \|", comment
    ), comment
    assert "parameter `fit.learning_rate`: `0.06` → `0.05`" in comment
