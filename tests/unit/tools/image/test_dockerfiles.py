"""Both Dockerfiles, by others' rules and ours."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.image.dockerfile import parse
from tests.conftest import CHECKOUT
from tools.image.context import stage
from tools.image.recipe import RECIPES, SERVER, STEPS


def text(recipe):
    return (CHECKOUT / recipe.dockerfile).read_text()


def test_hadolint_finds_nothing():
    hadolint = Path(sys.executable).parent / "hadolint"
    files = [CHECKOUT / recipe.dockerfile for recipe in RECIPES]
    done = subprocess.run(
        [hadolint, "--no-color", "--failure-threshold", "style", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_names_what_its_dockerfile_copies(recipe):
    assert {source for copy in parse(text(recipe)).copies for source in copy.sources} == set(recipe.sources)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_base_is_an_argument_and_the_commit_a_label(recipe):
    assert re.search(r"^ARG BASE_IMAGE=\S+\nFROM \$\{BASE_IMAGE\}$", text(recipe), re.MULTILINE)
    assert text(recipe).rstrip().endswith('LABEL org.opencontainers.image.revision="${REVISION}"')


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_nothing_that_is_installed_holds_a_time(recipe):
    """pip's bytecode holds its sources' times, and useradd writes the day into /etc/shadow."""
    (install,) = re.findall(r"pip install (.*?)\n(?!\s)", text(recipe), re.DOTALL)
    assert {"--no-compile", "--no-cache-dir", "--require-hashes", "--no-deps"} <= set(install.split())
    assert "--invalidation-mode unchecked-hash" in text(recipe)
    assert not re.search(r"^[^#]*\b(useradd|adduser|apt-get|curl)\b", text(recipe), re.MULTILINE)


def test_the_server_is_no_root_and_says_whether_it_is_healthy():
    assert re.search(r"^USER 10001:10001$", text(SERVER), re.MULTILINE)
    assert "pipelines.server.healthcheck" in text(SERVER)


def test_a_step_is_told_which_user_to_become():
    assert parse(text(STEPS)).env["STEP_USER"] == "10001"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_ignore_file_lets_in_what_a_dockerfile_copies(recipe):
    """`docker build .` sends what it does not ignore: a folder that it forgets fails every build."""
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    allowed = {line.removeprefix("!").partition("/")[0] for line in lines if line.startswith("!")}
    assert {source.partition("/")[0] for source in recipe.sources} <= allowed


def test_a_context_holds_what_is_copied_and_no_umask_of_whoever_cloned(tmp_path):
    folder = stage(CHECKOUT, tmp_path / "context")
    for recipe in RECIPES:
        for source in recipe.sources:
            assert (folder / source).exists(), source
    modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
    assert modes <= {0o644, 0o755}
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_dir()} == {0o755}
