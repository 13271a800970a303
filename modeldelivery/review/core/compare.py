"""What an environment would get that the one it promotes from has not had.

Both previews are compared, resource by resource, without what names the environment.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from modeldelivery.catalogue.tokens import ENDPOINTS, MODEL, is_of_a_cluster
from modeldelivery.review.core.document import UNKNOWN
from modeldelivery.review.core.touched import Touched

# What differs between two environments, and between two resources that were made alike: ids, and auto-names' endings.
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=-)[0-9a-f]{7}\b")
_VERSION = re.compile(r"-v(\d+)-(\d+)-(\d+)\b")
_CONTENT = re.compile(r"\b(?:v\d+\.\d+\.\d+|[0-9a-f]{64})\b")  # a version, and a digest of its bits
# Versions are judged by their evidence, wherever they appear.
_OF_VERSIONS = {*ENDPOINTS, MODEL}
_UNKNOWN = "unknown"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What names an environment in its resources' properties."""

    environment: str
    account: str
    region: str

    def neutral(self, text: str) -> str:
        """The text as it would be in any environment."""
        for name, own in (("ACCOUNT", self.account), ("REGION", self.region)):
            text = text.replace(own, name) if own else text
        return _ID.sub("ID", re.sub(rf"\b{re.escape(self.environment)}\b", "ENVIRONMENT", text))


class Fingerprint(msgspec.Struct, frozen=True, kw_only=True):
    """A resource's fingerprint: a digest of each property before and after, so that no value leaves the preview.

    Attributes:
        before: none where there is none yet.
        after: none where it goes.
    """

    effect: str
    words: str
    name: str
    before: dict[str, str] | None
    after: dict[str, str] | None


class When(StrEnum):
    """When the environment that this one promotes from gets the same."""

    NEVER = "never"
    TOGETHER = "with the same change"


class Untested(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a change that the environment it promotes from has not had.

    `properties` is empty where the whole resource is meant.
    """

    effect: str
    words: str
    name: str
    properties: tuple[str, ...]
    when: When


def fingerprints(place: Place, resources: Sequence[Touched]) -> dict[str, Fingerprint]:
    """Every resource that is not a version's, by its neutral name."""
    return {
        f"{each.type}::{place.neutral(each.name)}": Fingerprint(
            effect=each.effect.name.lower(),
            words=each.kind.words,
            name=each.name,
            before=_digests(place, each, each.before) if each.old else None,
            after=_digests(place, each, each.after) if each.new else None,
        )
        for each in resources
        if each.type not in _OF_VERSIONS and not each.type.startswith("pulumi:")
    }


def untested(ours: Mapping[str, Fingerprint], theirs: Mapping[str, Fingerprint]) -> tuple[Untested, ...]:
    """What one environment would get that the one it promotes from has not had.

    Args:
        ours: fingerprints of the environment that would get it.
        theirs: of the other.
    """
    return tuple(_untested(ours, theirs))


def _untested(ours: Mapping[str, Fingerprint], theirs: Mapping[str, Fingerprint]) -> Iterator[Untested]:
    for key, mine in ours.items():
        if mine.effect in {"none", "read"} and mine.before == mine.after:
            continue
        other = theirs.get(key) or _sibling(key, theirs)
        if mine.after is None:
            if _VERSION.search(key):
                continue  # it goes with its version, of which the fleet's part tells
            if other and other.before is not None:
                yield _of(mine, (), When.TOGETHER if other.after is None else When.NEVER)
        elif mine.before is None:
            if other is None or other.after is None:
                yield _of(mine, (), When.NEVER)
            elif other.before is None:
                yield _of(mine, (), When.TOGETHER)
        else:
            yield from _properties(mine, other)


def _properties(mine: Fingerprint, other: Fingerprint | None) -> Iterator[Untested]:
    before, after = mine.before or {}, mine.after or {}
    changed = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    if not changed and mine.effect != "none":
        changed = sorted(after)  # made again as it was
    theirs_before = (other.before or {}) if other else {}
    theirs = (other.after or {}) if other else {}
    never = [key for key in changed if not _same(after.get(key), theirs.get(key))]
    together = [
        key for key in changed if key not in never and not _same(after.get(key), theirs_before.get(key))
    ]
    if never:
        yield _of(mine, tuple(never), When.NEVER)
    if together:
        yield _of(mine, tuple(together), When.TOGETHER)


def _sibling(key: str, theirs: Mapping[str, Fingerprint]) -> Fingerprint | None:
    """A version's alarm or scaling is tried where any version has one like it."""
    pattern = _VERSION.sub("-VERSION", key)
    return next((each for other, each in theirs.items() if _VERSION.sub("-VERSION", other) == pattern), None)


def _of(mine: Fingerprint, properties: tuple[str, ...], when: When) -> Untested:
    return Untested(effect=mine.effect, words=mine.words, name=mine.name, properties=properties, when=when)


def _same(mine: str | None, other: str | None) -> bool:
    return mine == other or _UNKNOWN in {mine, other}


def _digests(place: Place, resource: Touched, inputs: Mapping[str, Any]) -> dict[str, str]:
    bits = is_of_a_cluster(resource.type) and resource.kind.per_version
    properties = dict(_properties_of(inputs)) if is_of_a_cluster(resource.type) else inputs
    return {
        key: _digest(place, value, bits=bits)
        for key, value in properties.items()
        if key not in {"__defaults", "name"}
    }


def _properties_of(manifest: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Of a manifest, where nearly all is below `spec`, those below it and below `metadata`."""
    for key, value in manifest.items():
        if key in {"spec", "metadata"} and isinstance(value, Mapping):
            yield from ((f"{key}.{below}", each) for below, each in value.items())
        else:
            yield key, value


def _digest(place: Place, value: Any, *, bits: bool) -> str:
    """`bits`: what serves a version names it and its bits, which are judged by their evidence."""
    text = json.dumps(value, sort_keys=True)
    if UNKNOWN in text:
        return _UNKNOWN
    if bits:
        text = _CONTENT.sub("BITS", text)
    return hashlib.sha256(_VERSION.sub("-VERSION", place.neutral(text)).encode()).hexdigest()[:16]
