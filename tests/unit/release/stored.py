"""Stored documents of any version under the real adapters, and what these write over them."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from modeldelivery.release import formats
from modeldelivery.release.aws.environment import AwsEnvironment
from modeldelivery.release.naming import Place, record_key
from tests.fakes.aws import FakeAws
from tests.fakes.time import FakeTime

FORMATS = Path(__file__).with_name("formats")
PLACE = Place(model="flights", environment="prod", account="222222222222", region="eu-west-1")


def golden(name):
    """A document as a program of its time stored it."""
    return (FORMATS / f"{name}.json").read_bytes()


@dataclass
class Bucket(FakeAws):
    """AWS with one object. `written` is every body that was stored over it, oldest first."""

    time: FakeTime = field(default_factory=FakeTime)
    written: list = field(default_factory=list)

    def _put_object(self, **parameters):
        self.seconds = self.time.seconds
        stored = super()._put_object(**parameters)
        self.written.append(self.objects[parameters["Key"]][0])
        return stored

    def _get_object(self, **parameters):
        self.seconds = self.time.seconds
        return super()._get_object(**parameters)


def _environment(key, stored, time):
    bucket = Bucket(id=PLACE.account, time=time, buckets={PLACE.registry_bucket})
    bucket.objects[key] = json.dumps(stored).encode(), '"0"'
    return AwsEnvironment(account=bucket.account, place=PLACE), bucket


def document(stored):
    """A journal or a record as JSON's values."""
    return json.loads(formats.encode(stored))


def journal_store(stored, time=None):
    """The real store of a journal, and its bucket."""
    environment, bucket = _environment(PLACE.journal_key, stored, time or FakeTime())
    return environment.endpoint.store, bucket


def registry(version, stored):
    """The real registry over one record, and its bucket."""
    environment, bucket = _environment(record_key(version), stored, FakeTime())
    return environment.registry, bucket


def written(bucket):
    """What was stored last, as JSON's values."""
    return json.loads(bucket.written[-1])
