"""A Registry in memory."""

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from modeldelivery.release.errors import ConflictError, UnreachableError
from modeldelivery.release.ports import Image, Progress
from modeldelivery.release.record import Entry, VersionRecord
from modeldelivery.release.samples import Sample, SampleFile
from modeldelivery.release.version import Version
from tests.fakes.journal import START
from tests.fakes.time import FakeTime


@dataclass
class FakeRegistry:
    """Versions, images, artifacts and packages.

    Attributes:
        refuses: what the platform would refuse of whatever is registered.
        on_write: what happens before each of the next writes, as someone else.
    """

    time: FakeTime = field(default_factory=FakeTime)
    records: dict[Version, tuple[VersionRecord, str]] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)
    samples: dict[str, bytes] = field(default_factory=dict)
    evidence: dict[tuple[str, str], bytes] = field(default_factory=dict)
    refuses: tuple[str, ...] = ()
    packages: list[VersionRecord] = field(default_factory=list)
    on_write: deque[Callable[[], object]] = field(default_factory=deque)
    started: float = START

    def entry(self, version: Version) -> Entry:
        record, etag = self.records.get(version, (None, None))
        return Entry(record=record, etag=etag, now=self.started + self.time.seconds)

    def write(self, record: VersionRecord, etag: str | None) -> None:
        if self.on_write:
            self.on_write.popleft()()
        if self.entry(record.version).etag != etag:
            raise ConflictError("PutObject")
        self.records[record.version] = record, str(int(etag or 0) + 1)

    def image(self, digest: str) -> Image | None:
        return self.images.get(digest)

    def refusals(self, record: VersionRecord, samples: Sequence[Sample]) -> tuple[str, ...]:  # noqa: ARG002
        return self.refuses

    def store_samples(self, samples: SampleFile) -> None:
        self.samples[samples.digest] = samples.content

    def store_evidence(self, digest_set: str, name: str, content: bytes) -> bytes:
        return self.evidence.setdefault((digest_set, name), content)

    def read_evidence(self, digest_set: str, name: str) -> bytes | None:
        return self.evidence.get((digest_set, name))

    def evidence_names(self, digest_set: str) -> tuple[str, ...]:
        return tuple(sorted(name for of, name in self.evidence if of == digest_set))

    def fetch_samples(self, digest: str) -> bytes | None:
        return self.samples.get(digest)

    def store_artifact(self, path: Path, digest: str, progress: Progress) -> bool:  # noqa: ARG002 - it takes no time
        new = digest not in self.artifacts
        self.artifacts[digest] = path.read_bytes()
        return new

    def fetch_artifact(self, digest: str, path: Path) -> bool:
        if digest not in self.artifacts:
            return False
        path.write_bytes(self.artifacts[digest])
        if hashlib.sha256(self.artifacts[digest]).hexdigest() != digest.removeprefix("sha256:"):
            raise UnreachableError(f"{digest} is not what its name says")
        return True

    def find_package(self, record: VersionRecord) -> str | None:
        made = (n for n, each in enumerate(self.packages) if _same(each, record))
        return next((f"arn:package/{n}" for n in made), None)

    def create_package(self, record: VersionRecord) -> str:
        """The same for the same version and bits: there is one package however often it is made."""
        package = self.find_package(record)
        if package:
            return package
        self.packages.append(record)
        return f"arn:package/{len(self.packages) - 1}"


def _same(one: VersionRecord, other: VersionRecord) -> bool:
    return (one.version, one.digests) == (other.version, other.digests)
