"""Git remotes of the checkout that lead into the sandbox: what is pushed to `sandbox` is built, as at a Git host that a connection leads to."""

import os
import subprocess
from pathlib import Path

NAME = "sandbox"


def add(root: Path, repository: str, name: str = NAME) -> str:
    """Have the remote lead to the sandbox's repository, unless it leads to another one that is there; what was done."""
    present = _url(root, name)
    if present == repository:
        return f"remote {name} is there"
    if present is not None and Path(present).is_dir():
        return f"remote {name} leads to {present} and is left alone: git push {repository} HEAD:main TAG"
    done = _git(root, "remote", *(("add",) if present is None else ("set-url",)), name, repository)
    if done.returncode:
        return f"no remote: {done.stderr.strip()}"
    return f"git remote {name}; `make down` removes it"


def remove(root: Path, home: Path, name: str = NAME) -> bool:
    """Remove the remote, if it leads into the sandbox's folder; whether it did."""
    present = _url(root, name)
    if present is None or not Path(present).is_relative_to(home):
        return False
    return _git(root, "remote", "remove", name).returncode == 0


def _url(root: Path, name: str) -> str | None:
    done = _git(root, "remote", "get-url", name)
    return None if done.returncode else done.stdout.strip()


def _git(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    # Whatever shell it was typed in: none of its GIT_DIR and the like leads to another repository.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        ["git", "-C", str(root), *command], env=environ, capture_output=True, text=True, check=False
    )
