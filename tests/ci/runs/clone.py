"""A clone of this checkout as it is, with a change of its own, in which a platform's runner does its work."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import CHECKOUT

PERSON = {f"GIT_{who}_{what}": "ada" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass(frozen=True)
class Clone:
    """A folder with a git history of its own."""

    folder: Path

    def git(self, *arguments):
        # Without hooks and settings of whoever runs the tests.
        clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        return subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=os.environ | PERSON | clean,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout

    def branch(self, folder, edits, origin):
        """A clone of this one, on a branch `topic` with the edits `{file: (old, new)}`; a new file has no old."""
        self.git("clone", "--quiet", "--local", str(self.folder), str(folder))
        made = Clone(folder)
        made.git("remote", "set-url", "origin", origin)
        made.git("checkout", "--quiet", "-b", "topic")
        for name, (old, new) in edits.items():
            path = folder / name
            text = path.read_text() if old else ""
            assert old in text, (name, old)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace(old, new, 1) if old else new)
        made.commit("a change")
        return made

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)


def of_the_checkout(folder):
    """What is committed, what is changed and what is new, committed in a clone."""
    subprocess.run(
        ["git", "clone", "--quiet", "--local", str(CHECKOUT), str(folder)], check=True, timeout=120
    )
    checkout = Clone(CHECKOUT)
    changed = checkout.git("diff", "--name-only", "--no-renames", "-z", "HEAD")  # staged or not
    new = checkout.git("ls-files", "-z", "--others", "--exclude-standard")
    for name in filter(None, (changed + new).split("\0")):
        source, target = CHECKOUT / name, folder / name
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
        else:
            target.unlink(missing_ok=True)
    made = Clone(folder)
    made.git("checkout", "--quiet", "-B", "main")
    made.commit("what is here")
    return made


def event(path, *, head="team/model-delivery"):
    """The event of a pull request from a branch of the repository `head`."""
    request = {
        "number": 7,
        "head": {"ref": "topic", "repo": {"full_name": head}},
        "base": {"ref": "main", "repo": {"full_name": "team/model-delivery"}},
    }
    path.write_text(json.dumps({"action": "opened", "number": 7, "pull_request": request}))
    return path
