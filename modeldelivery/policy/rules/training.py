"""A job that trains has its inputs and nothing else: no network, or the environment's own; volumes and outputs under a key."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from modeldelivery.catalogue.tokens import PIPELINE
from modeldelivery.policy.finding import Finding, Found, Level, NotKnown, ResourceRule
from modeldelivery.policy.stack import UNKNOWN, Environment, Network, Resource

_TEXT = "pipelineDefinition"
_ELSEWHERE = "pipelineDefinitionS3Location"
_NO_JOB = {"Condition", "Fail"}
_FIX = "pipelines/definition.py says how a step runs; write it there, then `make definition`"


def _judge(resource: Resource, environment: Environment) -> Found:
    if resource.type != PIPELINE:
        return
    text = resource.props.get(_TEXT)
    if text is UNKNOWN:
        yield NotKnown(resource=resource, what=_TEXT)
        return
    steps = _read(text)
    if steps is None:
        given = _ELSEWHERE if resource.props.get(_ELSEWHERE) else _TEXT
        yield _finding(
            resource,
            given,
            f"has a {given} that cannot be read here, so nobody can tell what its jobs may.",
            f"give the definition itself as `{_TEXT}`",
        )
        return
    for step in _walk(steps):
        name, kind = step.get("Name"), step.get("Type")
        arguments = step.get("Arguments")
        if kind in _NO_JOB:
            continue
        if kind not in _PLACES or not isinstance(arguments, Mapping):
            yield _finding(
                resource,
                f"{name}: {kind} step",
                f"has a step {name} of the type {kind}, of which this rule does not know what it may.",
                f"use {' and '.join(sorted(_PLACES))} steps, or teach the rule",
            )
            continue
        yield from _job(resource, str(name), _PLACES[kind], arguments, environment.network)


# Where a job's arguments have what: isolation, key of volumes, key of outputs, network.
_PLACES = {
    "Processing": (
        ("NetworkConfig", "EnableNetworkIsolation"),
        ("ProcessingResources", "ClusterConfig", "VolumeKmsKeyId"),
        ("ProcessingOutputConfig", "KmsKeyId"),
        ("NetworkConfig", "VpcConfig"),
    ),
    "Training": (
        ("EnableNetworkIsolation",),
        ("ResourceConfig", "VolumeKmsKeyId"),
        ("OutputDataConfig", "KmsKeyId"),
        ("VpcConfig",),
    ),
}


def _job(
    resource: Resource,
    name: str,
    places: tuple[tuple[str, ...], ...],
    arguments: Mapping[str, Any],
    network: Network | None,
) -> Iterator[Finding]:
    isolation, volumes, outputs, vpc = places
    if at(arguments, isolation) is not True:
        yield _finding(
            resource,
            f"{name}: network",
            f"runs {name} with a network, and with its role's credentials in reach.",
            f"{'.'.join(isolation)} true; {_FIX}",
        )
    for place, what in ((volumes, "volumes"), (outputs, "outputs")):
        key = at(arguments, place)
        if (what != "outputs" or _leaves_something(arguments)) and (not isinstance(key, str) or not key):
            yield _finding(
                resource,
                f"{name}: {what}",
                f"runs {name} with {what} that are not encrypted under the environment's key.",
                f"{'.'.join(place)}; {_FIX}",
            )
    if network and network_of(at(arguments, vpc)) != network:
        yield _finding(
            resource,
            f"{name}: VpcConfig",
            f"runs {name} elsewhere than in the subnets and security groups of model-delivery:training.",
            f"{'.'.join(vpc)} as config has it; {_FIX}",
        )


def _leaves_something(arguments: Mapping[str, Any]) -> bool:
    """A processing job need not; a training job leaves its model."""
    outputs = at(arguments, ("ProcessingOutputConfig", "Outputs"))
    return "ProcessingResources" not in arguments or bool(outputs)


def _read(text: object) -> list[Any] | None:
    """The steps; None of what is no definition."""
    try:
        document = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    steps = document.get("Steps") if isinstance(document, Mapping) else None
    return steps if isinstance(steps, list) else None


def _walk(steps: Any) -> Iterator[Mapping[str, Any]]:
    """Every step, those of both branches of a condition among them."""
    for step in steps if isinstance(steps, list) else [steps]:
        if not isinstance(step, Mapping):
            yield {"Name": step, "Type": None}
            continue
        yield step
        if step.get("Type") == "Condition":
            for branch in ("IfSteps", "ElseSteps"):
                yield from _walk(at(step, ("Arguments", branch)) or [])


def at(arguments: Any, place: tuple[str, ...]) -> Any:
    """What stands there in a job's arguments; None where nothing does."""
    for name in place:
        arguments = arguments.get(name) if isinstance(arguments, Mapping) else None
    return arguments


def network_of(vpc: Any) -> Network | None:
    """Where a job runs, by its VpcConfig; None for SageMaker's own network, and for what is no such thing."""
    if not isinstance(vpc, Mapping):
        return None
    several = (vpc.get("Subnets"), vpc.get("SecurityGroupIds"))
    if not all(isinstance(each, list) and all(isinstance(name, str) for name in each) for each in several):
        return None
    return Network(subnets=frozenset(several[0] or ()), security_groups=frozenset(several[1] or ()))


def _finding(resource: Resource, what: str, does: str, fix: str) -> Finding:
    return Finding(resource=resource, what=what, text=f"{resource.name} {does}", fix=fix)


TRAINING_JOBS = ResourceRule(
    name="training-jobs",
    level=Level.MANDATORY,
    reason="A job that trains runs others' code on the customers' data: what it cannot reach it cannot take anywhere.",
    fix="each Processing and Training step without a network, volumes and outputs under the environment's key, and in the subnets that "
    "`model-delivery:training` names; a step that calls AWS needs a recorded exception",
    judge=_judge,
)
