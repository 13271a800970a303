"""A service of AWS that the sandbox answers itself: of each action what it takes, and what is done with it."""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec

from modeldelivery.awsmodels.models import operation
from sandbox.accounts import REGION
from sandbox.api.cbor import HEADERS, cbor_answer
from sandbox.api.request import Request as HttpRequest
from sandbox.api.structs import acts_by
from sandbox.call import Call
from sandbox.refusal import Answer, RefusedError, unknown

Input = TypeVar("Input", bound=msgspec.Struct)
Act = TypeVar("Act")
# The struct of a call, and what an account's call of it answers; it raises RefusedError.
Action = tuple[type[msgspec.Struct], Callable[[str, Any], dict[str, Any]]]
_JSON = "application/x-amz-json-1.1"


def reads(kind: type[Input], act: Callable[[str, Input], dict[str, Any]]) -> Action:
    """The two belong together."""
    return kind, act


def read_call(
    call: Call, actions: Mapping[str, tuple[type[msgspec.Struct], Act]], service: str
) -> tuple[Any, Act]:
    """A call's request, and what is done with it; raises RefusedError where the sandbox has no such action, or not of this."""
    if call.action not in actions:
        raise unknown(call)
    if call.region != REGION:
        raise RefusedError(f"the sandbox's {service} is in {REGION}, not in {call.region}")
    kind, act = actions[call.action]
    try:
        return msgspec.convert(call.members, kind), act
    except msgspec.ValidationError as error:  # AWS would go on without it
        raise RefusedError(f"the sandbox cannot go on with this: {error}") from None


class JsonService:
    """One service; its calls run one after another.

    Args:
        name: botocore's name of it.
        actions: by name; another is refused by name.
        lock: held while a call runs.
    """

    def __init__(
        self, name: str, actions: Mapping[str, Action], lock: AbstractContextManager[Any] | None = None
    ) -> None:
        self._name = name
        self._actions = actions
        self._lock = lock or threading.RLock()
        self.acts = {action: acts_by(kind) for action, (kind, _) in actions.items()}

    def answer(self, call: Call, account: str, _request: HttpRequest) -> Answer:
        """Run one call; raises RefusedError."""
        request, act = read_call(call, self._actions, self._name)
        with self._lock:
            result = act(account, request)
        body = json.dumps(result).encode()
        if call.protocol == "cbor":
            model = operation(self._name, call.action)
            assert model is not None
            return Answer(HTTPStatus.OK, HEADERS, cbor_answer(model, body))
        return Answer(HTTPStatus.OK, [("Content-Type", _JSON)], body)
