"""Starts, watches and ends the processes behind variants."""

import dataclasses
import http.client
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.hosting.container import ContainerError, Containers, Spec
from sandbox.hosting.ports import Ports
from sandbox.hosting.whole_image import PORT
from sandbox.processes.credentials import Credentials
from sandbox.processes.door import socket_inside
from sandbox.processes.outcome import Outcome
from sandbox.processes.runner import Runner, StartError
from sandbox.processes.running import Running

_POLL = 0.05  # seconds between pings
_PING = 2.0  # seconds that SageMaker gives a ping
_SESSION = "SageMaker"  # what SageMaker calls its sessions of an execution role


@dataclass
class Instance:
    """One process of a variant. `door` leads into its network, where it has one of its own."""

    id: str
    spec: Spec
    port: int
    door: Path | None
    running: Running = field(repr=False)


class Fleet:
    """Every instance of this sandbox."""

    def __init__(self, containers: Containers, runner: Runner, credentials: Credentials) -> None:
        self._containers = containers
        self._runner = runner
        self._credentials = credentials
        self._ports = Ports()
        self._live: dict[str, Instance] = {}
        self._lock = threading.Lock()
        self._number = 0

    def start(self, name: str, spec: Spec) -> Instance:
        """Start one instance, named for logs; it may not be ready yet. Raises ContainerError."""
        with self._lock:
            self._number += 1
            identity = f"{name}-{self._number}"
        own_network = spec.isolated and self._runner.isolation.level != "none"
        port = PORT if own_network else self._ports.take()
        role = {} if spec.isolated else self._credentials.grant(spec.account, spec.role.arn, _SESSION)
        try:
            program = self._containers.prepare(spec, identity, port)
            program.log.parent.mkdir(parents=True, exist_ok=True)
            program = dataclasses.replace(program, environment=program.environment | role)
            running = self._runner.start(program)
        except (ContainerError, StartError) as error:
            self._credentials.revoke(role)
            self._containers.remove(identity)
            self._ports.give_back(port)
            raise ContainerError(str(error)) from None
        instance = Instance(identity, spec, port, program.door if own_network else None, running)
        with self._lock:
            self._live[identity] = instance
        return instance

    def wait(self, instance: Instance, deadline: float) -> None:
        """Return when `/ping` answers 200; raises ContainerError past `deadline` (monotonic) or when it ends."""
        last = "no answer"
        while time.monotonic() < deadline:
            if ended := instance.running.ended():
                raise ContainerError(str(ended))
            try:
                answer = _ping(instance)
            except (OSError, http.client.HTTPException) as error:
                last = str(error) or type(error).__name__
            else:
                if answer == http.HTTPStatus.OK:
                    return
                last = f"status {answer}"
            time.sleep(_POLL)
        raise ContainerError(f"/ping did not answer 200 in time ({last})")

    def dead(self) -> dict[str, Outcome]:
        """Instances whose process ended by itself, and how."""
        with self._lock:
            return {
                identity: ended
                for identity, instance in self._live.items()
                if (ended := instance.running.ended())
            }

    def stop(self, instances: Iterable[Instance]) -> None:
        """SIGTERM, time to finish, SIGKILL; all at once."""
        ending = list(instances)
        self._runner.stop(instance.running for instance in ending)
        for instance in ending:
            with self._lock:
                self._live.pop(instance.id, None)
            self._ports.give_back(instance.port)
            self._credentials.revoke(instance.running.program.environment)
            self._containers.remove(instance.id)

    def stop_all(self) -> None:
        with self._lock:
            live = list(self._live.values())
        self.stop(live)


def _ping(instance: Instance) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=_PING)
    try:
        if instance.door:
            connection.sock = socket_inside(instance.door)
            connection.sock.settimeout(_PING)
            connection.sock.connect(("127.0.0.1", instance.port))
        connection.request("GET", "/ping")
        return connection.getresponse().status
    finally:
        connection.close()
