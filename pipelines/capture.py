"""Lines that SageMaker's data capture writes, read: an invocation each, whichever way its bodies were kept.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html. A line may be missing (capture stops
while an instance's disk is nearly full), and one that is there may lack what the endpoint does not capture.

A caller who sends a case at another time than it is of (a replay, a queue that was held up) says of which, in `CustomAttributes`:
`at=2013-10-01T06:00:00Z`.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Literal

import msgspec

MOMENT = "at="  # before a moment among custom attributes, which are parted by commas
# Inference ids of `modelctl verify` and `modelctl drill`, which ask the same few rows hundreds of times.
OF_MODELCTL = frozenset({"modelctl-verify", "modelctl-drill"})


class CaptureError(ValueError):
    """A line that is none of data capture's: where, and what is wrong.

    Attributes:
        at: when it was answered; None where the line does not tell even that.
    """

    def __init__(self, message: str, at: datetime | None = None) -> None:
        super().__init__(message)
        self.at = at


class Body(msgspec.Struct, frozen=True, rename="camel"):
    """A body as it was kept.

    Attributes:
        content_type: as it was observed; "" where there was none.
        data: the text, or base64.
        encoding: which of them.
    """

    data: str
    encoding: Literal["JSON", "CSV", "BASE64"]
    content_type: str = msgspec.field(name="observedContentType", default="")

    def content(self) -> bytes:
        """The very bytes. Raises ValueError for what is no base64."""
        return base64.b64decode(self.data, validate=True) if self.encoding == "BASE64" else self.data.encode()


class _Data(msgspec.Struct, frozen=True):
    request: Body | None = msgspec.field(name="endpointInput", default=None)
    response: Body | None = msgspec.field(name="endpointOutput", default=None)


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    event_id: str
    inference_time: Annotated[datetime, msgspec.Meta(tz=True)]
    inference_id: str | None = None
    custom_attributes: tuple[str, ...] = ()


class _Line(msgspec.Struct, frozen=True, rename="camel"):
    capture_data: _Data
    event_metadata: _Event


class Captured(msgspec.Struct, frozen=True, kw_only=True):
    """One invocation.

    Attributes:
        event: SageMaker's own name of it.
        inference: the caller's; None where it gave none.
        at: when it was answered, in whole seconds.
        moment: which the case is of: what the caller wrote, else when it was answered.
        request: content type and body; None where it is not captured.
        response: content type and body; None where it is not captured.
    """

    event: str
    inference: str | None
    at: datetime
    moment: datetime
    request: tuple[str, bytes] | None
    response: tuple[str, bytes] | None


def read(lines: Iterable[bytes], where: str) -> Iterator[Captured]:
    """Each line of a file that is of a caller: what `modelctl verify` asked says nothing of the data.

    Args:
        lines: of the file; empty ones are skipped.
        where: its name, for sentences.

    Raises:
        CaptureError: a line is none.
    """
    for each in read_all(lines, where):
        if isinstance(each, CaptureError):
            raise each
        yield each


def read_all(lines: Iterable[bytes], where: str) -> Iterator[Captured | CaptureError]:
    """The same where one bad line, or one caller's bad attribute, is no end: in the place of such a line, what is wrong with it."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        at = None
        try:
            parsed = msgspec.json.decode(line, type=_Line)
            event = parsed.event_metadata
            at = event.inference_time
            request, response = (
                _content(body) for body in (parsed.capture_data.request, parsed.capture_data.response)
            )
            moment = _moment(event.custom_attributes)
        except (msgspec.DecodeError, binascii.Error, ValueError, RecursionError) as error:
            yield CaptureError(f"{where}, line {number}: {error}", at)
            continue
        if event.inference_id in OF_MODELCTL:
            continue
        yield Captured(
            event=event.event_id,
            inference=event.inference_id,
            at=event.inference_time,
            moment=event.inference_time if moment is None else moment,
            request=request,
            response=response,
        )


def _moment(attributes: Iterable[str]) -> datetime | None:
    """What a caller wrote. Raises ValueError where it is no moment with a time zone."""
    parts = (part.strip() for attribute in attributes for part in attribute.split(","))
    written = next((part.removeprefix(MOMENT) for part in parts if part.startswith(MOMENT)), None)
    if written is None:
        return None
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError(f"custom attribute {MOMENT}{written} has no time zone; write {MOMENT}{written}Z")
    return moment


def _content(body: Body | None) -> tuple[str, bytes] | None:
    return None if body is None else (body.content_type, body.content())
