"""`make up DELIVERY=argocd`: a line of config by which Argo CD delivers an environment from the cluster's Git repository, and commits of what it delivers.

The line is in the committed files as long as the demo is there, as it would be in a team's: `make render`, `pulumi up` and `make preview` read it.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

REMOTE = "delivery"  # of the checkout
FOLDER = "deploy"
_HOSTNAME = re.compile(r"^(?P<indent> +)hostname: .*\n", re.MULTILINE)
_MARK = " # of `make up DELIVERY=argocd`; `make down` removes it"
_LINE = re.compile(rf"^ +deliver: .*{re.escape(_MARK)}\n", re.MULTILINE)
_AUTHOR = ("-c", "user.name=make up", "-c", "user.email=make-up@localhost")


class NoPlaceError(Exception):
    """A committed file has no place for the line."""


def with_line(text: str, environment: str, repository: str) -> str:
    """A stack file's text with the line, below the host name; one that is there leads to this repository afterwards.

    Raises:
        NoPlaceError: there is no host name of a cluster in it.
    """
    text = without_line(text)
    hostname = _HOSTNAME.search(text)
    if hostname is None:
        raise NoPlaceError(f"Pulumi.{environment}.yaml has no line with the cluster's `hostname`: restore it")
    line = f'{hostname["indent"]}deliver: {{repository: "file://{repository}", path: {FOLDER}/{environment}}}{_MARK}\n'
    return text[: hostname.end()] + line + text[hostname.end() :]


def without_line(text: str) -> str:
    """A stack file's text as it was before."""
    return _LINE.sub("", text)


def begin(root: Path, environment: str, repository: Path) -> None:
    """Have an environment delivered by Argo CD, by config. Raises NoPlaceError."""
    file = root / f"Pulumi.{environment}.yaml"
    before = file.read_text(encoding="utf-8")
    after = with_line(before, environment, str(repository))
    if after != before:
        file.write_text(after, encoding="utf-8")


def end(root: Path, environment: str) -> bool:
    """Take the line and the folder away again; whether the line was there. A folder that Git keeps stays."""
    file = root / f"Pulumi.{environment}.yaml"
    before = file.read_text(encoding="utf-8")
    after = without_line(before)
    if after == before:
        return False
    file.write_text(after, encoding="utf-8")
    if not _git(root, "ls-files", f"{FOLDER}/{environment}"):
        shutil.rmtree(root / FOLDER / environment, ignore_errors=True)
    return True


def is_delivered(root: Path, environment: str) -> bool:
    """Whether the line is there."""
    return bool(_LINE.search((root / f"Pulumi.{environment}.yaml").read_text(encoding="utf-8")))


def publish(root: Path, environment: str, repository: Path) -> str:
    """Commit the environment's rendered folder to the repository, unless its newest commit has it; the newest commit, "" where there is none.

    Raises:
        subprocess.CalledProcessError: Git failed.
    """
    checkout = repository.with_suffix("")
    if not checkout.exists():
        _git(root, "clone", "--quiet", str(repository), str(checkout))
    _git(checkout, "fetch", "--quiet", "origin")
    # Whatever history somebody has pushed meanwhile.
    there = ["origin/main"] if _git(checkout, "ls-remote", "--heads", "origin", "main") else []
    _git(checkout, "checkout", "--quiet", "--force", "-B", "main", *there)
    folder = checkout / FOLDER / environment
    shutil.rmtree(folder, ignore_errors=True)
    if (root / FOLDER / environment).is_dir():
        shutil.copytree(root / FOLDER / environment, folder)
    _git(checkout, "add", "--all", ".")
    if _git(checkout, "status", "--porcelain"):
        _git(
            checkout, *_AUTHOR, "commit", "--quiet", "--message", f"{environment}: as config and registry say"
        )
        _git(checkout, "push", "--quiet", "origin", "HEAD:main")
    return _git(checkout, "rev-list", "--branches", "--max-count=1", "--abbrev-commit")


def _git(folder: Path, *command: str) -> str:
    # As of the remote `sandbox`: none of a shell's GIT_DIR and the like.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(folder), *command], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
