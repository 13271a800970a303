"""Errors as AWS words them, in the protocol of the service that was called."""

import json
from dataclasses import dataclass, field, replace
from uuid import uuid4
from xml.sax.saxutils import escape

from sandbox.api.cbor import HEADERS, write_error
from sandbox.call import Call


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


_REQUEST = "x-amzn-requestid"
_S3_REQUEST = "x-amz-request-id"


def request_id(answer: Answer) -> str:
    """By which the caller knows the call; "" where the answer does not say."""
    names = {_REQUEST, _S3_REQUEST}
    return next((value for name, value in answer.headers if name.lower() in names), "")


def identified(answer: Answer, call: Call) -> Answer:
    """The answer with a request id, which AWS leaves out of none."""
    if request_id(answer):
        return answer
    named = (_S3_REQUEST if call.service == "s3" else _REQUEST, str(uuid4()))
    return replace(answer, headers=[*answer.headers, named])


class RefusedError(Exception):
    """A call that AWS refuses."""

    def __init__(self, message: str, code: str = "ValidationException", status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status

    def answer(self, call: Call) -> Answer:
        """The refusal in the caller's protocol; botocore reads code and message from it."""
        identity = str(uuid4())
        headers = [("x-amzn-RequestId", identity)]
        if call.protocol in {"json", "rest-json"}:
            text = json.dumps({"__type": self.code, "message": self.message})
            headers += [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-errortype", self.code)]
            return Answer(self.status, headers, text.encode())
        if call.protocol == "cbor":
            return Answer(self.status, [*headers, *HEADERS], write_error(self.code, self.message))
        error = f"<Code>{escape(self.code)}</Code><Message>{escape(self.message)}</Message>"
        if call.protocol == "query":
            text = (
                f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error>"
                f"<RequestId>{identity}</RequestId></ErrorResponse>"
            )
        else:
            text = f"<Error>{error}<RequestId>{identity}</RequestId></Error>"
        return Answer(self.status, [*headers, ("Content-Type", "application/xml")], text.encode())


def unknown(call: Call) -> RefusedError:
    """A call that the sandbox does not know. Never a 500: botocore retries that, and the user waits for nothing."""
    return RefusedError(
        f"the sandbox does not know {call.service or 'this unsigned'} {call.action}: "
        "it knows the calls that this project makes (docs/architecture.md)",
        "UnknownOperationException",
    )
