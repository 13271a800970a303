"""A call as far as permissions depend on it: what is asked of a service in somebody's name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Operation:
    """One call of an account's; its members have AWS's own names."""

    service: str  # the signing name
    action: str
    account: str
    region: str
    members: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A member that is a text; "" when it is not given."""
        value = self.members.get(name)
        return value if isinstance(value, str) else ""
