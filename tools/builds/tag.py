"""The version that a commit is: its one tag MODEL@vX.Y.Z. Of the standard library alone, since nothing is set up before it.

GTO's version tags are these (`gto register flights HEAD --version v1.2.0`), and so are those that `git tag` makes; GTO's tags of
stages, `flights#prod`, and of counts, `flights@v1.2.0#2`, are none.
"""

import re
import subprocess
from pathlib import Path

_TAG = re.compile(
    r"(?P<model>[a-z0-9-]+)@(?P<version>(?=.{1,63}$)v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*))"
)  # as modeldelivery/release/version.py, which is no part of the standard library


class TagError(Exception):
    """A commit that is no version; a sentence that says what to type."""


def version_of(tags: list[str], model: str) -> str:
    """The version that the tags at a commit make it. Raises TagError."""
    of_model = sorted(tag for tag in tags if tag.startswith(f"{model}@"))
    versions = [match["version"] for tag in of_model if (match := _TAG.fullmatch(tag))]
    if not versions:
        others = f": {', '.join(of_model)} is none" if of_model else ""
        raise TagError(
            f"no tag {model}@vX.Y.Z is at this commit, or none any more{others}; `git tag {model}@v1.2.0` makes one"
        )
    if len(versions) > 1:
        raise TagError(
            f"{len(versions)} tags are at this commit, {', '.join(f'{model}@{each}' for each in versions)}, and it is to be one "
            "version: take the others away (`git tag -d TAG`, `git push REMOTE :TAG`)"
        )
    return versions[0]


def version_at_head(folder: Path, model: str, branch: str) -> str:
    """The version that the commit of a clone is, which must be on the branch. Raises TagError."""
    version = version_of(_tags_at(folder, commit_of(folder)), model)
    on = f"refs/remotes/origin/{branch}"
    if not _succeeds(folder, "rev-parse", "--verify", "--quiet", on):
        raise TagError(
            f"the repository has no branch {branch}, which {model}@{version} is to be on: push it first"
        )
    if not _succeeds(folder, "merge-base", "--is-ancestor", "HEAD", on):
        raise TagError(
            f"{model}@{version} is at a commit that is not on {branch}: merge it and retry the stage; where the merge made another "
            "commit, tag that one as a new version"
        )
    return version


def check_model(folder: Path, model: str) -> None:
    """Refuse a model that the checked out commit does not have. Raises TagError."""
    models = sorted(recipe.parent.name for recipe in (folder / "pipelines").glob("*/recipe.py"))
    if model not in models:
        has = f"it has {', '.join(models)}" if models else "it has no model"
        raise TagError(f"this commit has no model {model}, which is pipelines/{model}/recipe.py: {has}")
    tests = f"tests/unit/pipelines/{model}"
    if not (folder / tests).is_dir():
        raise TagError(f"this commit has no tests of {model}, which are in {tests}")


def commit_of(folder: Path) -> str:
    """40 hex digits. Raises TagError."""
    return _git(folder, "rev-parse", "HEAD").strip()


def _tags_at(folder: Path, commit: str) -> list[str]:
    """Tags that lead to a commit, also by other tags: `git tag --points-at` follows one of them and no more."""
    leads: dict[str, str] = {}
    for line in _run(folder, "show-ref", "--tags", "--dereference").stdout.splitlines():
        target, _, name = line.partition(" refs/tags/")
        leads[name.removesuffix("^{}")] = target  # the line of what an annotated tag is of comes last
    return [name for name, target in leads.items() if target == commit]


def _git(folder: Path, *command: str) -> str:
    done = _run(folder, *command)
    if done.returncode:
        raise TagError(f"git {command[0]}: {done.stderr.strip()}")
    return done.stdout


def _succeeds(folder: Path, *command: str) -> bool:
    return _run(folder, *command).returncode == 0


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", str(folder), *command], capture_output=True, text=True, check=False)
