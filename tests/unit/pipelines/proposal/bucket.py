"""A bucket whose listings say when each object was written."""

from tests.unit.pipelines.test_places import Bucket


class Dated(Bucket):
    """All of it was written at one time."""

    def __init__(self, written, **objects):
        super().__init__(**objects)
        self._written = written

    def paginate(self, *, Bucket, Prefix):  # noqa: N803 - boto3's
        for page in super().paginate(Bucket=Bucket, Prefix=Prefix):
            yield {"Contents": [{**each, "LastModified": self._written} for each in page.get("Contents", ())]}
