"""Who sends a request to the gateway: refused unless it comes from this machine, signed or with the token."""

import hmac
import json
import time
from collections.abc import Callable
from http import HTTPStatus

from sandbox.api.request import Request
from sandbox.call import Call
from sandbox.daemon import TOKEN
from sandbox.origin import refusal
from sandbox.refusal import Answer, RefusedError
from sandbox.signature import Credential, Fault, Message, SignatureError, judge

_STATUS = {Fault.INCOMPLETE: HTTPStatus.BAD_REQUEST, Fault.BODY: HTTPStatus.BAD_REQUEST}


def stranger(request: Request, port: int) -> Answer | None:
    """The answer to a request that no program on this machine sends; None when one may have."""
    why = refusal(request.headers, port)
    return _refused(why) if why else None


def intruder(request: Request, token: str) -> Answer | None:
    """The answer to a request for the sandbox itself without the daemon's token; None with it."""
    if hmac.compare_digest(request.headers.get(TOKEN, "").encode(), token.encode()):
        return None
    return _refused(
        f"{request.path} takes the token in daemon.json of the sandbox's folder, in the header {TOKEN}"
    )


def authenticate(request: Request, call: Call, credential_of: Callable[[str], Credential | None]) -> str:
    """The account of whoever signed an AWS call.

    Raises:
        RefusedError: with AWS' own code, unless it was signed with the secret of a key that there is.
    """
    message = Message(request.method, request.target, request.headers, request.body)
    try:
        return judge(message, credential_of, time.time()).account
    except SignatureError as error:
        json_code, query_code, s3_code = error.fault.value
        code = {"rest-xml": s3_code, "query": query_code}.get(call.protocol, json_code)
        raise RefusedError(str(error), code, _STATUS.get(error.fault, HTTPStatus.FORBIDDEN)) from None


def _refused(why: str) -> Answer:
    body = json.dumps({"message": why}).encode()
    return Answer(HTTPStatus.FORBIDDEN, [("Content-Type", "application/json")], body)
