"""The sandbox's repositories: what a push is told as, and what is taken from them."""

import io
import subprocess
import zipfile

import pytest

from sandbox.git.remote import Push, RemoteError, Remotes, untold
from sandbox.home import Home

pytestmark = pytest.mark.faults

ACCOUNT, NOTHING = "111111111111", "0" * 40


class Clone:
    """A repository that pushes to the one of staging."""

    def __init__(self, folder, remote):
        self.folder, self.remote = folder, remote
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        (folder / "run").write_text("#!/bin/sh\n")
        (folder / "run").chmod(0o755)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "the first\n\nwith more")

    def git(self, *arguments):
        own = [
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@t",
            "-c",
            "commit.gpgsign=false",
            "-c",
            "tag.gpgsign=false",
        ]
        ended = subprocess.run(
            ["git", *own, *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return ended.stdout.strip() or ended.stderr

    def push(self, *references):
        return self.git("push", str(self.remote), *references)


@pytest.fixture
def remotes(tmp_path):
    return Remotes(Home(tmp_path / "sandbox"))


@pytest.fixture
def clone(tmp_path, remotes):  # noqa: ARG001 - it makes the repository
    return Clone(tmp_path / "clone", tmp_path / "sandbox" / "git" / "staging.git")


def test_a_push_names_the_commit_of_a_tag_annotated_or_not(clone, remotes):
    head = clone.git("rev-parse", "HEAD")
    clone.git("tag", "--annotate", "--message", "m", "v1")
    clone.push("HEAD:main", "v1")
    annotated = clone.git("rev-parse", "v1")
    assert annotated != head
    updates = [
        {"old": NOTHING, "new": annotated, "ref": "refs/tags/v1"},
        {"old": annotated, "new": head, "ref": "refs/tags/v1"},
        {"old": NOTHING, "new": head, "ref": "refs/heads/main"},
    ]
    assert remotes.pushes(ACCOUNT, updates) == [
        Push("tag", "v1", head),
        Push("tag", "v1", head, moved=True),
        Push("branch", "main", head),
    ]


def test_a_deletion_and_a_note_are_no_push(remotes):
    updates = [
        {"old": "1" * 40, "new": NOTHING, "ref": "refs/tags/v1"},
        {"old": NOTHING, "new": "1" * 40, "ref": "refs/notes/commits"},
    ]
    assert remotes.pushes(ACCOUNT, updates) == []


def test_a_tag_of_no_commit_is_told_and_keeps_nothing_else_back(clone, remotes):
    head = clone.git("rev-parse", "HEAD")
    clone.git("tag", "v1-file", "HEAD:run")
    clone.push("HEAD:main", "v1-file")
    updates = [
        {"old": NOTHING, "new": clone.git("rev-parse", "v1-file"), "ref": "refs/tags/v1-file"},
        {"old": NOTHING, "new": head, "ref": "refs/tags/v1"},
    ]
    of_a_file, of_a_commit = remotes.pushes(ACCOUNT, updates)
    assert (of_a_file.commit, of_a_commit) == ("", Push("tag", "v1", head))
    assert of_a_file.why.startswith("git log: ")


def test_more_tags_at_once_than_git_hosts_tell_of_are_warned_about():
    pushes = [Push("tag", f"v{number}", "c" * 40) for number in range(4)]
    (sentence,) = untold(pushes)
    assert sentence.startswith("4 tags at once: ")
    assert untold([*pushes[:3], Push("branch", "main", "c" * 40)]) == []


def test_a_commit_is_described_packed_and_cloned_with_its_tags(clone, remotes, tmp_path):
    clone.git("tag", "v1")
    clone.push("HEAD:main", "v1")
    commit = remotes.commit(ACCOUNT, "main")
    assert (commit.id, commit.message) == (clone.git("rev-parse", "HEAD"), "the first\n\nwith more")
    packed = zipfile.ZipFile(io.BytesIO(remotes.archive(ACCOUNT, commit.id)))
    assert packed.getinfo("run").external_attr >> 16 & 0o111
    remotes.clone(ACCOUNT, commit.id, tmp_path / "build")
    described = subprocess.run(
        ["git", "describe", "--exact-match", "--tags"],
        cwd=tmp_path / "build",
        check=True,
        capture_output=True,
        text=True,
    )
    assert described.stdout.strip() == "v1"


def test_what_is_not_there_is_refused(remotes):
    with pytest.raises(RemoteError, match="git log"):
        remotes.commit(ACCOUNT, "main")


def test_without_git_there_is_no_repository_and_the_rest_serves(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("PATH", str(tmp_path))
    remotes = Remotes(Home(tmp_path / "sandbox"))
    assert f"account {ACCOUNT} has no repository: git init" in caplog.text
    with pytest.raises(RemoteError, match="git log"):
        remotes.commit(ACCOUNT, "main")


def test_an_option_is_no_revision(clone, remotes, tmp_path):
    clone.push("HEAD:main")
    with pytest.raises(RemoteError):
        remotes.commit(ACCOUNT, f"--output={tmp_path / 'written'}")
    assert not list(tmp_path.glob("written*"))


def test_whoever_pushes_while_the_sandbox_does_not_run_is_told(clone):
    told = clone.push("HEAD:main")
    assert "the sandbox does not run, so nothing is built" in told
    assert "take each tag away (`git push REMOTE :TAG`) and push it again" in told
