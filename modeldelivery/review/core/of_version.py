"""Which version a resource is of, and what it says of that: bits, and between which bounds it scales."""

from collections.abc import Iterator, Mapping
from typing import Any

from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import BadVersionError, Version, parse_version
from modeldelivery.review.core.cluster import capacity
from modeldelivery.review.core.cluster.pods import bits_of


def variant_of(inputs: Mapping[str, Any]) -> str:
    """The variant that a Model, an alarm, a scaling resource or a cluster's object says it belongs to; empty where it says none."""
    if label := capacity.version_of(inputs):
        return variant_name(Version(label))
    container = inputs.get("primaryContainer")
    if isinstance(container, Mapping):
        variables = container.get("environment")
        version = variables.get("MODEL_VERSION") if isinstance(variables, Mapping) else None
        return variant_name(Version(str(version))) if version else ""
    for metric in metrics_of(inputs):
        dimensions = metric.get("dimensions")
        if isinstance(dimensions, Mapping):
            return str(dimensions.get("VariantName", ""))
    return str(inputs.get("resourceId", "")).rpartition("/variant/")[2]


def metrics_of(inputs: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """What an alarm watches: one metric, or those that its expression is made of."""
    queries = inputs.get("metricQueries")
    named = (
        [query.get("metric") for query in queries if isinstance(query, Mapping)]
        if isinstance(queries, list)
        else []
    )
    return (inputs, *(metric for metric in named if isinstance(metric, Mapping)))


def models(inputs: Any) -> Iterator[tuple[Version, tuple[str | None, str | None]]]:
    """Image and model digest of each Model or Deployment, by the version that its container says it is."""
    for each in inputs:
        container = each.get("primaryContainer") or bits_of(each, "MODEL_VERSION")
        if not isinstance(container, Mapping):
            continue
        variables = container.get("environment")
        variables = variables if isinstance(variables, Mapping) else {}
        try:
            version = parse_version(variables.get("MODEL_VERSION"))
        except BadVersionError:
            continue  # a model of nobody's version: it serves nothing of the fleet
        image = container.get("image")
        digest = variables.get("MODEL_SHA256")
        yield (
            version,
            (
                image.rpartition("@")[2] if isinstance(image, str) else None,
                digest if isinstance(digest, str) else None,
            ),
        )


def bounds(inputs: Mapping[str, Any]) -> tuple[int, int] | None:
    """Between which a scaling target or a pod autoscaler keeps a version, fewest and most; None where that is not known."""
    if "spec" in inputs:
        return capacity.scaling(inputs)
    least, most = inputs.get("minCapacity"), inputs.get("maxCapacity")
    return (least, most) if isinstance(least, int) and isinstance(most, int) else None
