"""The Git remote that `make up` makes and `make down` takes away; what a person has is left alone."""

import subprocess

import pytest

from tools.demo import remote


def url(root):
    listed = subprocess.run(
        ["git", "remote", "-v"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    return listed.split()[1] if listed else None


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "checkout"
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    return root


@pytest.fixture
def home(tmp_path):
    """A sandbox's folder with its repository."""
    (tmp_path / "home" / "git" / "staging.git").mkdir(parents=True)
    return tmp_path / "home"


def test_the_remote_is_made_and_taken_away_again(checkout, home):
    repository = str(home / "git" / "staging.git")
    assert "`make down` removes it" in remote.add(checkout, repository)
    assert url(checkout) == repository
    assert remote.add(checkout, repository) == "remote sandbox is there"
    assert remote.remove(checkout, home)
    assert url(checkout) is None


def test_a_remote_that_leads_to_another_repository_is_left_alone(checkout, home, tmp_path):
    other = tmp_path / "other.git"
    other.mkdir()
    remote.add(checkout, str(other))
    assert "left alone: git push" in remote.add(checkout, str(home / "git" / "staging.git"))
    assert url(checkout) == str(other)
    assert not remote.remove(checkout, home)
    assert url(checkout) == str(other)


def test_a_remote_whose_repository_is_gone_leads_to_the_new_one(checkout, home, tmp_path):
    remote.add(checkout, str(tmp_path / "gone.git"))
    remote.add(checkout, str(home / "git" / "staging.git"))
    assert url(checkout) == str(home / "git" / "staging.git")


def test_a_folder_that_git_does_not_keep_has_no_remote_and_says_why(tmp_path):
    assert remote.add(tmp_path, "x").startswith("no remote: ")


def test_a_shells_own_repository_is_not_touched(checkout, home, tmp_path, monkeypatch):
    other = tmp_path / "elsewhere"
    subprocess.run(["git", "init", "--quiet", str(other)], check=True)
    with monkeypatch.context() as shell:
        shell.setenv("GIT_DIR", str(other / ".git"))
        remote.add(checkout, str(home / "git" / "staging.git"))
    assert url(checkout) == str(home / "git" / "staging.git")
    assert url(other) is None
