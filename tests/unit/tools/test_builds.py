"""What a build makes of a tag: which version a commit is, the first finding of its checks, and whose version it may train."""

import subprocess
import sys

import msgspec
import pytest

from modeldelivery.release.record import Source
from tests.conftest import CHECKOUT
from tests.fakes.registry import FakeRegistry
from tests.unit.release_cli.world import V2, register
from tools.builds import check, image, outcome
from tools.builds.dockerfile import finding
from tools.builds.modelctl import unfinished
from tools.builds.stage import StageError
from tools.builds.tag import TagError, version_at_head, version_of
from tools.builds.train import refuse_other

COMMIT = "c" * 40


def git(folder, *command):
    own = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *own, *command], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def clone(tmp_path):
    """A clone of a repository whose main has one commit, checked out at it."""
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "--quiet", "--initial-branch=main")
    git(origin, "commit", "--quiet", "--allow-empty", "--message", "first")
    git(tmp_path, "clone", "--quiet", str(origin), "clone")
    return tmp_path / "clone"


def test_a_commit_is_the_version_of_its_one_tag(clone):
    git(clone, "tag", "flights@v1.2.0")
    assert version_at_head(clone, "flights", "main") == "v1.2.0"


@pytest.mark.parametrize(
    "more",
    [
        ["iris@v9.0.0"],  # another model's
        ["flights#prod", "flights#prod#2"],  # GTO's stages
        ["flights@v1.2.0-rc.1"],
        ["flights@v01.0.0"],
        ["v9.0.0"],
    ],
)
def test_what_is_no_version_of_the_model_counts_for_nothing(more):
    assert version_of(["flights@v1.2.0", *more], "flights") == "v1.2.0"


def test_gtos_tag_and_gits_are_the_same_version(clone):
    git(clone, "tag", "--annotate", "--message", "Registering artifact", "flights@v1.3.0")  # as GTO makes it
    assert version_at_head(clone, "flights", "main") == "v1.3.0"


def test_a_commit_with_two_versions_is_refused_by_both_names():
    with pytest.raises(TagError, match=r"2 tags are at this commit, flights@v1\.2\.0, flights@v1\.3\.0"):
        version_of(["flights@v1.3.0", "flights@v1.2.0"], "flights")


@pytest.mark.parametrize("tags", [[], ["flights@v1"], ["iris@v1.2.0"]])
def test_a_commit_without_a_version_is_refused_with_what_to_type(tags):
    with pytest.raises(TagError, match=r"`git tag flights@v1\.2\.0` makes one"):
        version_of(tags, "flights")


def test_a_version_that_is_not_on_the_branch_is_refused(clone):
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "aside")
    git(clone, "tag", "flights@v1.2.0")
    with pytest.raises(TagError, match=r"flights@v1\.2\.0 is at a commit that is not on main"):
        version_at_head(clone, "flights", "main")


def test_a_version_is_refused_where_the_branch_was_never_pushed(clone):
    git(clone, "tag", "flights@v1.2.0")
    with pytest.raises(TagError, match="the repository has no branch release"):
        version_at_head(clone, "flights", "release")


def test_the_version_is_told_without_any_package():
    """`make build-version` comes before set-up."""
    script = f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); import tools.builds.__main__"
    done = subprocess.run([sys.executable, "-ISc", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def record_of(commit):
    registry = FakeRegistry()
    register(registry, V2, b"bits")
    record, _ = registry.records[V2]
    source = Source(commit=commit, execution="arn:x") if commit else None
    return msgspec.structs.replace(record, source=source)


@pytest.mark.parametrize("made", ["d" * 40, None])
def test_a_tag_that_moved_after_its_version_was_made_is_refused(made):
    with pytest.raises(StageError, match="a version never changes"):
        refuse_other(record_of(made), COMMIT)


def test_the_same_commit_again_is_no_other_version():
    refuse_other(record_of(COMMIT), COMMIT)


def test_a_training_whose_follower_was_killed_is_said_to_go_on():
    assert "ended by signal 9" in unfinished("train", -9)
    assert "goes on: retry the stage" in unfinished("train", -9)
    assert "goes on" not in unfinished("train", 70)


def test_the_first_test_that_failed_is_told_with_its_reason(tmp_path):
    report = tmp_path / "tests.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase classname="tests.unit.pipelines.flights.test_features" name="test_a"/>'
        '<testcase classname="tests.unit.pipelines.flights.test_features" name="test_b">'
        '<failure message="AssertionError: assert 1 == 2&#10;more">…</failure></testcase>'
        "</testsuite></testsuites>"
    )
    assert check.failed_test(report) == (
        "tests/unit/pipelines/flights/test_features.py::test_b: AssertionError: assert 1 == 2"
    )
    assert check.failed_test(tmp_path / "none.xml") == ""


def test_a_dockerfile_without_entrypoint_is_told():
    assert finding("Dockerfile", 'FROM base\nENTRYPOINT ["python"]\n') == ""
    assert finding("Dockerfile", "FROM base\n# ENTRYPOINT\nCMD x\n").startswith("Dockerfile: no ENTRYPOINT")


def test_what_a_stage_leaves_is_one_line_of_bounded_length(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome.leave("REASON", "two\nlines " + "x" * 2_000)
    left = (tmp_path / ".build" / "REASON").read_text()
    assert left.startswith("two lines xxx")
    assert (left.count("\n"), len(left) <= 1_000) == (1, True)


def test_images_are_pushed_by_the_command_that_builds_and_runs_them(monkeypatch):
    """One way to push: the digests are those of `make image`."""
    commands = []
    uris = {
        name: f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/flights@{name}" for name in ("server", "steps")
    }

    def called(*command):
        commands.append(command[1:])
        return msgspec.json.encode(
            {"engine": "docker", "images": [{"name": n, "uri": u} for n, u in uris.items()]}
        )

    monkeypatch.setattr(image, "called", called)
    built = image.build({"BASE_IMAGE": "python@sha256:0", "ENVIRONMENT": "staging"})
    assert built == {"IMAGE": uris["server"], "STEP_IMAGE": uris["steps"]}
    assert commands == [("-m", "tools.image", "--base", "python@sha256:0", "--push", "staging", "--json")]


def test_images_without_a_base_by_digest_are_not_built_and_the_key_is_named():
    with pytest.raises(StageError, match="set baseImage of model-delivery:build"):
        image.build({"ENVIRONMENT": "staging"})
