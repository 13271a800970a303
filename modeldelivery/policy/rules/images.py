"""Bits are named by content: a tag that can move is no name."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modeldelivery.catalogue import pods
from modeldelivery.catalogue.tokens import MODEL, REPOSITORY, is_of_a_cluster
from modeldelivery.policy.finding import Finding, Found, Level, NotKnown, ResourceRule
from modeldelivery.policy.stack import UNKNOWN, Environment, Resource

_BY_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")


def containers(model: Resource) -> Iterator[Mapping[str, Any]]:
    """The containers of a SageMaker Model that are known."""
    several = model.props.get("containers") or ()
    for each in (model.props.get("primaryContainer"), *(several if isinstance(several, list) else ())):
        if isinstance(each, Mapping):
            yield each


def _judge(resource: Resource, _: Environment) -> Found:
    if resource.type == REPOSITORY and resource.props.get("imageTagMutability") != "IMMUTABLE":
        yield Finding(
            resource=resource,
            what="imageTagMutability",
            text=f"tags in {resource.name} can be moved to other images.",
            fix='`image_tag_mutability="IMMUTABLE"`',
        )
    for image in _images(resource):
        if image is UNKNOWN:
            yield NotKnown(resource=resource, what="image")
        elif image is not None and not _BY_DIGEST.fullmatch(str(image)):
            yield Finding(
                resource=resource,
                what=f"image {image}",
                text=f"{resource.name} runs {image}, which may be another image tomorrow.",
                fix="name it by digest, `REPOSITORY@sha256:…`, as `modelctl register` records it",
            )


def _images(resource: Resource) -> Iterator[Any]:
    """Of a SageMaker Model's containers, and of pods wherever a cluster's object has some; also images that are volumes."""
    if resource.type == MODEL:
        yield from (container.get("image") for container in containers(resource))
    elif is_of_a_cluster(resource.type):
        for spec in pods.pod_specs(resource.props):
            yield from (container.get("image") for _, container in pods.containers(spec))
            yield from pods.volume_images(spec)


IMMUTABLE_IMAGES = ResourceRule(
    name="immutable-images",
    level=Level.MANDATORY,
    reason="A rollback must bring back the very bits that served: an image behind a tag that can move is not those.",
    fix='`image_tag_mutability="IMMUTABLE"` on repositories; images of Models and of pods by digest, `REPOSITORY@sha256:…`',
    judge=_judge,
)
