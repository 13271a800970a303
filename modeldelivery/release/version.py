"""A version and the one immutable set of bits that it names."""

import hashlib
import json
import re
from typing import NewType

from modeldelivery.release.errors import InvalidError
from modeldelivery.release.formats import Record

Version = NewType("Version", str)

VERSION_PATTERN = r"v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
_VERSION = re.compile(VERSION_PATTERN)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
MAX_VERSION_LENGTH = 63  # SageMaker's limit for a variant name


class BadVersionError(InvalidError):
    """A text that is not a version, or a digest that is not one."""


def parse_version(text: object) -> Version:
    """Read `vMAJOR.MINOR.PATCH`.

    Raises:
        BadVersionError: for anything else; a version has no pre-release and no build part, because a variant's name
            (SageMaker: letters, digits and hyphens) must lead back to exactly one version.
    """
    if isinstance(text, str) and _VERSION.fullmatch(text) and len(text) <= MAX_VERSION_LENGTH:
        return Version(text)
    raise BadVersionError(f"{text!r} is not a version: write vMAJOR.MINOR.PATCH, for example v1.4.0")


def precedence(version: Version) -> tuple[int, ...]:
    """Sort key: semantic versioning's precedence."""
    return tuple(int(part) for part in version[1:].split("."))


class DigestSet(Record, frozen=True, kw_only=True):
    """The bits that a version names: image and model by content, data by revision.

    Attributes:
        image: digest of the serving image's manifest, `sha256:<hex>`.
        model: digest of `model.tar.gz`, `sha256:<hex>`.
        data: revision of the training data (a DVC or content digest), non-empty.
    """

    image: str
    model: str
    data: str

    def __post_init__(self) -> None:
        for name in ("image", "model"):
            if not _DIGEST.fullmatch(getattr(self, name)):
                raise BadVersionError(
                    f"{name} {getattr(self, name)!r} is not a digest: write sha256:<64 hex digits>"
                )
        if not self.data:
            raise BadVersionError(
                "the data revision is empty: name the revision of the data that trained the model"
            )

    @property
    def id(self) -> str:
        """sha256 over the three, `sha256:<hex>`: what a rejection and the journal go by."""
        text = json.dumps({"data": self.data, "image": self.image, "model": self.model}, sort_keys=True)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
