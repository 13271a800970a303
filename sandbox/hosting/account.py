"""What hosting needs to know of the account whose endpoints it changes."""

import threading
from typing import Protocol

from sandbox.hosting.endpoint import Endpoint


class Account(Protocol):
    """Endpoints by name; tags by ARN. Every use is under `lock`."""

    id: str
    endpoints: dict[str, Endpoint]
    tags: dict[str, dict[str, str]]
    lock: threading.RLock
