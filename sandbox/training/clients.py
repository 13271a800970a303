"""AWS' API as a role of an account sees it: SageMaker works for a job in the name of its role.

The calls go through the sandbox's own door, so that policies of the role, buckets and keys count, and are recorded.
"""

import threading
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from sandbox.hosting.execution_role import ExecutionRole
from sandbox.iam.guard import Guard
from sandbox.processes.credentials import Addresses, Assume

SERVICE = "sagemaker.amazonaws.com"
SESSION = "SageMaker"  # what SageMaker calls its sessions of a role
_CONFIG = Config(user_agent_extra="app/SageMaker", retries={"mode": "standard"}, read_timeout=60)


class Clients:
    """Makes clients of roles."""

    def __init__(self, guard: Guard, assume: Assume, addresses: Callable[[], Addresses]) -> None:
        self._guard = guard
        self._assume = assume
        self._addresses = addresses
        self._lock = threading.Lock()  # boto3 cannot make clients in many threads at once

    def of(self, service: str, role: ExecutionRole) -> Any:
        """A client of a role that trusts SageMaker; raises RefusedError."""
        self._guard.service_session(SERVICE, role.arn, role.account, SESSION)
        keys, at = self._assume(role.account, role.arn, SESSION), self._addresses()
        with self._lock:
            session: Any = boto3.Session(keys.access_key, keys.secret, keys.token, role.region)
            return session.client(service, endpoint_url=f"http://127.0.0.1:{at.control}", config=_CONFIG)
