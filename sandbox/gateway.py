"""The one door for AWS calls: who calls, what is called, is it allowed, who answers."""

import http
import io
import json
import logging
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from sandbox.authentication import authenticate, intruder, stranger
from sandbox.bucket_policy import check_policy
from sandbox.buckets import ConditionalWrites, check_owner
from sandbox.call import Call, Request, caller_of, identify
from sandbox.calls import Calls
from sandbox.cloud import Cloud
from sandbox.faults import Fault, Faults
from sandbox.holds import Held, Holds
from sandbox.refusal import Answer, RefusedError, unknown
from sandbox.sagemaker.actions import SageMaker

_LOG = logging.getLogger(__name__)
# After these a caller may hold a key that the data plane does not know yet.
_NEW_KEYS = {"AssumeRole", "CreateAccessKey"}

# moto plays these well enough. Others (CodeBuild, CodePipeline, …) it answers with stubs that pretend success.
_SERVICES = {
    "application-autoscaling",
    "ecr",
    "events",
    "iam",
    "kms",
    "logs",
    "monitoring",  # CloudWatch
    "s3",
    "sns",
    "sts",
    "tagging",
}

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Gateway:
    """A WSGI application."""

    def __init__(
        self,
        cloud: Cloud,
        sagemaker: SageMaker,
        faults: Faults,
        status: Callable[[], dict[str, Any]],
        publish: Callable[[], None],
        *,
        token: str,
    ) -> None:
        self._cloud = cloud
        self._sagemaker = sagemaker
        self._faults = faults
        self._status = status
        self._publish = publish
        self._token = token
        self._calls = Calls()
        self._holds = Holds()
        self._writes = ConditionalWrites()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = _read(environ)
        if refused := stranger(request, int(environ["SERVER_PORT"])):
            answer = refused
        elif request.path.startswith("/sandbox/"):
            answer = intruder(request, self._token) or self._administer(request)
        else:
            answer, lost = self._aws(request, environ)
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

    def _aws(self, request: Request, environ: dict[str, Any]) -> tuple[Answer, bool]:
        call = identify(request)
        try:
            account = authenticate(request, call, self._cloud.credentials().get)
        except RefusedError as refused:
            return refused.answer(call), False
        caller = caller_of(request)
        self._calls.record(account, call.service, call.action, caller)
        faults = {fault.kind: fault for fault in self._faults.of_call(account, call.action, caller)}
        held = Held(account, call.service, call.action, caller, ran=False)
        if "hold" in faults and not self._holds.keep(held):
            return RefusedError("cut before it ran", "Cut").answer(call), True
        if delay := faults.get("delay"):
            time.sleep(delay.seconds)
        if "throttle" in faults:
            return RefusedError("Rate exceeded", "ThrottlingException").answer(call), False
        try:
            answer = self._answer(call, account, request, environ)
        except RefusedError as refused:
            answer = refused.answer(call)
        except Exception as error:  # noqa: BLE001 - the caller gets an answer, the log the traceback
            _LOG.exception("%s %s broke", call.service, call.action)
            answer = RefusedError(f"the sandbox broke: {error}", "InternalFailure", 500).answer(call)
        cut = "hold_answer" in faults and not self._holds.keep(msgspec.structs.replace(held, ran=True))
        return answer, cut or "lost" in faults

    def _answer(self, call: Call, account: str, request: Request, environ: dict[str, Any]) -> Answer:
        # moto's own reset and replay routes would pull the world from under a stack.
        if request.path.startswith("/moto-api"):
            raise unknown(call)
        if call.service == "sagemaker":
            return self._sagemaker.answer(call, account, request.body)
        if call.service not in _SERVICES:
            raise unknown(call)
        with ExitStack() as stack:
            check_owner(call, account, request.path, request.headers)
            check_policy(call, account, request.path, request.headers)
            stack.enter_context(self._writes.entered(call, request.path, request.headers))
            try:
                answer = self._cloud.answer(environ)
            except NotImplementedError:
                raise unknown(call) from None
        # Flask's own page: moto has no such route.
        if answer.status == http.HTTPStatus.NOT_FOUND and b"<!doctype html>" in answer.body.lower():
            raise unknown(call)
        if call.action in _NEW_KEYS:
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
        environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers, body, environ["RAW_URI"]
    )


def _json(value: object, status: int = 200) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps(value).encode())


def _drop(environ: dict[str, Any]) -> None:
    """Cut the connection: the caller cannot know whether the call was executed."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("a lost response was asked for")
