"""A pull request's comment and the drift issue on GitHub; from Actions, or from a Jenkins job with a token."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import github
import msgspec

from modeldelivery.review.platform import answers
from modeldelivery.review.platform.answers import Refused, Service
from modeldelivery.review.platform.port import PlatformError

LIMIT = 65_536  # characters of a comment: https://github.com/orgs/community/discussions/27190


class _PullRequest(msgspec.Struct, frozen=True):
    number: int


class _Event(msgspec.Struct, frozen=True):
    """What started a build."""

    pull_request: _PullRequest | None = None


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
        self._service = Service(
            name="GitHub",
            address=environ.get("GITHUB_API_URL") or "https://api.github.com",
            variable="GITHUB_API_URL",
            token="GITHUB_TOKEN",  # noqa: S106 - a variable's name
            grant="A build of a fork has no right to write; another needs `permissions: {pull-requests: write}`, for the "
            "drift issue `issues: write`",
            place="GITHUB_REPOSITORY and the pull request's number",
        )
        self.pull_request = _pull_request(environ)
        with self._answers():
            self._github = github.Github(
                auth=github.Auth.Token(token),
                base_url=self._service.address,
                timeout=answers.TIMEOUT,
                retry=answers.retries(),
                seconds_between_requests=0,  # a build makes three calls
                seconds_between_writes=0,
                lazy=True,  # a repository need not be asked for to be commented on
            )

    def comment(self, body: str, marker: str) -> str:
        """Update this build's comment in place, or make it; its address."""
        if self.pull_request is None:
            raise PlatformError("this build is of no pull request: there is nothing to comment on")
        with self._answers():
            issue = self._repo().get_issue(self.pull_request)
            ours = self._ours(issue.get_comments(), marker)
            if ours is None:
                return self._address(issue.create_comment(body))
            before = ours.body
            ours.edit(body)
            return self._address(ours, confirmed=ours.body != before or body == before)

    def issue(self, title: str, body: str | None, marker: str) -> str:
        """Open the issue or bring it up to date; close it when there is no body. Its address, empty when there is none."""
        with self._answers():
            ours = self._ours(self._repo().get_issues(state="open"), marker)
            if body is None:
                if ours is None:
                    return ""
                ours.edit(state="closed", state_reason="completed")
                return self._address(ours, confirmed=ours.state == "closed")
            if ours is None:
                return self._address(self._repo().create_issue(title=title, body=body))
            before = ours.body
            ours.edit(title=title, body=body)
            return self._address(ours, confirmed=ours.body != before or body == before)

    def _answers(self) -> AbstractContextManager[None]:
        return answers.answers(self._service, _refused)

    def _address(self, written: Any, *, confirmed: bool = True) -> str:
        """Where it is; the library takes any answer for a success, a sign-in page's too."""
        if not confirmed or not isinstance(written.html_url, str):
            raise answers.incomplete(self._service, "it does not confirm what was written")
        return written.html_url

    def _ours(self, candidates: Iterable[Any], marker: str) -> Any:
        """The one with the marker that we wrote: anybody may write one that begins like it."""
        marked = [
            each for each in candidates if (each.body or "").startswith(marker) and each.user is not None
        ]
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
    """From the event that started the build, or from Jenkins' CHANGE_ID; None where neither names one."""
    if environ.get("CHANGE_ID", "").isdigit():
        return int(environ["CHANGE_ID"])
    path = environ.get("GITHUB_EVENT_PATH")
    if not path or not Path(path).exists():
        return None
    try:
        event = msgspec.json.decode(Path(path).read_bytes(), type=_Event)
    except (OSError, msgspec.DecodeError) as error:
        raise PlatformError(f"GITHUB_EVENT_PATH is {path}, which is no event of GitHub's: {error}") from error
    return event.pull_request.number if event.pull_request else None


def _refused(error: Exception) -> Refused | None:
    of_the_library = (
        github.BadAttributeException,
        github.IncompletableObject,
    )  # whose status is none of an answer's
    if not isinstance(error, github.GithubException) or isinstance(error, of_the_library):
        return None
    message = error.data.get("message") if isinstance(error.data, dict) else None
    details = error.data.get("errors") if isinstance(error.data, dict) else None
    return Refused(
        status=error.status,
        message=" ".join(str(part) for part in (message, details) if part),
        slow_down=isinstance(error, github.RateLimitExceededException),
    )
