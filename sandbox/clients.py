"""AWS' API as a role of an account sees it: a service works for a job, a build or a pipeline in the name of its role.

The calls go through the sandbox's own door, so that policies of the role, buckets and keys count, and are recorded.
"""

import threading
from collections.abc import Callable
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config

from sandbox.hosting.execution_role import ExecutionRole
from sandbox.iam.core.access import Caller
from sandbox.iam.guard import Guard
from sandbox.processes.credentials import Addresses, Assume

_MAKING = threading.Lock()  # boto3 cannot make clients in many threads at once
# Of all of them: a session of its own would read the service's model again, which is nine tenths of what making a client takes.
_LOADER = botocore.loaders.create_loader()


class Clients:
    """Makes clients of roles for one service of AWS.

    Args:
        guard: judges whether a role trusts the service.
        assume: makes a session of a role.
        addresses: where this sandbox is.
        principal: the service, as trust policies name it.
        session: what the service calls its sessions of a role, and itself in the record of calls.
    """

    def __init__(
        self,
        guard: Guard,
        assume: Assume,
        addresses: Callable[[], Addresses],
        principal: str,
        session: str,
    ) -> None:
        self._guard = guard
        self._assume = assume
        self._addresses = addresses
        self.principal = principal
        self.session = session
        self._config = Config(
            user_agent_extra=f"app/{session}", retries={"mode": "standard"}, read_timeout=60
        )

    def caller(self, role: ExecutionRole) -> Caller:
        """The service in a role that trusts it; raises RefusedError."""
        return self._guard.service_session(self.principal, role.arn, role.account, self.session)

    def of(self, service: str, role: ExecutionRole, config: Config | None = None) -> Any:
        """A client of a role that trusts the service, with what `config` says beside; raises RefusedError."""
        self.caller(role)
        keys, at = self._assume(role.account, role.arn, self.session), self._addresses()
        with _MAKING:
            core = botocore.session.Session()
            core.register_component("data_loader", _LOADER)
            core.set_credentials(keys.access_key, keys.secret, keys.token)
            session: Any = boto3.Session(botocore_session=core, region_name=role.region)
            return session.client(
                service,
                endpoint_url=f"http://127.0.0.1:{at.control}",
                config=self._config.merge(config) if config else self._config,
            )
