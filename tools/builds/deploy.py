"""Bring an environment to what its branch says now: the branch's own program and config, never those of the tag that is built.

By `make preview` and `make deploy` of a checkout of the branch, so by a plan. Another deployer who is at work is waited for; one
who came between preview and update makes the plan stale, and so does a version that joined meanwhile: then all of it is done
again, from the branch as it is by then. So it is where the branch moved while another was waited for, who may have deployed just
that. Of the standard library alone: the tag's packages are not needed for it.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tools.builds import outcome, reason
from tools.builds.stage import StageError, required, shown

TRIES = 5
_MINUTES = 20  # for another deployer to end
_PAUSE = 10.0  # seconds between two tries at an environment that is held: each starts an engine
_STALE, _DONE, _LOCKED = (
    "stale",
    "done",
    "locked",
)  # of what `make deploy` leaves (modeldelivery/review/core/deployed.py)


class Clock(Protocol):
    """The module `time`."""

    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class Branch(Protocol):
    """The branch's program, and the environment that it deploys."""

    def head(self) -> str:
        """The branch's newest commit, checked out. Raises StageError."""
        ...

    def preview(self) -> str:
        """`make preview`; why it came to nothing, "" where it came to something."""
        ...

    def deploy(self) -> tuple[str, str]:
        """`make deploy`; its outcome, and why."""
        ...


def deploy(branch: Branch, clock: Clock = time) -> str:
    """Deploy it, as often as somebody else's change makes necessary; what is deployed.

    Raises:
        StageError: it is refused, it failed, another deployer did not end, or others changed something each time.
    """
    why = ""
    for _ in range(TRIES):
        commit = branch.head()
        if why := branch.preview():
            raise StageError(why)
        outcome, why = _carried_out(branch, commit, clock)
        if outcome == _DONE:
            return f"deployed commit {commit}"
        if outcome != _STALE:
            raise StageError(why)
    raise StageError(f"something else changed during each of {TRIES} tries, the last time: {why}")


def _carried_out(branch: Branch, commit: str, clock: Clock) -> tuple[str, str]:
    """The plan that was previewed of a commit, while that is the branch's newest; its outcome, and why.

    Whoever pushed since may have deployed that before the preview, or while they are waited for; this plan then takes it back, and
    the engine does not call it stale.
    """
    end = clock.monotonic() + _MINUTES * 60
    while True:
        if branch.head() != commit:
            return _STALE, "the branch moved after it was previewed"
        outcome, why = branch.deploy()
        if outcome != _LOCKED:
            return outcome, why
        left = end - clock.monotonic()
        if left < _PAUSE:
            return outcome, f"{why} (waited {_MINUTES} minutes)"
        print(f"build: waiting, {left / 60:.0f} minutes more at most", flush=True)
        clock.sleep(_PAUSE)


@dataclass(frozen=True)
class Checkout:
    """A `Branch`: a work tree of the clone that a build has.

    Attributes:
        clone: the clone.
        name: of the branch, at the clone's origin.
        environment: that is deployed.
        folder: of the work tree.
        environ: of what is run in it.
    """

    clone: Path
    name: str
    environment: str
    folder: Path
    environ: Mapping[str, str]

    def head(self) -> str:
        remote = f"refs/remotes/origin/{self.name}"
        self._git(self.clone, "fetch", "--quiet", "--no-tags", "origin", f"+refs/heads/{self.name}:{remote}")
        commit = self._git(self.clone, "rev-parse", remote)
        if self.folder.exists():
            self._git(self.folder, "checkout", "--quiet", "--detach", commit)
        else:
            # Git still knows the work tree of an earlier build in this clone, of which CI took the folder away.
            self._git(
                self.clone, "worktree", "add", "--force", "--quiet", "--detach", str(self.folder), commit
            )
        return commit

    def preview(self) -> str:
        failed, record = (self._review / f"{self.environment}.{end}" for end in ("failed", "json"))
        for earlier in (failed, record, self.folder / outcome.FOLDER / "REASON"):
            earlier.unlink(missing_ok=True)
        made = self._make("preview")
        if failed.exists():
            return str(json.loads(failed.read_text())["why"])
        # What is refused by a rule is told by `make deploy`, which refuses it.
        return "" if not made.returncode or record.exists() else self._stopped("preview", made)

    def deploy(self) -> tuple[str, str]:
        file = self._review / f"{self.environment}.deployed"
        file.unlink(missing_ok=True)
        made = self._make("deploy")
        if not file.exists():
            return "failed", self._stopped("deploy", made)
        told = json.loads(file.read_text())
        return str(told["outcome"]), str(told["why"])

    def _stopped(self, target: str, made: subprocess.CompletedProcess[str]) -> str:
        """Why a target came to nothing that says why itself: its set-up's reason, or the last words of what it ran."""
        if told := outcome.left("REASON", self.folder):
            return told
        words = reason.last_words(made.stderr)
        return f"make {target}: {words}" if words else reason.ended(f"make {target}", made.returncode)

    @property
    def _review(self) -> Path:
        return self.folder / ".review"

    def _make(self, target: str) -> subprocess.CompletedProcess[str]:
        command = ["make", "--no-print-directory", target, f"ENV={self.environment}"]
        return shown(command, folder=self.folder, environ=self.environ)

    def _git(self, folder: Path, *command: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), *command], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StageError(f"git {command[0]}: {done.stderr.strip()}")
        return done.stdout.strip()


def run(clone: Path, environ: Mapping[str, str]) -> str:
    """Deploy the branch of a build's clone to the environment that the build is told; what is deployed. Raises StageError."""
    if not environ.get("PULUMI_BACKEND_URL"):
        raise StageError(
            "no place of the stack's state is named: set backend of model-delivery:build (PULUMI_BACKEND_URL of a tag job)"
        )
    # What make itself hands on is about the tag's Makefile.
    inner = {name: value for name, value in environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment = required(environ, "ENVIRONMENT")
    checkout = Checkout(clone, environ.get("BRANCH", "main"), environment, clone / ".build" / "branch", inner)
    if role := environ.get("DEPLOY_ROLE"):
        checkout.head()
        config = clone / ".build" / "aws-config"
        inner |= {"AWS_CONFIG_FILE": str(config), "ROLE_ARN": role, "AWS_PROFILE": environment}
        _profile(checkout.folder, environment, inner)
    return deploy(checkout)


def _profile(folder: Path, environment: str, environ: Mapping[str, str]) -> None:
    """Have the profile that the stack file names be the deploying role. Raises StageError."""
    done = subprocess.run(
        [sys.executable, str(folder / ".ci" / "aws-profile"), environment],
        env=dict(environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(done.stdout, end="", flush=True)
    if done.returncode:
        raise StageError(done.stderr.strip())
