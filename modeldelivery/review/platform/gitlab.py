"""A merge request's note and the drift issue on GitLab."""

from collections.abc import Iterable, Mapping
from typing import Any

import gitlab
import requests

from modeldelivery.review.platform.port import PlatformError

LIMIT = 1_000_000  # characters of a note: https://docs.gitlab.com/administration/instance_limits/


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
        url = environ["CI_API_V4_URL"].removesuffix("/").removesuffix("/api/v4")
        self._gitlab = gitlab.Gitlab(url, private_token=environ["GITLAB_TOKEN"], timeout=30)
        self._id, self._merge_request = environ["CI_PROJECT_ID"], environ.get("CI_MERGE_REQUEST_IID")

    def comment(self, body: str, marker: str) -> str:
        """Update this build's note in place, or make it; its address."""
        if not self._merge_request:
            raise PlatformError("this build is of no merge request: there is nothing to comment on")
        try:
            request = self._project().mergerequests.get(int(self._merge_request))
            known = self._ours(request.notes.list(iterator=True), marker, "body")
            if known is None:
                known = request.notes.create({"body": body})
            else:
                known.body = body
                known.save()
        except (gitlab.GitlabError, requests.RequestException) as error:
            raise _failed(error) from error
        return f"{request.web_url}#note_{known.id}"

    def issue(self, title: str, body: str | None, marker: str) -> str:
        """Open the issue or bring it up to date; close it when there is no body. Its address, empty when there is none."""
        try:
            issues = self._project().issues
            known = self._ours(issues.list(state="opened", iterator=True), marker, "description")
            if known is None and body is not None:
                known = issues.create({"title": title, "description": body})
            elif known is not None:
                if body is None:
                    known.state_event = "close"
                else:
                    known.title, known.description = title, body
                known.save()
        except (gitlab.GitlabError, requests.RequestException) as error:
            raise _failed(error) from error
        return str(known.web_url) if known is not None else ""

    def _project(self) -> Any:
        return self._gitlab.projects.get(self._id, lazy=True)

    def _ours(self, found: Iterable[Any], marker: str, text: str) -> Any:
        """The one with the marker that this token's user wrote: anybody may write one that begins like it."""
        self._gitlab.auth()
        assert self._gitlab.user is not None, "auth() raises when there is none"
        mine = self._gitlab.user.id
        return next(
            (
                each
                for each in found
                if (getattr(each, text) or "").startswith(marker) and each.author["id"] == mine
            ),
            None,
        )


def _failed(error: Exception) -> PlatformError:
    return PlatformError(f"GitLab: {error}. GITLAB_TOKEN needs the scope api and the role Reporter")
