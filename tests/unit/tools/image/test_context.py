"""Which commit an image names, and which files it is built from."""

import os
import subprocess

import pytest

from tools.image import context
from tools.image.errors import ImageError
from tools.image.recipe import SERVER, STEPS

FILES = {
    "pipelines/__init__.py": "",
    "pipelines/server/app.py": "1",
    "pipelines/steps/train.py": "1",
    "requirements/serving.txt": "1",
    "requirements/steps.txt": "1",
    "modeldelivery/__init__.py": "",
    ".dockerignore": "*",
    ".gitignore": "__pycache__/\n",
}


@pytest.fixture
def git(tmp_path):
    """A checkout with one commit, and Git in it."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    names = {f"GIT_{who}_{what}": "me@here" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def run(*arguments):
        done = subprocess.run(
            ["git", "-C", tmp_path / "checkout", *arguments],
            env=environment | names,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    for name, content in FILES.items():
        path = tmp_path / "checkout" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    run("init", "--quiet")
    run("add", ".")
    run("commit", "--quiet", "--message", "first")
    return run


@pytest.fixture
def root(tmp_path, git):
    assert git
    return tmp_path / "checkout"


def test_an_image_names_the_commit_that_last_changed_what_it_holds(git, root):
    """A commit beside it gives the same image, so that a version's digest says whether it is another one."""
    first = git("rev-parse", "HEAD")
    (root / "pipelines" / "steps" / "train.py").write_text("2")
    git("commit", "--quiet", "--all", "--message", "second")
    assert context.revision(root, SERVER) == first
    assert context.revision(root, STEPS) == git("rev-parse", "HEAD") != first


@pytest.mark.parametrize("name", ["pipelines/server/app.py", "pipelines/server/new.py"])
def test_what_is_not_committed_is_told(root, name):
    (root / name).write_text("2")
    assert context.revision(root, SERVER).endswith("-dirty")
    assert not (root / name).is_dir()


def test_a_change_elsewhere_does_not_make_an_image_dirty(root):
    (root / "pipelines" / "steps" / "train.py").write_text("2")
    assert not context.revision(root, SERVER).endswith("-dirty")


def test_neither_the_umask_of_who_cloned_nor_that_of_who_builds_is_in_a_context(root, tmp_path):
    def staged(name, umask):
        before = os.umask(umask)
        try:
            return context.stage(root, tmp_path / name)
        finally:
            os.umask(before)

    strict = staged("strict", 0o077)
    for path in root.rglob("*.py"):
        path.chmod(0o600)
    (root / "pipelines" / "server" / "app.py").chmod(0o664)
    lax = staged("lax", 0o002)
    modes = [
        {path.relative_to(folder): path.stat().st_mode for path in folder.rglob("*")}
        for folder in (strict, lax)
    ]
    assert modes[0] == modes[1]
    assert len(modes[0]) > len(FILES)


def test_what_git_ignores_is_in_no_image(root, tmp_path):
    (root / "pipelines" / "__pycache__").mkdir()
    (root / "pipelines" / "__pycache__" / "a.pyc").write_text("")
    assert not list(context.stage(root, tmp_path / "context").rglob("*.pyc"))


def test_a_file_that_git_knows_and_that_is_gone_stops_a_build(root, tmp_path):
    (root / "pipelines" / "server" / "app.py").unlink()
    with pytest.raises(ImageError, match=r"pipelines/server/app\.py: Git knows it and it is not there"):
        context.stage(root, tmp_path / "context")


def test_a_shallow_clone_is_noticed(git, root, tmp_path):
    (root / "pipelines" / "__init__.py").write_text("2")
    git("commit", "--quiet", "--all", "--message", "second")
    assert not context.shallow(root)
    git("clone", "--quiet", "--depth", "1", f"file://{root}", str(tmp_path / "shallow"))
    assert context.shallow(tmp_path / "shallow")


def test_a_folder_without_git_says_what_is_needed(tmp_path):
    with pytest.raises(ImageError, match="images are built from a Git checkout"):
        context.revision(tmp_path, SERVER)
