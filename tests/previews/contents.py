"""Recordings by content: what many of them hold is stored once, under the SHA-256 sum of its text.

A recording is some forty resources, and most of them are those of the recording before. Each value of a hundred characters or
more stands in `contents.jsonl`, one `[sum, value]` a line, in the order of the sums; where it was stands its sum:
`{"sha256": "…"}`. Values inside of a value are stored in the same way.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

SHORTEST = 100  # characters; a shorter value stands where it is
SUM = "sha256"  # the one key of what stands for a stored value
DIGITS = 24  # of a sum: 96 bits, since whole sums would take a third of the store


class ContentError(Exception):
    """The store lacks a content, or holds one that is not what its sum says."""


def split(value: object, contents: dict[str, str]) -> object:
    """The value as it is stored; the texts of its contents are put into `contents`, by their sums.

    Raises:
        ContentError: when an object of the value has `sha256` as its only key, and would be taken for a sum.
    """
    if isinstance(value, dict):
        if value.keys() == {SUM}:
            raise ContentError(f"{value} would be read as the sum of a content")
        value = {key: split(each, contents) for key, each in value.items()}
    elif isinstance(value, list):
        value = [split(each, contents) for each in value]
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(text) < SHORTEST:
        return value
    key = sha256(text)
    contents[key] = text
    return {SUM: key}


def joined(value: object, contents: Mapping[str, str]) -> object:
    """What `split` was given, each object of it made anew: who changes one place changes no other.

    Raises:
        ContentError: when a sum is of nothing that is stored.
    """
    if isinstance(value, dict):
        if value.keys() == {SUM}:
            return joined(json.loads(_text(value[SUM], contents)), contents)
        return {key: joined(each, contents) for key, each in value.items()}
    return [joined(each, contents) for each in value] if isinstance(value, list) else value


def sums(value: object, contents: Mapping[str, str]) -> Iterator[str]:
    """The sums of all contents that a stored value needs, those inside of contents too."""
    if isinstance(value, dict) and value.keys() == {SUM}:
        yield value[SUM]
        yield from sums(json.loads(_text(value[SUM], contents)), contents)
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from sums(each, contents)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def load(path: Path) -> dict[str, str]:
    """The texts of a store, by their sums.

    Raises:
        ContentError: when a line's sum is not its text's, say because a merge or an editor changed it.
    """
    contents = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        key, text = line[2 : 2 + DIGITS], line[4 + DIGITS : -1]
        if sha256(text) != key:
            raise ContentError(
                f"{path.name}, line {number}: not what its sum says; record the previews again"
            )
        contents[key] = text
    return contents


def save(path: Path, contents: Mapping[str, str]) -> None:
    path.write_text("".join(f'["{key}",{text}]\n' for key, text in sorted(contents.items())))


def _text(key: str, contents: Mapping[str, str]) -> str:
    if key not in contents:
        raise ContentError(f"no content has the sum {key}; record the previews again")
    return contents[key]
