"""Where this build runs."""

import os
from collections.abc import Mapping

from modeldelivery.review.platform.port import Platform, PlatformError, StandardOutput


def platform(environ: Mapping[str, str] = os.environ) -> Platform:
    """The platform that this build runs on.

    Raises:
        PlatformError: what it needs is not set, or its library is not installed.
    """
    try:
        return _platform(environ)
    except ModuleNotFoundError as error:
        raise PlatformError(
            f"{error.name} is not installed, which talks to this platform: install `model-delivery[review]`"
        ) from error


def _platform(environ: Mapping[str, str]) -> Platform:
    if environ.get("GITHUB_ACTIONS") == "true" or (
        environ.get("JENKINS_URL") and environ.get("GITHUB_TOKEN")
    ):
        from modeldelivery.review.platform.github import GitHub  # noqa: PLC0415 - nobody else needs its library

        return GitHub(environ)
    if environ.get("GITLAB_CI") == "true":
        from modeldelivery.review.platform.gitlab import GitLab  # noqa: PLC0415 - as above

        return GitLab(environ)
    return StandardOutput()
