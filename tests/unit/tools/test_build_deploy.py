"""The stage that deploys: the branch's newest commit and no other, again where somebody else came between, and not for ever."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from tests.conftest import CHECKOUT
from tests.fakes.time import FakeTime
from tools.builds import deploy
from tools.builds.deploy import TRIES, Checkout
from tools.builds.stage import StageError

DONE, STALE = ("done", ""), ("stale", "the plan is stale: someone deployed")
LOCKED = "locked", "staging is held by another deployer: ada@desk (pid 7)"


@dataclass
class FakeBranch:
    """A branch whose heads, previews and deploys come to what they are told to, the last one for ever."""

    heads: list = field(default_factory=lambda: ["a"])
    previews: list = field(default_factory=lambda: [""])
    deploys: list = field(default_factory=lambda: [DONE])
    calls: list = field(default_factory=list)

    def _next(self, name, answers):
        self.calls.append(name)
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def head(self):
        return self._next("head", self.heads)

    def preview(self):
        return self._next("preview", self.previews)

    def deploy(self):
        return self._next("deploy", self.deploys)


def test_a_branch_that_nobody_moves_is_previewed_and_deployed_once():
    branch = FakeBranch()
    assert deploy.deploy(branch) == "deployed commit a"
    assert branch.calls == ["head", "preview", "head", "deploy"]


def test_a_plan_that_another_deployer_made_stale_is_previewed_again():
    branch = FakeBranch(deploys=[STALE, DONE])
    deploy.deploy(branch)
    assert branch.calls.count("preview") == 2


def test_a_preview_of_a_commit_that_is_no_longer_the_newest_is_not_deployed():
    """Whoever pushed the newer one may have deployed it before the preview, which then takes it back."""
    branch = FakeBranch(heads=["a", "b", "b", "b"])
    assert deploy.deploy(branch) == "deployed commit b"
    assert branch.calls == ["head", "preview", "head", "head", "preview", "head", "deploy"]


@pytest.mark.parametrize(
    ("branch", "why"),
    [
        (FakeBranch(deploys=[STALE]), "the plan is stale"),
        (FakeBranch(heads=[str(number) for number in range(99)]), "the branch moved"),
    ],
)
def test_others_that_change_something_each_time_are_given_up_on(branch, why):
    with pytest.raises(StageError, match=why):
        deploy.deploy(branch)
    assert branch.calls.count("preview") == TRIES


def test_another_deployer_is_waited_for_with_the_plan_that_is_there():
    branch, clock = FakeBranch(deploys=[LOCKED, LOCKED, DONE]), FakeTime()
    assert deploy.deploy(branch, clock) == "deployed commit a"
    assert (branch.calls.count("preview"), branch.calls.count("deploy")) == (1, 3)
    assert clock.monotonic() < 60


def test_a_branch_that_moved_while_another_deployer_was_waited_for_is_previewed_again():
    """Who held the environment may have deployed just that, which the older plan takes back."""
    branch = FakeBranch(heads=["a", "a", "b", "b", "b"], deploys=[LOCKED, DONE])
    assert deploy.deploy(branch, FakeTime()) == "deployed commit b"
    assert branch.calls == ["head", "preview", "head", "deploy", "head", "head", "preview", "head", "deploy"]


def test_another_deployer_who_does_not_end_is_told_after_twenty_minutes():
    clock = FakeTime()
    with pytest.raises(
        StageError, match=r"held by another deployer: ada@desk \(pid 7\) \(waited 20 minutes\)"
    ):
        deploy.deploy(FakeBranch(deploys=[LOCKED]), clock)
    assert 19 * 60 < clock.monotonic() <= 20 * 60


@pytest.mark.parametrize("outcome", ["refused", "failed"])
def test_what_a_second_preview_does_not_mend_ends_it_at_once_with_its_sentence(outcome):
    branch = FakeBranch(deploys=[(outcome, "staging is refused: it DELETES the endpoint"), DONE])
    with pytest.raises(StageError, match="staging is refused: it DELETES the endpoint"):
        deploy.deploy(branch)
    assert branch.calls.count("deploy") == 1


def test_a_preview_that_comes_to_nothing_ends_it_with_its_sentence():
    with pytest.raises(StageError, match=r"Pulumi\.staging\.yaml: model-delivery:owner is missing"):
        deploy.deploy(FakeBranch(previews=["Pulumi.staging.yaml: model-delivery:owner is missing"]))


def git(folder, *command):
    own = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *own, *command], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


MAKEFILE = """\
preview:
\t@test ! -e unset || { mkdir -p .build; cp unset .build/REASON; exit 1; }
\t@mkdir -p .review && cp record .review/$(ENV).json
\t@test ! -e broken || { mv .review/$(ENV).json .review/$(ENV).failed; exit 1; }
deploy:
\t@echo '{"outcome": "done", "why": "", "commit": "'"$$(cat program)"'"}' > .review/$(ENV).deployed
"""


@pytest.fixture
def origin(tmp_path):
    """A repository whose main has a program that leaves what `make preview` and `make deploy` leave."""
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "Makefile").write_text(MAKEFILE)
    (folder / "record").write_text('{"why": "config is wrong"}')
    move(folder, "the first")
    return folder


def move(origin, program):
    """A commit on main with another program."""
    (origin / "program").write_text(program)
    git(origin, "add", "--all")
    git(origin, "commit", "--quiet", "--message", program)
    return git(origin, "rev-parse", "HEAD")


@pytest.fixture
def checkout(tmp_path, origin):
    """A build's clone at the commit of a tag, which main has left behind since."""
    git(tmp_path, "clone", "--quiet", str(origin), "clone")
    move(origin, "the second")
    clone = tmp_path / "clone"
    return Checkout(clone, "main", "staging", clone / ".build" / "branch", dict(os.environ))


