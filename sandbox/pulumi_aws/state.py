"""From a program's inputs and what AWS shows to Pulumi's state: outputs, and what a program would have to say."""

from collections.abc import Mapping
from typing import Any

from modeldelivery.plugin.values import UNKNOWN, Unknown, contains_unknown
from sandbox.pulumi_aws.compare import meaning
from sandbox.pulumi_aws.kind import Kind
from sandbox.pulumi_aws.property import Property

Table = Mapping[str, Property]
DEFAULTS = "__defaults"  # the bridge's list of inputs that the provider chose, hidden in every display


def expected(table: Table, inputs: Mapping[str, Any], region: str | Unknown) -> dict[str, Any]:
    """The outputs of a resource not made yet, as far as they are known."""
    outputs: dict[str, Any] = {}
    for name, spec in table.items():
        given = inputs.get(name)
        if given is not None:
            outputs[name] = given
        elif spec.output or spec.computed:
            outputs[name] = UNKNOWN
        elif spec.default is not None:
            outputs[name] = spec.default
    return {**outputs, **_derived(table, inputs.get("tags"), inputs.get("region") or region)}


def updated(table: Table, old_outputs: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs that an update in place will have, as far as they are known."""
    outputs: dict[str, Any] = {}
    for name, spec in table.items():
        given = news.get(name)
        kept = old_outputs.get(name) if spec.output or spec.computed else spec.default
        value = kept if given is None else given
        if value is not None:
            outputs[name] = value
    return {**outputs, **_derived(table, news.get("tags"), old_outputs.get("region", UNKNOWN))}


def incomplete(kind: Kind, inputs: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The outputs of a resource that was made but not completed: without them the next `up` sets what is left."""
    made = {name: value for name, value in inputs.items() if name not in {DEFAULTS, *kind.completes}}
    return {**made, **({"region": region} if "region" in kind.properties else {})}


def observed(
    table: Table, recorded: Mapping[str, Any], observation: Mapping[str, Any], region: str
) -> dict[str, Any]:
    """The outputs of a resource as AWS shows it; what only the provider knows comes from `known`."""
    outputs: dict[str, Any] = {}
    for name, spec in table.items():
        if name in observation:
            stated = recorded.get(name)
            # The same thing, said differently (JSON's spaces, a list's order), stays as it was said.
            same = (
                stated is not None
                and not contains_unknown(stated)
                and meaning(spec, stated) == meaning(spec, observation[name])
            )
            outputs[name] = stated if same else observation[name]
        elif spec.local:
            value = recorded.get(name, spec.default)
            if value is not None:
                outputs[name] = value
    return {**outputs, **_derived(table, outputs.get("tags"), region)}


def inputs_of(table: Table, old_inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that would give these outputs; beside what was said before, only what differs from silence.

    For an import nothing was said, so that what a service chose itself (`computed`) is told, too.
    """
    inputs: dict[str, Any] = {}
    for name, spec in table.items():
        if spec.output or name not in outputs:
            continue
        silent = spec.computed and bool(old_inputs)
        if name in old_inputs or (not silent and meaning(spec, outputs[name]) != meaning(spec, None)):
            inputs[name] = outputs[name]
    return {**inputs, DEFAULTS: old_inputs.get(DEFAULTS, [])}


def _derived(table: Table, tags: Any, region: str | Unknown) -> dict[str, Any]:
    derived: dict[str, Any] = {}
    if "tagsAll" in table:
        derived["tagsAll"] = tags or {}
    if "region" in table:
        derived["region"] = region
    return derived
