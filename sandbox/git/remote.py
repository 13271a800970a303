"""A bare repository of each account, in the sandbox's folder: what a Git host and its connection are to AWS.

A push to it is told to the sandbox by a hook (sandbox/git/hook.py). The repositories stay where everything else of the
accounts is forgotten: they are files of whoever pushed.
"""

import logging
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.accounts import ACCOUNTS
from sandbox.home import Home, write
from sandbox.refusal import RefusedError

_LOG = logging.getLogger(__name__)
_HOOK = Path(__file__).with_name("hook.py")
_NOTHING = "0" * 40
_TAG, _BRANCH = "refs/tags/", "refs/heads/"
# Tags of one push of which Git hosts tell: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push,
# https://docs.gitlab.com/administration/settings/push_event_activities_limit/
_TAGS_TOLD = 3
_SECONDS = 120  # that one command of Git's may take


class RemoteError(RefusedError):
    """What the repository does not have or does not do."""


@dataclass(frozen=True)
class Commit:
    """A commit."""

    id: str
    author_date: str
    message: str


@dataclass(frozen=True)
class Push:
    """A branch or tag that now points to something.

    Attributes:
        kind: of the reference.
        name: without refs/….
        commit: that it points to, annotated or not; "" where a tag is of something else.
        moved: whether it pointed to another before.
        why: it has no commit, in Git's words.
    """

    kind: str
    name: str
    commit: str
    moved: bool = False
    why: str = ""


class Remotes:
    """The repositories of all accounts."""

    def __init__(self, home: Home) -> None:
        self._folders = {account.id: home.repositories / f"{account.profile}.git" for account in ACCOUNTS}
        for account, folder in self._folders.items():
            if not (folder / "HEAD").exists():
                folder.parent.mkdir(parents=True, exist_ok=True)
                try:
                    _git(
                        None, "init", "--quiet", "--bare", "--initial-branch=main", "--template=", str(folder)
                    )
                except RemoteError as error:  # without Git on this machine nobody pushes, and the rest serves
                    _LOG.warning("account %s has no repository: %s", account, error)
                    continue
            command = shlex.join([sys.executable, "-IS", str(_HOOK), str(home.root), account])
            write(folder / "hooks" / "post-receive", f"#!/bin/sh\nexec {command}\n", mode=0o700)

    def folder(self, account: str) -> Path:
        """What an account's pushes go to."""
        return self._folders[account]

    def pushes(self, account: str, updates: Sequence[Mapping[str, str]]) -> list[Push]:
        """What was pushed, deletions and other references left out."""
        pushes = []
        for update in updates:
            kind = "tag" if update["ref"].startswith(_TAG) else "branch"
            if update["new"] == _NOTHING or not update["ref"].startswith((_TAG, _BRANCH)):
                continue
            name = update["ref"].removeprefix(_TAG).removeprefix(_BRANCH)
            commit = why = ""
            try:
                commit = self.commit(account, update["new"]).id
            except RemoteError as error:
                why = str(error).splitlines()[0]  # what else was pushed is built all the same
            pushes.append(Push(kind, name, commit, moved=update["old"] != _NOTHING, why=why))
        return pushes

    def commit(self, account: str, revision: str) -> Commit:
        """What a branch, tag or id means; raises RemoteError."""
        peeled = f"{revision}^{{commit}}"
        text = _git(self._folders[account], "log", "-1", "--format=%H%n%aI%n%B", "--end-of-options", peeled)
        identity, date, message = text.decode(errors="replace").split("\n", 2)
        return Commit(identity, date, message.strip())

    def archive(self, account: str, commit: str) -> bytes:
        """The files of a commit as a zip; raises RemoteError."""
        return _git(self._folders[account], "archive", "--format=zip", commit)

    def clone(self, account: str, commit: str, folder: Path) -> None:
        """The repository, at a commit, into an empty folder; raises RemoteError."""
        _git(None, "clone", "--quiet", "--no-checkout", str(self._folders[account]), str(folder))
        _git(folder, "checkout", "--quiet", "--detach", commit)


def untold(pushes: Sequence[Push]) -> list[str]:
    """What a Git host would not have told of a push that this one told, in a sentence."""
    tags = sum(push.kind == "tag" for push in pushes)
    if tags <= _TAGS_TOLD:
        return []
    sentence = (
        f"{tags} tags at once: GitHub and GitLab tell nobody of more than {_TAGS_TOLD}, and nothing would be built there; push "
        f"{_TAGS_TOLD} at a time"
    )
    return [sentence]


def _git(folder: Path | None, *arguments: str) -> bytes:
    """What a command of Git's prints; raises RemoteError."""
    place = ["-C", str(folder)] if folder else []
    # Nobody's settings but the repository's own.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "LC_ALL": "C.UTF-8",
    }
    try:
        ended = subprocess.run(
            ["git", *place, *arguments], capture_output=True, check=False, env=environment, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RemoteError(f"git {arguments[0]}: {error}") from None
    if ended.returncode:
        reason = ended.stderr.decode(errors="replace").strip()
        raise RemoteError(f"git {arguments[0]}: {reason}")
    return ended.stdout
