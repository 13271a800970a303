"""Pods that a change makes less safe, or makes other than they were: whatever object they are of."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from modeldelivery.catalogue.pods import containers, loosenesses, pod_specs
from modeldelivery.review.core.cluster.capacity import version_of
from modeldelivery.review.core.cluster.values import Manifest


def loosened(old: Manifest, new: Manifest) -> Iterator[str]:
    """What the restricted standard refuses and pods did not do before; of an object that is new, all of it."""
    before = Counter(each.what for pods in pod_specs(old) for each in loosenesses(pods))
    for pods in pod_specs(new):
        for each in loosenesses(pods):
            before[each.what] -= 1
            if before[each.what] < 0:
                yield f"pod security: {each.text}"


def joined(old: Manifest, new: Manifest) -> Iterator[str]:
    """Programs that run beside those that did, or in their place under the same name; a version's image is its own for ever."""
    before = {name: each for pods in pod_specs(old) for name, each in containers(pods)}
    if not before:
        return
    for pods in pod_specs(new):
        for name, container in containers(pods):
            if name not in before:
                yield f"another container runs in its pods: {name} of {container.get('image')}"
                continue
            for key in ("command", "args", *(("image",) if version_of(new) else ())):
                if container.get(key) != before[name].get(key):
                    yield f"the container {name} runs another program: {key} {container.get(key)}"


def bits_of(manifest: Manifest, variable: str) -> dict[str, Any] | None:
    """`image` and `environment` of the container that has a variable, as a Model of SageMaker has them; None where none has."""
    for pods in pod_specs(manifest):
        for _, container in containers(pods):
            environment = container.get("env")
            variables = {
                str(each.get("name")): each.get("value")
                for each in (environment if isinstance(environment, list) else ())
                if isinstance(each, dict)
            }
            if variable in variables:
                return {"image": container.get("image"), "environment": variables}
    return None
