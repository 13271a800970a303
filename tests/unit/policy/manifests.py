"""Manifests as the engine shows them to a rule: numbers are floats."""

from components.kubernetes.objects import token
from modeldelivery.policy.stack import Resource


def as_resource(manifest):
    type_, name = token(manifest), manifest["metadata"]["name"]
    urn = f"urn:pulumi:edge-prod::model-delivery::{type_}::{name}"
    return Resource(type=type_, name=name, urn=urn, props=_floats(manifest))


def _floats(value):
    if isinstance(value, dict):
        return {key: _floats(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_floats(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
