"""A bucket in memory that holds bytes, under the real adapters: what is stored is what they wrote."""

import io
import json
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace

from botocore.exceptions import ClientError

from modeldelivery.release import formats
from modeldelivery.release.aws.journal import S3Journal
from modeldelivery.release.aws.registry import Registry
from modeldelivery.release.naming import Place, record_key
from tests.unit.release.memory import START, Time

FORMATS = Path(__file__).with_name("formats")
PLACE = Place(model="flights", environment="prod", account="222222222222", region="eu-west-1")


def golden(name):
    """A document as a program of its time stored it."""
    return (FORMATS / f"{name}.json").read_bytes()


@dataclass
class Bucket:
    """S3 with conditional writes. `written` is every body that was stored, oldest first."""

    time: Time = field(default_factory=Time)
    objects: dict = field(default_factory=dict)
    written: list = field(default_factory=list)

    def get_object(self, *, Key, **_):  # noqa: N803 - boto3's names
        if Key not in self.objects:
            raise self._refused("NoSuchKey", "GetObject")
        body, etag = self.objects[Key]
        return {"Body": io.BytesIO(body), "ETag": etag, **self._answer()}

    def put_object(self, *, Key, Body, IfMatch=None, IfNoneMatch=None, **_):  # noqa: N803
        _, etag = self.objects.get(Key, (b"", None))
        if IfMatch != etag or bool(IfNoneMatch) != (etag is None):
            raise self._refused("PreconditionFailed", "PutObject")
        self.objects[Key] = Body, f"{len(self.written) + 1}"
        self.written.append(Body)
        return {"ETag": self.objects[Key][1], **self._answer()}

    def holding(self, key, body):
        self.objects[key] = body, "0"
        return self

    def _answer(self):
        return {"ResponseMetadata": {"HTTPHeaders": {"date": formatdate(START + self.time.seconds)}}}

    def _refused(self, code, operation):
        return ClientError({"Error": {"Code": code, "Message": code}, **self._answer()}, operation)


def document(stored):
    """A journal or a record as JSON's values."""
    return json.loads(formats.encode(stored))


def journal_store(stored, time=None):
    """The real store of a journal, and its bucket."""
    bucket = Bucket(time or Time()).holding(PLACE.journal_key, json.dumps(stored).encode())
    store = S3Journal(s3=bucket, bucket=PLACE.registry_bucket, key=PLACE.journal_key, account=PLACE.account)
    return store, bucket


def registry(version, stored):
    """The real registry over one record, and its bucket."""
    bucket = Bucket().holding(record_key(version), json.dumps(stored).encode())
    return Registry(clients=SimpleNamespace(s3=bucket), place=PLACE), bucket


def written(bucket):
    """What was stored last, as JSON's values."""
    return json.loads(bucket.written[-1])
