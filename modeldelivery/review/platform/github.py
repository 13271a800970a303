"""A pull request's comment and the drift issue on GitHub; from Actions, or from a Jenkins job with a token."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import github

from modeldelivery.review.platform.port import PlatformError

LIMIT = 65_536  # characters of a comment: https://github.com/orgs/community/discussions/27190


class GitHub:
    """One repository; `pull_request` is None where the build is of none."""

    limit = LIMIT

    def __init__(self, environ: Mapping[str, str]) -> None:
        token, repository = environ.get("GITHUB_TOKEN"), environ.get("GITHUB_REPOSITORY")
        if not token or not repository:
            raise PlatformError(
                "GITHUB_TOKEN and GITHUB_REPOSITORY must be set to comment on GitHub: give the step "
                "`env: GITHUB_TOKEN: ${{ github.token }}` and the job `permissions: {pull-requests: write}`"
            )
        self._repository = repository
        self._github = github.Github(
            auth=github.Auth.Token(token),
            base_url=environ.get("GITHUB_API_URL") or "https://api.github.com",
            timeout=30,
            seconds_between_requests=0,  # a build makes three calls
            seconds_between_writes=0,
            lazy=True,  # a repository need not be asked for to be commented on
        )
        self.pull_request = _pull_request(environ)

    def comment(self, body: str, marker: str) -> str:
        """Update this build's comment in place, or make it; its address."""
        if self.pull_request is None:
            raise PlatformError("this build is of no pull request: there is nothing to comment on")
        try:
            issue = self._repo().get_issue(self.pull_request)
            known = self._ours(issue.get_comments(), marker)
            if known is None:
                return str(issue.create_comment(body).html_url)
            known.edit(body)
            return str(known.html_url)
        except github.GithubException as error:
            raise _failed(error) from error

    def issue(self, title: str, body: str | None, marker: str) -> str:
        """Open the issue or bring it up to date; close it when there is no body. Its address, empty when there is none."""
        try:
            known = self._ours(self._repo().get_issues(state="open"), marker)
            if body is None:
                if known is not None:
                    known.edit(state="closed", state_reason="completed")
                return str(known.html_url) if known else ""
            if known is None:
                return str(self._repo().create_issue(title=title, body=body).html_url)
            known.edit(title=title, body=body)
            return str(known.html_url)
        except github.GithubException as error:
            raise _failed(error) from error

    def _ours(self, found: Iterable[Any], marker: str) -> Any:
        """The one with the marker that we wrote: anybody may write one that begins like it."""
        marked = [each for each in found if (each.body or "").startswith(marker) and each.user is not None]
        mine = self._login() if marked else None
        return next(
            (each for each in marked if (each.user.login == mine if mine else each.user.type == "Bot")), None
        )

    def _login(self) -> str | None:
        """Whose token it is; a job's own is nobody's, and writes as a bot."""
        try:
            return self._github.get_user().login
        except github.GithubException as error:
            if error.status in {401, 403, 404}:
                return None
            raise

    def _repo(self) -> Any:
        return self._github.get_repo(self._repository)


def _pull_request(environ: Mapping[str, str]) -> int | None:
    """From the event that started the build, or from Jenkins' CHANGE_ID."""
    if environ.get("CHANGE_ID", "").isdigit():
        return int(environ["CHANGE_ID"])
    path = environ.get("GITHUB_EVENT_PATH")
    if not path or not Path(path).exists():
        return None
    event = json.loads(Path(path).read_text())
    number = event.get("pull_request", {}).get("number") if isinstance(event, dict) else None
    return number if isinstance(number, int) else None


def _failed(error: github.GithubException) -> PlatformError:
    message = error.data.get("message") if isinstance(error.data, dict) else error.data
    return PlatformError(
        f"GitHub answered {error.status}: {message}. A fork's build has no right to comment; another needs "
        "`permissions: {pull-requests: write}` (for the drift issue `issues: write`)"
    )
