"""The one door for AWS calls: who calls, what is called, is it allowed, who answers."""

import http
import io
import json
import logging
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from sandbox.api.request import Request
from sandbox.authentication import authenticate, intruder, stranger
from sandbox.call import Call, caller_of, identify
from sandbox.calls import Calls
from sandbox.cloud import Cloud
from sandbox.faults import Fault, Faults
from sandbox.holds import Held, Holds
from sandbox.iam.guard import Guard
from sandbox.members import members_of
from sandbox.refusal import Answer, RefusedError, unknown
from sandbox.services import Service

_LOG = logging.getLogger(__name__)
StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Gateway:
    """A WSGI application."""

    def __init__(  # noqa: PLR0917 - each is a part of the world
        self,
        cloud: Cloud,
        guard: Guard,
        services: Mapping[str, Service],
        faults: Faults,
        status: Callable[[], dict[str, Any]],
        publish: Callable[[], None],
        *,
        token: str,
    ) -> None:
        self._cloud = cloud
        self._guard = guard
        self._services = services
        self._faults = faults
        self._status = status
        self._publish = publish
        self._token = token
        self._calls = Calls()
        self._holds = Holds()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = _read(environ)
        if refused := stranger(request, int(environ["SERVER_PORT"])):
            answer = refused
        elif request.path.startswith("/sandbox/"):
            answer = intruder(request, self._token) or self._administer(request)
        else:
            answer, lost = self._aws(request)
            if lost:
                _drop(environ)
        status = f"{answer.status} {http.HTTPStatus(answer.status).phrase}"
        headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
        if request.method != "HEAD":
            headers.append(("Content-Length", str(len(answer.body))))
        else:
            headers += [(name, value) for name, value in answer.headers if name.lower() == "content-length"]
        start_response(status, headers)
        return [answer.body]

    def _aws(self, request: Request) -> tuple[Answer, bool]:
        call = identify(request)
        try:
            account = authenticate(request, call, self._cloud.credentials().get)
        except RefusedError as refused:
            return refused.answer(call), False
        caller = caller_of(request)
        number = self._calls.record(account, call.service, call.action, caller)
        faults = {fault.kind: fault for fault in self._faults.of_call(account, call.action, caller)}
        held = Held(account, call.service, call.action, caller, ran=False)
        if "hold" in faults and not self._holds.keep(held):
            return RefusedError("cut before it ran", "Cut").answer(call), True
        if delay := faults.get("delay"):
            time.sleep(delay.seconds)
        if "throttle" in faults:
            return RefusedError("Rate exceeded", "ThrottlingException").answer(call), False
        try:
            answer = self._answer(number, call, account, request)
        except RefusedError as refused:
            answer = refused.answer(call)
        except Exception as error:  # noqa: BLE001 - the caller gets an answer, the log the traceback
            _LOG.exception("%s %s broke", call.service, call.action)
            answer = RefusedError(f"the sandbox broke: {error}", "InternalFailure", 500).answer(call)
        cut = "hold_answer" in faults and not self._holds.keep(msgspec.structs.replace(held, ran=True))
        return answer, cut or "lost" in faults

    def _judge(self, number: int, call: Call, account: str) -> str:
        """The account whose the resource is; raises RefusedError unless whoever calls may."""
        demand = self._guard.demand(call, account)
        self._calls.judge(number, demand.role, demand.permissions())
        try:
            self._guard.check(demand)
        except RefusedError:
            self._calls.deny(number)
            raise
        return demand.owner

    def _answer(self, number: int, call: Call, account: str, request: Request) -> Answer:
        service = self._services.get(call.service)
        if service is None:
            raise unknown(call)
        call = replace(call, members=members_of(service, call, request))
        account = self._judge(number, call, account)
        with service.guard(call, account, request):
            answer = service.answer(call, account, request)
        if _changes_callers(call):
            self._publish()
        return answer

    def _administer(self, request: Request) -> Answer:
        query = dict(parse_qsl(request.query))
        caller = query.get("caller", "")
        try:
            match request.method, request.path:
                case "GET", "/sandbox/status":
                    return _json(self._status())
                case "GET", "/sandbox/calls":
                    return _json(msgspec.to_builtins(self._calls.since(int(query.get("since", "0")))))
                case "GET", "/sandbox/faults":
                    return _json(msgspec.to_builtins(self._faults.pending()))
                case "POST", "/sandbox/faults":
                    self._faults.add(msgspec.json.decode(request.body, type=Fault))
                    return _json({})
                case "DELETE", "/sandbox/faults":
                    self._faults.clear(caller)
                    self._holds.let_go(caller, on=False)
                    return _json({})
                case "GET", "/sandbox/held":
                    wait = float(query.get("wait", "0"))
                    return _json(msgspec.to_builtins(self._holds.held(caller, wait)))
                case "POST", "/sandbox/release":
                    self._holds.let_go(caller, on=True)
                    return _json({})
        except (msgspec.DecodeError, ValueError) as error:
            return _json({"message": str(error)}, 400)
        return _json({"message": f"no route {request.method} {request.path}"}, 404)


def _changes_callers(call: Call) -> bool:
    """Whether the data plane must hear of it: of a new key, or of what a role may do."""
    return call.action == "AssumeRole" or (
        call.service == "iam" and not call.action.startswith(("Get", "List"))
    )


def _read(environ: dict[str, Any]) -> Request:
    if environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read()
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    length = environ.get("CONTENT_LENGTH") or ""
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    headers["content-length"] = length
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
    return Request(
        environ["REQUEST_METHOD"],
        path,
        environ.get("QUERY_STRING", ""),
        headers,
        body,
        environ["RAW_URI"],
        environ,
    )


def _json(value: object, status: int = 200) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps(value).encode())


def _drop(environ: dict[str, Any]) -> None:
    """Cut the connection: the caller cannot know whether the call was executed."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("a lost response was asked for")
