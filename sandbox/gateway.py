"""The one door for AWS calls: who calls, what is called, is it allowed, who answers."""

import http
import io
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from sandbox import downloads
from sandbox.api.request import Request
from sandbox.authentication import authenticate, intruder, stranger
from sandbox.call import Call, caller_of, identify
from sandbox.calls import Calls
from sandbox.cloud import Cloud
from sandbox.fault_codes import check_names
from sandbox.fault_injection import Delivery, FaultInjection
from sandbox.faults import Fault, Faults, Occasion
from sandbox.holds import Holds
from sandbox.iam.guard import Guard
from sandbox.listener import Away, cut
from sandbox.members import members_of
from sandbox.processes import credentials
from sandbox.processes.credentials import Credentials
from sandbox.refusal import Answer, RefusedError, identified, request_id, unknown
from sandbox.services import Service

_LOG = logging.getLogger(__name__)
StartResponse = Callable[[str, list[tuple[str, str]]], object]
# A route of the sandbox itself by method and path: what it answers to the query and the body, both JSON.
Route = Callable[[Mapping[str, Any]], Any]


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
        roles: Credentials,
        hide: Callable[[str, str, float], None],
        away: Callable[[float, Away], None],
        download: Callable[[Request], Answer],
        routes: Mapping[tuple[str, str], Route],
    ) -> None:
        self._cloud = cloud
        self._guard = guard
        self._services = services
        self._faults = faults
        self._status = status
        self._publish = publish
        self._roles = roles
        self._away, self._download = away, download
        self._token = token
        self._routes = routes
        self._calls = Calls()
        self._holds = Holds()
        self._models = {name: service.model for name, service in services.items()}
        self._injection = FaultInjection(faults, self._holds, self._models, hide)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        head = _head(environ)
        if refused := stranger(head, int(environ["SERVER_PORT"])):
            delivery = Delivery(refused)
        elif head.path.startswith("/sandbox/"):
            delivery = Delivery(self._sandbox(_read(head, environ)))
        elif self._injection.cuts_upload(lambda: self._occasion(head)):
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0) // 2)
            raise cut(environ, reset=True)
        else:
            delivery = self._aws(_read(head, environ))
        return self._send(delivery, environ, start_response)

    def _send(
        self, delivery: Delivery, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        answer = delivery.answer
        if delivery.end in {"closed", "reset"}:
            raise cut(environ, reset=delivery.end == "reset")
        if delivery.away:
            kind, seconds = delivery.away
            self._away(seconds, kind)
        status = f"{answer.status} {http.HTTPStatus(answer.status).phrase}"
        headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
        if environ["REQUEST_METHOD"] != "HEAD":
            headers.append(("Content-Length", str(len(answer.body))))
        else:
            headers += [(name, value) for name, value in answer.headers if name.lower() == "content-length"]
        start_response(status, headers)
        return [answer.body] if delivery.end == "whole" else _half(answer.body, environ)

    def _aws(self, request: Request) -> Delivery:
        call = identify(request)
        try:
            account = authenticate(request, call, self._cloud.credentials().get)
        except RefusedError as refused:
            return Delivery(refused.answer(call))
        occasion = _occasion(call, account, caller_of(request))
        number = self._calls.record(account, call.service, call.action, occasion.caller)
        return self._injection.deliver(call, occasion, lambda: self._run(number, call, account, request))

    def _occasion(self, head: Request) -> Occasion:
        """What the first lines of a request tell, before anyone knows whether they are true."""
        call = identify(head)
        credential = self._cloud.credentials().get(call.key)
        return _occasion(call, credential.account if credential else "", caller_of(head))

    def _run(self, number: int, call: Call, account: str, request: Request) -> Answer:
        answer = identified(self._unidentified(number, call, account, request), call)
        self._calls.identify(number, request_id(answer))
        return answer

    def _unidentified(self, number: int, call: Call, account: str, request: Request) -> Answer:
        try:
            return self._answer(number, call, account, request)
        except RefusedError as refused:
            return refused.answer(call)
        except Exception as error:  # noqa: BLE001 - the caller gets an answer, the log the traceback
            _LOG.exception("%s %s broke", call.service, call.action)
            return RefusedError(f"the sandbox broke: {error}", "InternalFailure", 500).answer(call)

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

    def _sandbox(self, request: Request) -> Answer:
        """The routes of the sandbox itself: who has a program's token asks for its credentials, who has a URL for a blob, who has the token for the rest."""
        if (request.method, request.path) == ("GET", credentials.PATH):
            return self._container_credentials(request.headers.get("authorization", ""))
        if request.method == "GET" and request.path.startswith(downloads.PATH):
            return self._download(request)
        return intruder(request, self._token) or self._administer(request)

    def _administer(self, request: Request) -> Answer:
        query = dict(parse_qsl(request.query))
        caller = query.get("caller", "")
        try:
            if route := self._routes.get((request.method, request.path)):
                return _json(route({**query, **msgspec.json.decode(request.body or b"{}", type=dict)}))
            match request.method, request.path:
                case "GET", "/sandbox/status":
                    return _json(self._status())
                case "GET", "/sandbox/calls":
                    return _json(msgspec.to_builtins(self._calls.since(int(query.get("since", "0")))))
                case "GET", "/sandbox/faults":
                    return _json(msgspec.to_builtins(self._faults.pending()))
                case "POST", "/sandbox/faults":
                    fault = msgspec.json.decode(request.body, type=Fault)
                    check_names(fault, self._models)
                    self._faults.add(fault)
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
        except (msgspec.DecodeError, ValueError, RefusedError) as error:
            return _json({"message": str(error)}, 400)
        except KeyError as error:
            return _json({"message": f"the request does not say {error}, or says what is not here"}, 400)
        return _json({"message": f"no route {request.method} {request.path}"}, 404)

    def _container_credentials(self, token: str) -> Answer:
        document = self._roles.answer(token)
        if document is None:
            return _json({"code": "Forbidden", "message": "no program has this token"}, 403)
        return Answer(200, [("Content-Type", "application/json")], document)


def _occasion(call: Call, account: str, caller: str) -> Occasion:
    return Occasion(account, call.service, call.action, caller)


def _changes_callers(call: Call) -> bool:
    """Whether the data plane must hear of it: of a new key, or of what a role may do."""
    return call.action == "AssumeRole" or (
        call.service == "iam" and not call.action.startswith(("Get", "List"))
    )


def _read(head: Request, environ: dict[str, Any]) -> Request:
    """The whole request."""
    if environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read()
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    # It ends by itself: werkzeug, which moto reads by, would copy it piece by piece else, most of what a large object costs.
    environ["wsgi.input_terminated"] = True
    environ["CONTENT_LENGTH"] = str(len(body))
    return replace(head, body=body)


def _head(environ: dict[str, Any]) -> Request:
    """The request without its body, which is not read yet."""
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    headers["content-length"] = environ.get("CONTENT_LENGTH") or ""
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
    return Request(
        environ["REQUEST_METHOD"],
        path,
        environ.get("QUERY_STRING", ""),
        headers,
        b"",
        environ["RAW_URI"],
        environ,
    )


def _json(value: object, status: int = 200) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps(value).encode())


def _half(body: bytes, environ: dict[str, Any]) -> Iterator[bytes]:
    """Half of an answer's body, then a reset."""
    yield body[: len(body) // 2]
    raise cut(environ, reset=True)
