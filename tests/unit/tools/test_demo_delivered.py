"""`make up DELIVERY=argocd` says so in committed config for as long as it is there, and commits what Argo CD delivers."""

import subprocess
import sys

import pytest
import yaml

from tests.conftest import CHECKOUT
from tools.demo import delivered
from tools.demo.run import EDGES

AUTHOR = ("-c", "user.name=ada", "-c", "user.email=ada@example.com")


@pytest.fixture
def checkout(tmp_path):
    """A Git checkout with both files as they are committed; a bare repository beside it."""
    root = tmp_path / "checkout"
    root.mkdir()
    for environment in EDGES:
        name = f"Pulumi.{environment}.yaml"
        (root / name).write_text(delivered.without_line((CHECKOUT / name).read_text()))
    git(root, "init", "--quiet")
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "delivery.git")
    return root


def git(folder, *arguments):
    return subprocess.run(
        ["git", "-C", folder, *arguments], check=True, capture_output=True, text=True
    ).stdout


def deliver(root, environment):
    document = yaml.safe_load((root / f"Pulumi.{environment}.yaml").read_text())
    return document["config"]["model-delivery:serving"]["kubernetes"].get("deliver")


@pytest.mark.parametrize("environment", EDGES)
def test_config_says_from_where_as_long_as_the_demo_is_there(checkout, tmp_path, environment):
    file = checkout / f"Pulumi.{environment}.yaml"
    before = file.read_text()

    delivered.begin(checkout, environment, tmp_path / "delivery.git")
    assert delivered.is_delivered(checkout, environment)
    assert deliver(checkout, environment) == {
        "repository": f"file://{tmp_path}/delivery.git",
        "path": f"deploy/{environment}",
    }
    once = file.read_text()
    delivered.begin(checkout, environment, tmp_path / "delivery.git")
    assert file.read_text() == once

    assert delivered.end(checkout, environment)
    assert file.read_text() == before
    assert not delivered.end(checkout, environment)


def test_a_persons_own_line_is_left_alone(checkout):
    file = checkout / "Pulumi.edge-prod.yaml"
    own = file.read_text().replace(
        "      hostname:", "      deliver: {repository: git@x:y, path: deploy/edge-prod}\n      hostname:"
    )
    file.write_text(own)
    assert not delivered.end(checkout, "edge-prod")
    assert file.read_text() == own


def test_a_file_without_a_cluster_says_what_is_missing():
    with pytest.raises(delivered.NoPlaceError, match=r"Pulumi\.edge-prod\.yaml has no line"):
        delivered.with_line("config: {}\n", "edge-prod", "/x")


def test_a_rendered_folder_is_committed_once_and_again_when_it_changes(checkout, tmp_path):
    repository = tmp_path / "delivery.git"
    folder = checkout / "deploy" / "edge-prod"
    folder.mkdir(parents=True)
    (folder / "v1.0.0.yaml").write_text("a: 1\n")
    first = delivered.publish(checkout, "edge-prod", repository)
    assert delivered.publish(checkout, "edge-prod", repository) == first
    (folder / "v1.0.0.yaml").rename(folder / "v1.1.0.yaml")
    assert delivered.publish(checkout, "edge-prod", repository) != first
    assert git(repository, "ls-tree", "-r", "--name-only", "main").split() == ["deploy/edge-prod/v1.1.0.yaml"]


def test_before_a_version_is_registered_there_is_nothing_to_commit(checkout, tmp_path):
    (checkout / "deploy" / "edge-prod").mkdir(parents=True)
    assert delivered.publish(checkout, "edge-prod", tmp_path / "delivery.git") == ""


def test_what_somebody_pushed_meanwhile_stays(checkout, tmp_path):
    repository = tmp_path / "delivery.git"
    for environment in EDGES:
        (checkout / "deploy" / environment).mkdir(parents=True)
        (checkout / "deploy" / environment / "route.yaml").write_text(f"of: {environment}\n")
    delivered.publish(checkout, "edge-staging", repository)
    theirs = tmp_path / "theirs"
    git(tmp_path, "clone", "--quiet", repository, theirs)
    (theirs / "README.md").write_text("theirs\n")
    git(theirs, "add", ".")
    git(theirs, *AUTHOR, "commit", "--quiet", "-m", "theirs")
    git(theirs, "push", "--quiet", "origin", "HEAD:main")
    delivered.publish(checkout, "edge-prod", repository)
    assert "README.md" in git(repository, "ls-tree", "-r", "--name-only", "main").split()

    git(theirs, *AUTHOR, "commit", "--quiet", "--amend", "--allow-empty", "-m", "another history")
    git(theirs, "push", "--quiet", "--force", "origin", "HEAD:main")
    (checkout / "deploy" / "edge-prod" / "route.yaml").write_text("changed\n")
    delivered.publish(checkout, "edge-prod", repository)
    assert "another history" in git(repository, "log", "--format=%s", "main")


@pytest.mark.parametrize("kept", [True, False])
def test_a_rendered_folder_goes_with_the_line_unless_git_keeps_it(checkout, tmp_path, kept):
    delivered.begin(checkout, "edge-prod", tmp_path / "delivery.git")
    folder = checkout / "deploy" / "edge-prod"
    folder.mkdir(parents=True)
    (folder / "route.yaml").touch()
    if kept:
        git(checkout, "add", "deploy")
    delivered.end(checkout, "edge-prod")
    assert folder.exists() == kept


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["kubernetes", "flux"], "DELIVERY is flux; allowed with TARGET=kubernetes: argocd"),
        (
            ["sagemaker", "argocd"],
            "TARGET is sagemaker; allowed: sagemaker, kubernetes, and DELIVERY only with",
        ),
        (["mars"], "TARGET is mars; allowed: sagemaker, kubernetes"),
    ],
)
def test_what_make_up_does_not_know_is_refused_with_what_it_does(words, sentence):
    done = subprocess.run(
        [sys.executable, "-m", "tools.demo", "up", *words],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, sentence in done.stderr) == (2, True), done.stderr
