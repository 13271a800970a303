"""Bodies of the `smithy-rpc-v2-cbor` protocol, which the SDKs of Go, Java and JavaScript speak with CloudWatch.

botocore reads and writes CBOR for a client; a server needs the same two functions the other way round.
Source: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

import base64
import io
import json
from typing import Any

from botocore.model import OperationModel, ShapeResolver, StructureShape
from botocore.parsers import ResponseParserError, RpcV2CBORParser, create_parser
from botocore.serialize import RpcV2CBORSerializer

from modeldelivery.awsmodels.models import NOTHING
from sandbox.api.document import UnreadableError
from sandbox.api.request import Request

HEADERS = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
_TEXT = {"shape": "Text"}
_SHAPES: Any = {"Text": {"type": "string"}}
_ERROR = StructureShape(
    "Error",
    {"type": "structure", "members": {"__type": _TEXT, "message": _TEXT}},
    ShapeResolver(_SHAPES),
)


def read_cbor(body: bytes) -> dict[str, Any]:
    """The map in a body, with times in seconds since the epoch; raises UnreadableError."""
    reader = RpcV2CBORParser(timestamp_parser=float)
    try:
        value = reader.parse_data_item(reader.get_peekable_stream_from_bytes(body)) if body else {}
    except (ResponseParserError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(f"the body is not CBOR: {error}") from None
    if not isinstance(value, dict):
        raise UnreadableError("the body is not a CBOR map")
    return value


def write_error(code: str, message: str) -> bytes:
    """The body of a refusal."""
    return _written({"__type": code, "message": message}, _ERROR)


def json_request(operation: OperationModel, request: Request) -> Request:
    """The same call as JSON, which moto reads."""
    members = read_cbor(request.body)
    body = json.dumps(members, default=_base64).encode()
    target = f"{operation.service_model.metadata['targetPrefix']}.{operation.name}"
    environ = {
        **request.environ,
        "PATH_INFO": "/",
        "CONTENT_TYPE": "application/x-amz-json-1.0",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_AMZ_TARGET": target,
        "wsgi.input": io.BytesIO(body),
    }
    return Request("POST", "/", "", {**request.headers, "x-amz-target": target}, body, environ=environ)


def cbor_answer(operation: OperationModel, body: bytes) -> bytes:
    """A successful answer in JSON, as CBOR."""
    shape = operation.output_shape or NOTHING
    parsed = create_parser("json").parse({"body": body, "headers": {}, "status_code": 200}, shape)
    parsed.pop("ResponseMetadata", None)
    return _written(parsed, shape)


def _base64(blob: bytes) -> str:
    return base64.b64encode(blob).decode()


def _written(value: Any, shape: Any) -> bytes:
    writer: Any = RpcV2CBORSerializer()
    return bytes(writer._serialize_body_params(value, shape))  # noqa: SLF001 - there is no other way to it
