"""A property's value as Pulumi writes it (`sseAlgorithm`) and as the service's API does (`SSEAlgorithm`), by the table."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.pulumi_aws.property import Property, api_name

Table = Mapping[str, Property]


def camel(table: Table) -> dict[str, Property]:
    """A table of a service whose API writes names as Pulumi does, but where the table says otherwise."""
    return {
        name: replace(spec, api=spec.api or name, inner=camel(spec.inner)) for name, spec in table.items()
    }


def to_api(table: Table, given: Mapping[str, Any]) -> dict[str, Any]:
    """An API request's parameters; what is not given or only the provider's own is left out."""
    return {
        api_name(name, spec): _sent(spec, given[name])
        for name, spec in table.items()
        if given.get(name) is not None and not spec.local and not spec.output
    }


def from_api(table: Table, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The properties in an API's answer."""
    return {
        name: _received(spec, answer[api_name(name, spec)])
        for name, spec in table.items()
        if answer.get(api_name(name, spec)) is not None and not spec.local
    }


def _sent(spec: Property, value: Any) -> Any:
    if spec.type == "block":
        return to_api(spec.inner, value)
    if spec.type == "blocks":
        return [to_api(spec.inner, one) for one in value]
    return value


def _received(spec: Property, value: Any) -> Any:
    if spec.type == "block":
        return from_api(spec.inner, value)
    if spec.type == "blocks":
        return [from_api(spec.inner, one) for one in value]
    return value


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most services write them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def tag_map(listed: list[dict[str, str]]) -> dict[str, str]:
    """Tags by key, without AWS's own."""
    return {tag["Key"]: tag["Value"] for tag in listed if not tag["Key"].startswith("aws:")}
