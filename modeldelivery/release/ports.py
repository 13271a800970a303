"""What operations need of the world. `release.aws` has it on AWS, `tests/fakes` in memory; `tests/contract` holds both.

Every call raises errors of `modeldelivery.release.errors`: LostError, NotSentError or BusyError for a call that may succeed
when it is asked again, UnreachableError for what asking again does not mend.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from modeldelivery.release.core.action import Prepared, Timing
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal, Parked
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.record import Entry, VersionRecord
from modeldelivery.release.samples import Sample, SampleFile
from modeldelivery.release.version import Version


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A journal as stored. `etag` is None when there is no object yet; `now` is the response's Date, in seconds."""

    journal: Journal
    etag: str | None
    now: float


class JournalStore(Protocol):
    """The journal's object."""

    def read(self) -> Stored:
        """An empty journal when there is none. Raises UpdateNeededError for one that asks for a newer reader."""
        ...

    def write(self, journal: Journal, etag: str | None) -> Stored:
        """Store, on condition that the object still has `etag` (None: does not exist). Raises ConflictError."""
        ...


class Traffic(Protocol):
    """One endpoint, and which of its versions gets what. No call is retried: each is sent once, within the time-out.

    What is taken is answered with a receipt: the name of the call in the platform's own log, "" where it has none.
    """

    @property
    def timing(self) -> Timing: ...

    def describe(self) -> Endpoint | None:
        """The endpoint with its token; None when there is none."""
        ...

    def move(
        self, weights: Weights, *, token: str, operation: str, instances: Mapping[Version, int] | None = None
    ) -> str:
        """Give every version its weight, and the versions named so many instances; a receipt.

        A target with compare-and-swap leaves the operation's id on the object, changes it even where the weights are right
        already, and raises ConflictError when the object no longer has `token`; another takes neither.
        """
        ...

    def scale(self, version: Version, instances: int, weights: Mapping[Version, float]) -> str:
        """Request so many instances of one version, every version at its weight in force; a receipt."""
        ...

    def marked(self) -> str | None:
        """What the endpoint itself says of a move made without the journal; None when it says nothing."""
        ...

    def owner(self) -> str | None:
        """Place of the journal that the endpoint names as its own; None when it names none."""
        ...

    def mark(self, text: str) -> None:
        """Say so on the endpoint."""
        ...

    def unmark(self) -> None:
        """The journal knows of it now."""
        ...


class Scaling(Protocol):
    """What scales an endpoint's versions by their load."""

    def unscaled(self, versions: Collection[Version]) -> frozenset[Version]:
        """Those of these versions that nothing scales."""
        ...


class Fleet(Protocol):
    """The set of versions on an endpoint, changed; only `up` needs it."""

    def name(self, fleet: Sequence[Version]) -> str:
        """Name of the content that a fleet of these versions has, as config wants it: the same content, the same name."""
        ...

    def prepare(self, config: str, fleet: Sequence[Version], weights: Weights) -> Prepared:
        """Make what the content needs: many calls, none of which changes what serves or how it is scaled.

        Returns:
            The scaling that the platform wants gone before it takes the change, and what the change does not bring.
        """
        ...

    def park(self, versions: Collection[Version]) -> None:
        """Take their scaling away."""
        ...

    def put_back(self, parked: Mapping[Version, Parked]) -> None:
        """Make it again as it was; what is there stays."""
        ...

    def change(self, config: str, *, token: str, operation: str) -> str:
        """Bring the endpoint to what was prepared, or make it; token, operation and receipt as in `Traffic.move`."""
        ...


DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A container image, as far as a registration judges it.

    Attributes:
        media_type: of its manifest.
        platform: `os/architecture`; "" where the manifest is of a kind whose configuration was not read.
        labels: that its Dockerfile gave it.
    """

    media_type: str
    platform: str = ""
    labels: Mapping[str, str] = {}


class Registry(Protocol):
    """Where versions are kept. Each method is one idea and safe to repeat."""

    def entry(self, version: Version) -> Entry:
        """A version's place, taken or not."""
        ...

    def write(self, record: VersionRecord, etag: str | None) -> None:
        """Raises ConflictError when the object no longer has `etag` (None: exists)."""
        ...

    def image(self, digest: str) -> Image | None:
        """The image `sha256:<hex>` of the environment's repository; None when it has none."""
        ...

    def refusals(self, record: VersionRecord, samples: Sequence[Sample]) -> Sequence[str]:
        """What the platform would refuse of this version, later, as sentences; nothing is changed and nothing asked."""
        ...

    def store_samples(self, samples: SampleFile) -> None:
        """Store it under its digest, unless it is there."""
        ...

    def store_evidence(self, digest_set: str, name: str, content: bytes) -> bytes:
        """Keep a document that tells of a digest set, unless one of that name is there; what is kept under it now.

        Here and below `naming.image_evidence` may be in the digest set's place.
        """
        ...

    def read_evidence(self, digest_set: str, name: str) -> bytes | None:
        """A document that is kept of a digest set; None where there is none of that name."""
        ...

    def evidence_names(self, digest_set: str) -> Sequence[str]:
        """Names of all that are kept of a digest set."""
        ...

    def fetch_samples(self, digest: str) -> bytes | None:
        """The file of samples `sha256:<hex>`; None when there is none."""
        ...

    def store_artifact(self, path: Path, digest: str, progress: "Progress") -> bool:
        """Upload unless it is there, proved to have its digest; whether it was new."""
        ...

    def fetch_artifact(self, digest: str, path: Path) -> bool:
        """Write the artifact `sha256:<hex>` to a file that is not there yet, and prove it; False when there is none.

        Raises UnreachableError when it is cut off, or is not what its name says. What was written then is to be removed.
        """
        ...

    def find_package(self, record: VersionRecord) -> str | None:
        """The package that an earlier run made for this claim and did not live to write down."""
        ...

    def create_package(self, record: VersionRecord) -> str:
        """Make the model package; its ARN."""
        ...


class ModelReader(Protocol):
    """This project's own model server's way to read a model."""

    def refuse_unread(self, artifact: Path, digest: str, contract: str) -> None:
        """Raises RefusedError unless a server that keeps the contract would serve the archive; also where none can be asked."""
        ...


class Caller(Protocol):
    """Whom the platform takes this run for. It never fails and never keeps anyone waiting for longer than they say."""

    def ask(self) -> None:
        """Begin to find out, once, and return at once."""
        ...

    def answer(self, within: float) -> str | None:
        """The platform's name of whoever runs this; None when so many seconds do not suffice to know."""
        ...


class Clock(Protocol):
    """Elapsed time and pauses; never the date."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Progress(Protocol):
    """Where a person sees what an operation is doing."""

    def note(self, sentence: str) -> None:
        """Something was done."""
        ...

    def waiting(self, why: str, seconds: float) -> None:
        """Waiting has gone on for so many seconds."""
        ...
