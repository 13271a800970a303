"""Where a comment goes."""

from typing import Protocol

from modeldelivery.review.core.errors import ReviewError
from modeldelivery.terminal import program


class PlatformError(ReviewError):
    """The platform cannot be told; the message says what is missing."""


class PlatformUnreachableError(PlatformError):
    """The platform does not answer, or not now: the same command may succeed later."""


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
        program.say(body)
        return ""

    def issue(self, title: str, body: str | None, marker: str) -> str:  # noqa: ARG002 - as above
        program.say(f"{title}\n\n{body}" if body else f"{title}: no issue is due")
        return ""
