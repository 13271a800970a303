"""One line of data capture, as SageMaker writes it: an invocation, with its bodies as text or base64.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html

Everything around the bodies is the same in line after line: it is put together from pieces, which costs the data plane a third of
what encoding a whole structure does. Each body is encoded by itself, and so is what a caller wrote.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

import msgspec

_KINDS = 64  # content types of an endpoint whose pieces are kept
_BASE64 = "BASE64"

_encode = msgspec.json.Encoder().encode  # bytes become base64


class Exchange(NamedTuple):
    """One invocation that was answered well, as it was on the wire.

    Attributes:
        inference_id: the caller's own; "" without one.
        attributes: the caller's custom attributes; empty without any.
        request_type, request: content type and body.
        response_type, response: likewise; the type is empty where the model named none.
    """

    inference_id: str
    attributes: bytes
    request_type: bytes
    request: bytes
    response_type: bytes
    response: bytes


class _Frame(NamedTuple):
    """What stands before a body, whether the body is text, what stands behind it, and the same where it has to be base64."""

    before: bytes
    text: bool
    behind: bytes
    behind_base64: bytes


class Lines:
    """Writes the lines of one variant.

    Args:
        request, response: whether they are kept.
        json, csv: content types that are kept as text; all others are base64.
    """

    def __init__(self, *, request: bool, response: bool, json: Sequence[str], csv: Sequence[str]) -> None:
        self._request, self._response = request, response
        encodings = {kind.lower(): "JSON" for kind in json} | {kind.lower(): "CSV" for kind in csv}
        self._frame = lru_cache(_KINDS)(partial(_frame, encodings))

    def line(self, exchange: Exchange, event: bytes, moment: bytes) -> bytes:
        """With its line end.

        Args:
            exchange: what was asked and answered.
            event: the UUID that SageMaker gives it.
            moment: when it was answered, in UTC and whole seconds.
        """
        identity, attributes, request_type, request, response_type, response = exchange
        return b"".join((
            b'{"captureData":{',
            self._body("endpointInput", "INPUT", request_type, request) if self._request else b"",
            b"," if self._request and self._response else b"",
            self._body("endpointOutput", "OUTPUT", response_type, response) if self._response else b"",
            b'},"eventMetadata":{"eventId":"', event,
            b'","customAttributes":[%s]' % _encode(attributes.decode("latin-1")) if attributes else b'"',
            b',"inferenceId":%s' % _encode(identity) if identity else b"",
            b',"inferenceTime":"', moment, b'"},"eventVersion":"0"}\n',
        ))  # fmt: skip

    def _body(self, name: str, mode: str, content_type: bytes, body: bytes) -> bytes:
        before, text, behind, behind_base64 = self._frame(name, mode, content_type)
        if text:
            try:
                return b"".join((before, _encode(body.decode()), behind))
            except UnicodeDecodeError:  # said to be text, and none
                behind = behind_base64
        return b"".join((before, _encode(body), behind))


def _frame(encodings: Mapping[str, str], name: str, mode: str, content_type: bytes) -> _Frame:
    text = content_type.decode("latin-1")
    encoding = encodings.get(text.partition(";")[0].strip().lower(), _BASE64)
    before = b'"%s":{"observedContentType":%s,"mode":"%s","data":' % (
        name.encode(),
        _encode(text),
        mode.encode(),
    )
    behind, behind_base64 = (b',"encoding":"%s"}' % which.encode() for which in (encoding, _BASE64))
    return _Frame(before, encoding != _BASE64, behind, behind_base64)
