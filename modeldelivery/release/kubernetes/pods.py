"""Why Pods are not ready, in the words of whoever holds them: scheduler, node, container."""

from collections.abc import Iterator
from typing import Any

import msgspec

from modeldelivery.release.kubernetes.objects import Condition, read

_ON_THE_WAY = {"ContainerCreating", "PodInitializing"}


class _Terminated(msgspec.Struct, rename="camel"):
    exit_code: int = 0
    reason: str = ""
    message: str = ""


class _Waiting(msgspec.Struct):
    reason: str = ""
    message: str = ""


class _State(msgspec.Struct):
    waiting: _Waiting | None = None
    terminated: _Terminated | None = None


class _Container(msgspec.Struct, rename="camel"):
    name: str
    state: _State = msgspec.field(default_factory=_State)
    last_state: _State = msgspec.field(default_factory=_State)


class _Status(msgspec.Struct, rename="camel"):
    conditions: list[Condition] = msgspec.field(default_factory=list)
    init_container_statuses: list[_Container] = msgspec.field(default_factory=list)
    container_statuses: list[_Container] = msgspec.field(default_factory=list)


class _Metadata(msgspec.Struct):
    name: str


class _Pod(msgspec.Struct):
    metadata: _Metadata
    status: _Status = msgspec.field(default_factory=_Status)


class _Pods(msgspec.Struct):
    items: list[_Pod]


def held(body: Any) -> str | None:
    """Why the first of the Pods in a list that tells anything is not ready; None where none does. Raises UnreachableError for no such list."""
    for pod in read(body, _Pods).items:
        for reason in _reasons(pod.status):
            return f"pod {pod.metadata.name}: {reason}"
    return None


def _reasons(status: _Status) -> Iterator[str]:
    for each in status.conditions:
        if (each.type, each.status) == ("PodScheduled", "False"):
            yield f"{each.reason}: {each.message}"
    for container in (*status.init_container_statuses, *status.container_statuses):
        waiting, ended = (
            container.state.waiting,
            container.state.terminated or container.last_state.terminated,
        )
        if ended and ended.exit_code:
            why = ended.message.strip() or ended.reason
            yield f"{container.name} ended with {ended.exit_code}" + (f": {why}" if why else "")
        elif waiting and waiting.reason and waiting.reason not in _ON_THE_WAY:
            yield f"{container.name} {waiting.reason}" + (f": {waiting.message}" if waiting.message else "")
