"""What an image installs, as CycloneDX: each package of its hashed requirement file that its platform takes.

Byte-stable: no time, and a serial number made of the content.
Source: https://cyclonedx.org/specification/overview/
"""

import hashlib
import re
import uuid
from collections.abc import Iterator

from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

from tools.image.errors import ImageError
from tools.image.recipe import Recipe

_PINNED = re.compile(
    r"^(?P<requirement>[^\s#][^\\\n]*?)(?P<hashes>(?:\s*\\\n\s+--hash=sha256:[0-9a-f]{64})*)\s*$",
    re.MULTILINE,
)
_HASH = re.compile(r"sha256:([0-9a-f]{64})")
# What stands for the images' platform in a requirement's marker.
_PLATFORM = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.0",
    "python_version": "3.11",
    "sys_platform": "linux",
}


def bill(recipe: Recipe, requirements: str, base: str) -> str:
    """The document.

    Args:
        recipe: of the image.
        requirements: text of the hashed requirement file.
        base: what FROM was given; "" where nothing is beneath, as in the sandbox's images.

    Raises:
        ImageError: a requirement is not pinned by version and hash.
    """
    components = sorted(_components(recipe.requirements, requirements), key=lambda each: each.name)
    bom = Bom(components=components)
    bom.metadata.timestamp = None  # type: ignore[assignment]  # two bills of one file are one
    bom.metadata.component = Component(
        name=recipe.name,
        type=ComponentType.CONTAINER,
        bom_ref=recipe.name,
        properties=[Property(name="model-delivery:base", value=base)] if base else None,
    )
    bom.register_dependency(bom.metadata.component, components)
    bom.serial_number = uuid.UUID(
        hashlib.sha256(f"{recipe.name} {base} {requirements}".encode()).hexdigest()[:32]
    )
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _components(file: str, text: str) -> Iterator[Component]:
    for match in _PINNED.finditer(text):
        requirement = Requirement(match["requirement"])
        if requirement.marker and not requirement.marker.evaluate(_PLATFORM):
            continue
        hashes = _HASH.findall(match["hashes"])
        versions = [each.version for each in requirement.specifier if each.operator == "=="]
        if len(versions) != 1 or not hashes:
            raise ImageError(
                f"{file}: {requirement.name} is not pinned by version and hash: `make lock` writes the file"
            )
        purl = PackageURL("pypi", name=requirement.name, version=versions[0])
        yield Component(
            name=requirement.name,
            version=versions[0],
            type=ComponentType.LIBRARY,
            purl=purl,
            bom_ref=purl.to_string(),
            external_references=[
                ExternalReference(
                    type=ExternalReferenceType.DISTRIBUTION,
                    url=XsUri(purl.to_string()),
                    comment="of one of these files: pip takes no other",
                    hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in hashes],
                )
            ],
        )
