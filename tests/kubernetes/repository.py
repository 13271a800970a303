"""A Git repository that Argo CD delivers from, and a checkout of it in which changes are committed and pushed, as a merge does."""

import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_AUTHOR = ("-c", "user.name=ci", "-c", "user.email=ci@example.com")


@dataclass(frozen=True)
class Repository:
    """The bare one lies beside its checkout."""

    checkout: Path

    @classmethod
    def made(cls, checkout):
        """An empty one."""
        repository = cls(checkout)
        git(checkout.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(repository.bare))
        git(checkout.parent, "clone", "--quiet", str(repository.bare), str(checkout))
        git(checkout, "checkout", "--quiet", "-B", "main")
        return repository

    @property
    def bare(self):
        """Which Argo CD clones."""
        return self.checkout.with_suffix(".git")

    @property
    def url(self):
        return f"file://{self.bare}"

    def push(self, message):
        """Commit and push whatever changed in the checkout; the commit."""
        git(self.checkout, "add", "--all", ".")
        git(self.checkout, *_AUTHOR, "commit", "--quiet", "--allow-empty", "--message", message)
        git(self.checkout, "push", "--quiet", "origin", "main")
        return git(self.checkout, "rev-parse", "HEAD").stdout.strip()

    def take(self, folder, path, message):
        """Have in `path` what a folder has, and nothing else; commit and push it."""
        shutil.rmtree(self.checkout / path, ignore_errors=True)
        if folder.exists():
            shutil.copytree(folder, self.checkout / path)
        return self.push(message)

    @contextmanager
    def down(self):
        """Nobody reaches it while the block runs."""
        aside = self.bare.with_suffix(".gone")
        self.bare.rename(aside)
        try:
            yield
        finally:
            aside.rename(self.bare)


def git(folder, *arguments):
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    )
