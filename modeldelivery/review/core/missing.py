"""What a page cannot tell: environments that a look at came to nothing for, or that nobody looked at."""

from typing import Literal

import msgspec

from modeldelivery.review.core.words import Line


class Failure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A look at an environment that came to nothing, as it is left for the comment or the issue.

    Attributes:
        commit: that was looked at, as Git names it; empty when there is no Git.
        why: one line.
    """

    schema: Literal[1] = 1
    environment: str
    commit: str
    why: str


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """An environment of which a page has nothing else to tell; `why` is a sentence without a full stop."""

    environment: str
    why: Line
