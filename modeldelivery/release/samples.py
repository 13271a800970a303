"""Sample requests: what a container of any kind brings, so that it can be shown to answer before it has traffic.

A file of them is JSON, in the artifact as `samples.json` or by itself:

    [{"content_type": "text/csv", "body": "1.5,2"},
     {"content_type": "application/x-npy", "body_base64": "k05VTVBZ…", "accept": "application/json"},
     {"content_type": "text/csv", "body": "2,2", "answer": {"price": 4.5}},
     {"content_type": "text/csv", "body": "two", "status": 400}]

`modelctl verify` sends them to the version's own variant. What has an `answer` (JSON, its numbers within a tolerance) or a `status`
(of a refusal) must be answered so, all others by anything that says that it went well.
"""

import base64
import binascii
import hashlib
from typing import Any

import msgspec

from modeldelivery.release.errors import RefusedError
from modeldelivery.release.record import Samples

IN_ARTIFACT = "samples.json"
MOST = 100
MOST_BYTES = 64 * 1024**2
REFUSALS = range(400, 500)
EXAMPLE = '[{"content_type": "application/json", "body": "[[1.5, 2.0]]"}]'


class Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request to `/invocations`; its body as text, or in base64 where it is none.

    Attributes:
        answer: that it must have, as JSON; UNSET where any will do.
        status: with which it must be refused, 400 to 499; None where it must not be.
    """

    content_type: str
    body: str | None = None
    body_base64: str | None = None
    accept: str | None = None
    answer: Any | msgspec.UnsetType = msgspec.UNSET
    status: int | None = None

    def __post_init__(self) -> None:
        if (self.body is None) == (self.body_base64 is None):
            raise ValueError("write either `body` or `body_base64`")
        if self.status is not None and self.status not in REFUSALS:
            raise ValueError(f"`status` is {self.status}: write that of a refusal, 400 to 499")
        if self.status is not None and self.answer is not msgspec.UNSET:
            raise ValueError("write either `answer` or `status`")
        try:
            base64.b64decode(self.body_base64 or "", validate=True)
        except binascii.Error as error:
            raise ValueError(f"`body_base64` is no base64: {error}") from error

    @property
    def data(self) -> bytes:
        """The body as it is sent."""
        return self.body.encode() if self.body is not None else base64.b64decode(self.body_base64 or "")


class SampleFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of samples as it was read, with what a version's record says of it."""

    content: bytes
    samples: tuple[Sample, ...]

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(self.content).hexdigest()

    @property
    def summary(self) -> Samples:
        return Samples(
            digest=self.digest,
            count=len(self.samples),
            content_types=tuple(dict.fromkeys(sample.content_type for sample in self.samples)),
            accepts=tuple(dict.fromkeys(sample.accept for sample in self.samples if sample.accept)),
        )


def read_samples(content: bytes, where: str) -> SampleFile:
    """Read a file of samples. Raises RefusedError, which says what is wrong with it and `where` it is."""
    if len(content) > MOST_BYTES:
        raise RefusedError(
            f"{where} holds more than {MOST_BYTES // 1024**2} MiB",
            hint="a few small requests show whether it answers",
        )
    try:
        samples = msgspec.json.decode(content, type=tuple[Sample, ...])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedError(
            f"{where}: {error}", hint=f"write a list of requests, for example {EXAMPLE}"
        ) from error
    if not 1 <= len(samples) <= MOST:
        raise RefusedError(
            f"{where} holds {len(samples)} sample requests, and 1 to {MOST} are allowed",
            hint=f"for example {EXAMPLE}",
        )
    if all(sample.status is not None for sample in samples):
        raise RefusedError(
            f"{where}: every sample request is to be refused, and none shows that the container answers",
            hint=f"add one that it answers, for example {EXAMPLE}",
        )
    return SampleFile(content=content, samples=samples)