def test_what_is_deployed_is_mains_own_program_and_not_the_tags(checkout, origin):
    assert deploy.deploy(checkout) == f"deployed commit {git(origin, 'rev-parse', 'HEAD')}"
    told = json.loads((checkout.folder / ".review" / "staging.deployed").read_text())
    assert told["commit"] == "the second"
    assert (checkout.clone / "program").read_text() == "the first"


def test_a_branch_whose_set_up_stops_or_whose_program_cannot_begin_says_why_and_nothing_earlier_does(
    checkout, origin
):
    (origin / "unset").write_text("set-up: no space left\n")
    move(origin, "the third")
    with pytest.raises(StageError, match=r"^set-up: no space left$"):
        deploy.deploy(checkout)
    (origin / "unset").unlink()
    (origin / "record").unlink()
    move(origin, "the fourth")
    with pytest.raises(StageError, match=r"^make preview: cp: .*record"):
        deploy.deploy(checkout)


def test_the_branch_is_taken_again_where_it_moved_since(checkout, origin):
    checkout.head()
    assert checkout.head() == checkout.head() != move(origin, "the third") == checkout.head()


def test_a_work_tree_that_ci_took_away_between_two_builds_in_one_clone_is_made_again(checkout):
    """GitLab fetches into the clone of the job before, and cleans what Git does not keep."""
    commit = checkout.head()
    git(checkout.clone, "clean", "-ffdx")
    assert not checkout.folder.exists()
    checkout.folder.parent.mkdir()  # `make build-version` leaves the version there
    assert checkout.head() == commit
    assert (checkout.folder / "program").read_text() == "the second"


def test_why_a_preview_failed_is_what_it_left(checkout, origin):
    (origin / "broken").touch()
    move(origin, "the broken")
    with pytest.raises(StageError, match="config is wrong"):
        deploy.deploy(checkout)


def test_an_outcome_of_an_earlier_deploy_is_not_taken_for_this_ones(checkout, origin):
    deploy.deploy(checkout)
    (origin / "Makefile").write_text(MAKEFILE.replace("@echo", "@exit 9; echo"))
    move(origin, "the worse")
    with pytest.raises(StageError, match="make deploy ended with status 2"):
        deploy.deploy(checkout)


def test_a_build_that_is_told_no_place_of_the_state_deploys_nothing(tmp_path):
    with pytest.raises(StageError, match="set backend of model-delivery:build"):
        deploy.run(tmp_path, {"ENVIRONMENT": "staging"})


def test_the_stage_needs_no_package():
    """Nothing is set up before it."""
    script = f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); import tools.builds.deploy"
    done = subprocess.run([sys.executable, "-ISc", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
