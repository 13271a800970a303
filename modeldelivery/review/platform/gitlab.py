"""A merge request's note and the drift issue on GitLab."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import gitlab
import requests
from requests.adapters import HTTPAdapter

from modeldelivery.review.platform import answers
from modeldelivery.review.platform.answers import Refused, Service
from modeldelivery.review.platform.port import PlatformError

LIMIT = 1_000_000  # characters of a note: https://docs.gitlab.com/administration/instance_limits/


class _Client(gitlab.Gitlab):
    """Without the library's own waits for a rate limit, which have no bound: the session's retries are all there are."""

    def http_request(self, *arguments: Any, **options: Any) -> requests.Response:
        return super().http_request(*arguments, **{**options, "obey_rate_limit": False})


class GitLab:
    """One project."""

    limit = LIMIT

    def __init__(self, environ: Mapping[str, str]) -> None:
        missing = [
            name for name in ("CI_API_V4_URL", "CI_PROJECT_ID", "GITLAB_TOKEN") if not environ.get(name)
        ]
        if missing:
            raise PlatformError(
                f"{', '.join(missing)} must be set to comment on GitLab: GITLAB_TOKEN is a project access token with the "
                "scope api, a masked variable of the project"
            )
        self._service = Service(
            name="GitLab",
            address=environ["CI_API_V4_URL"],
            variable="CI_API_V4_URL",
            token="GITLAB_TOKEN",  # noqa: S106 - a variable's name
            grant="The token needs the scope api and the role Reporter",
            place="CI_PROJECT_ID and CI_MERGE_REQUEST_IID",
        )
        self._id, self._merge_request = environ["CI_PROJECT_ID"], environ.get("CI_MERGE_REQUEST_IID")
        if self._merge_request and not self._merge_request.isdecimal():
            raise PlatformError(f"CI_MERGE_REQUEST_IID is {self._merge_request!r}, and must be a number")
        session = requests.Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=answers.retries()))
        with self._answers():
            self._gitlab = _Client(
                self._service.address.removesuffix("/").removesuffix("/api/v4"),
                private_token=environ["GITLAB_TOKEN"],
                timeout=answers.TIMEOUT,
                session=session,
            )

    def comment(self, body: str, marker: str) -> str:
        """Update this build's note in place, or make it; its address."""
        if not self._merge_request:
            raise PlatformError("this build is of no merge request: there is nothing to comment on")
        with self._answers():
            request = self._project().mergerequests.get(int(self._merge_request))
            ours = self._ours(request.notes.list(iterator=True), marker, "body")
            if ours is None:
                ours = request.notes.create({"body": body})
            else:
                ours.body = body
                ours.save()
            return f"{request.web_url}#note_{ours.id}"

    def issue(self, title: str, body: str | None, marker: str) -> str:
        """Open the issue or bring it up to date; close it when there is no body. Its address, empty when there is none."""
        with self._answers():
            issues = self._project().issues
            ours = self._ours(issues.list(state="opened", iterator=True), marker, "description")
            if ours is None and body is not None:
                ours = issues.create({"title": title, "description": body})
            elif ours is not None:
                if body is None:
                    ours.state_event = "close"
                else:
                    ours.title, ours.description = title, body
                ours.save()
            return str(ours.web_url) if ours is not None else ""

    def _answers(self) -> AbstractContextManager[None]:
        return answers.answers(self._service, _refused)

    def _project(self) -> Any:
        return self._gitlab.projects.get(self._id, lazy=True)

    def _ours(self, candidates: Iterable[Any], marker: str, text: str) -> Any:
        """The one with the marker that this token's user wrote: anybody may write one that begins like it."""
        self._gitlab.auth()
        assert self._gitlab.user is not None, "auth() raises when there is none"
        mine = self._gitlab.user.id
        return next(
            (
                each
                for each in candidates
                if (getattr(each, text) or "").startswith(marker) and each.author["id"] == mine
            ),
            None,
        )


def _refused(error: Exception) -> Refused | None:
    if not isinstance(error, gitlab.GitlabError) or error.response_code is None:
        return None
    return Refused(status=error.response_code, message=str(error.error_message))
