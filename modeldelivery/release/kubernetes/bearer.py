"""A bearer token that ends before the operation does, and is made anew."""

import math
import time
from collections.abc import Callable

import msgspec


class Bearer(msgspec.Struct, kw_only=True):
    """Who asks, by a token.

    Attributes:
        makes: one that is good from now on. Raises CredentialsError.
        lasts: seconds for which one is sent; infinite where it is sent until it is refused.
        clock: monotonic, in seconds.
        made: the last one, and when.
    """

    makes: Callable[[], str]
    lasts: float = math.inf
    clock: Callable[[], float] = time.monotonic
    made: tuple[str, float] | None = None

    def token(self) -> str:
        """To be sent now. Raises CredentialsError."""
        if self.made is None or self.clock() - self.made[1] >= self.lasts:
            return self.renewed()
        return self.made[0]

    def renewed(self) -> str:
        """One made now, whatever there was. Raises CredentialsError."""
        token = self.makes()
        self.made = (token, self.clock())
        return token
