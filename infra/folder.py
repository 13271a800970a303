"""Files of the folder that Argo CD delivers from: written as YAML, and compared with what is there. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import yaml

from components.kubernetes.objects import Manifest

DELIVERED = (".yaml", ".yml", ".json", ".jsonnet")  # names of files that Argo CD takes for manifests end so


def written(files: Mapping[str, Sequence[Manifest]], source: str) -> dict[str, str]:
    """The text of each file, by its name.

    Args:
        files: manifests by the file's name.
        source: what they come from and how, a sentence for whoever opens one.
    """
    return {name: _text(manifests, source) for name, manifests in files.items()}


def differences(folder: str, wanted: Mapping[str, str], there: Mapping[str, str]) -> Iterator[str]:
    """Where the folder is not as it is to be: file, line, and both texts.

    Args:
        folder: its path, for the sentences.
        wanted: texts by the file's name.
        there: likewise, of the files that Argo CD would deliver.
    """
    for name in sorted({*wanted, *there}):
        if name not in there:
            yield f"{folder}/{name}: it is missing"
        elif name not in wanted:
            yield f"{folder}/{name}: config and registry know nothing of it, and Argo CD would deliver it"
        elif wanted[name] != there[name]:
            yield f"{folder}/{name}{_first_difference(wanted[name], there[name])}"


def _first_difference(wanted: str, there: str) -> str:
    lines = zip_longest(wanted.splitlines(), there.splitlines())
    for number, (should, does) in enumerate(lines, start=1):
        if should != does:
            return f":{number}: {_shown(does)}, and config and registry say {_shown(should)}"
    return ": its lines end otherwise"


def _shown(line: str | None) -> str:
    return f"`{line.strip()}`" if line is not None else "nothing more"


def _text(manifests: Sequence[Manifest], source: str) -> str:
    documents: list[Any] = json.loads(
        json.dumps(manifests)
    )  # nothing shared, which YAML would write as an anchor
    return f"# {source}\n" + yaml.safe_dump_all(documents, sort_keys=False, explicit_start=True, width=200)
