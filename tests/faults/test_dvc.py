"""DVC itself on fresh clones: pull, train, train nothing again, compare. Its environment is `make setup-data`'s."""

import os
import resource
import shutil
import subprocess

import pytest

from pipelines.flights.data import published
from tests.conftest import CHECKOUT
from tools.demo.data import write_months

DVC = CHECKOUT / ".venv-data" / "bin" / "dvc"
MODEL = "build/train/output/model.tar.gz"

pytestmark = [
    pytest.mark.soak,
    pytest.mark.faults,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not DVC.exists(), reason="no .venv-data: `make setup-data` makes it"),
]


class Clone:
    """A clone of what is committed, with the environments of this checkout and a remote in a folder."""

    def __init__(self, folder, remote, source=CHECKOUT):
        self.folder = folder
        subprocess.run(["git", "clone", "--quiet", str(source), str(folder)], check=True)
        for name in (".venv", ".venv-data"):
            (folder / name).symlink_to(CHECKOUT / name)
        self.dvc("remote", "add", "--local", "--default", "here", str(remote))

    def dvc(self, *arguments):
        """What it wrote to stdout."""
        done = subprocess.run(
            [str(DVC), *arguments], cwd=self.folder, env=os.environ | {"DVC_NO_ANALYTICS": "1"},
            capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def git(self, *arguments):
        return subprocess.run(
            ["git", "-c", "user.name=ada", "-c", "user.email=ada@example.com", *arguments],
            cwd=self.folder, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip

    def pointers(self):
        return sorted(map(str, self.folder.glob("data/*/*.dvc")))

    def model(self):
        return (self.folder / MODEL).read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("dvc")


@pytest.fixture(scope="module")
def first(folder):
    """A clone that filled the remote and trained."""
    clone = Clone(folder / "first", folder / "remote")
    write_months(clone.folder, published())
    clone.dvc("commit", "--force", *clone.pointers())
    clone.dvc("push", *clone.pointers())
    clone.dvc("repro")
    return clone


def test_a_fresh_clone_pulls_what_was_pushed_makes_the_same_bytes_and_leaves_the_tree_as_committed(
    first, folder
):
    second = Clone(folder / "second", folder / "remote")
    second.dvc("pull", *second.pointers())
    second.dvc("repro")
    assert second.model() == first.model()
    assert second.git("status", "--porcelain", "--untracked-files=no") == ""
    shutil.rmtree(second.folder)


def test_nothing_changed_is_nothing_run_within_five_seconds_of_cpu(first):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = first.dvc("repro")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "Running stage" not in told
    assert told.count("didn't change, skipping") >= len(first.pointers()) + 5
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime <= 5


def test_a_changed_parameter_runs_what_takes_it_and_any_clone_sees_what_became_of_the_metrics(first, folder):
    parameters = first.folder / "params.yaml"
    before = parameters.read_text()
    first.git("checkout", "--quiet", "-b", "fewer-trees")
    parameters.write_text(before.replace("trees: 150", "trees: 100"))
    told = first.dvc("repro")
    assert "Running stage 'train'" in told
    assert "Running stage 'featurize'" not in told
    first.git("commit", "--quiet", "--all", "--message", "fewer trees")
    other = Clone(folder / "other", folder / "nothing", first.folder)  # without data, cache or remote
    base = first.git("rev-parse", "HEAD~1").strip()
    assert "fit.trees" in other.dvc("params", "diff", base)
    rows = [line.split() for line in other.dvc("metrics", "diff", base).splitlines()]
    assert {row[1]: len(row) for row in rows if row and row[0].endswith("metrics.json")} == dict.fromkeys(
        ("auc", "brier", "calibration_error", "log_loss"), 5
    )
    other.dvc("plots", "diff", base)
    first.git("checkout", "--quiet", "-")
    first.dvc("repro")


def test_a_month_more_trains_on_it(first):
    parameters = first.folder / "params.yaml"
    before = parameters.read_text()
    parameters.write_text(before.replace('until: "2013-03"', 'until: "2013-04"'))
    told = first.dvc("repro")
    for stage in ("dataset", "featurize", "train"):
        assert f"Running stage '{stage}'" in told
    parameters.write_text(before)
    assert "Running stage 'train'" not in first.dvc("repro")  # DVC keeps what it once made
