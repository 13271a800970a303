"""Where a comment goes."""

import os
from collections.abc import Mapping
from typing import Protocol


class PlatformError(Exception):
    """The platform cannot be told; the message says what is missing."""


class Platform(Protocol):
    """A place for one comment and one issue. `limit` is in characters. Everything raises PlatformError."""

    limit: int

    def comment(self, body: str, marker: str) -> str:
        """The comment's address."""
        ...

    def issue(self, title: str, body: str | None, marker: str) -> str:
        """The issue's address; without a body it is closed."""
        ...


class StandardOutput:
    """Where there is no platform: a terminal, or a log."""

    limit = 65_536

    def comment(self, body: str, marker: str) -> str:  # noqa: ARG002 - nothing here is found again
        print(body)
        return ""

    def issue(self, title: str, body: str | None, marker: str) -> str:  # noqa: ARG002 - as above
        print(f"{title}\n\n{body}" if body else f"{title}: no issue is due")
        return ""


def platform(environ: Mapping[str, str] = os.environ) -> Platform:
    """The platform that this build runs on. Raises PlatformError when it is one and does not let us in."""
    if environ.get("GITHUB_ACTIONS") == "true" or (
        environ.get("JENKINS_URL") and environ.get("GITHUB_TOKEN")
    ):
        from review.platform.github import GitHub  # noqa: PLC0415 - nobody else needs its library

        return GitHub(environ)
    if environ.get("GITLAB_CI") == "true":
        from review.platform.gitlab import GitLab  # noqa: PLC0415 - as above

        return GitLab(environ)
    return StandardOutput()
