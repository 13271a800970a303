"""What is kept of the verifications of a version's bits, as status and a review tell of it: whose, when, and what held."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from modeldelivery.release.core.verification import (
    Verification,
    held,
    is_verification,
    read_verification,
    verify_name,
)
from modeldelivery.release.errors import DamagedError, DeliveryError
from modeldelivery.release.naming import Place, evidence_key
from modeldelivery.release.operations.verify_evidence import read_kept
from modeldelivery.release.ports import Registry
from modeldelivery.release.version import Version


class VerifiedBits(msgspec.Struct, frozen=True, kw_only=True):
    """A version's bits held in an environment.

    Attributes:
        environment: in which they were asked.
        version: as which they were asked; another one's may be the same.
        by: who asked, as they say.
        at: when, by S3's clock.
        held: what did, as words of a sentence.
        evidence: key of the document in the registry bucket.
    """

    environment: str
    version: Version
    by: str
    at: datetime
    held: str
    evidence: str

    @property
    def told(self) -> str:
        """In words, without when."""
        return f"by {self.by}: {self.held} ({self.evidence})"


class GoesLive(msgspec.Struct, frozen=True, kw_only=True):
    """The version that a change of config's `live` gives traffic to, with what is kept of its bits: here, and of other environments."""

    version: Version
    verified: tuple[VerifiedBits, ...]

    def here(self, environment: str) -> VerifiedBits | None:
        """None where the environment keeps none."""
        return next((each for each in self.verified if each.environment == environment), None)


class Verifications(msgspec.Struct, frozen=True, kw_only=True):
    """Of versions in one environment.

    Attributes:
        of: by version; None where the environment keeps none of its bits. A version of which that cannot be told is not there.
        problems: why it cannot be told, as sentences.
    """

    of: Mapping[Version, VerifiedBits | None] = {}
    problems: tuple[str, ...] = ()


def verifications(
    place: Place, registry: Registry, digests: Mapping[Version, str], endpoint: str
) -> Verifications:
    """Look each version up.

    Args:
        place: the environment.
        registry: its registry.
        digests: ids of the digest sets, by version.
        endpoint: ARN of its endpoint.
    """
    name = verify_name(place.environment)
    kept: dict[Version, VerifiedBits | None] = {}
    problems: list[str] = []
    for version, digest in digests.items():
        try:
            verification = read_kept(registry, digest, name, Verification, endpoint)
        except DamagedError as error:
            problems.append(f"whether {version} is verified: {error}")
            continue
        except DeliveryError as error:  # the next one would not be had either, and each is waited for
            problems.append(f"which versions are verified: {error}")
            break
        kept[version] = None if verification is None else _bits(verification, evidence_key(digest, name))
    return Verifications(of=kept, problems=tuple(problems))


def everywhere(registry: Registry, digest: str) -> tuple[VerifiedBits, ...]:
    """Every environment's that is kept of a digest set and can be read; a promotion takes them along. Raises DeliveryError."""
    names = [name for name in registry.evidence_names(digest) if is_verification(name)]
    read = ((name, read_verification(registry.read_evidence(digest, name) or b"")) for name in names)
    return tuple(_bits(each, evidence_key(digest, name)) for name, each in read if each is not None)


def _bits(verification: Verification, evidence: str) -> VerifiedBits:
    return VerifiedBits(
        environment=verification.environment,
        version=verification.version,
        by=verification.by,
        at=datetime.fromtimestamp(int(verification.at), UTC),
        held=held(verification),
        evidence=evidence,
    )
