"""A job that a schedule starts reads what callers sent: its volume is under a key, it runs where config says, and there is something to read."""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from modeldelivery.catalogue.tokens import ENDPOINT, SCHEDULE
from modeldelivery.policy.finding import Finding, Found, Level, NotKnown, StackRule
from modeldelivery.policy.rules.training import at, network_of
from modeldelivery.policy.stack import UNKNOWN, Resource, Stack

_CALL = ":aws-sdk:sagemaker:createProcessingJob"
_FIX = "declare it with `components.data_drift.DataDrift`, or `components.proposals.Proposals`"


def _judge(stack: Stack) -> Found:
    for schedule in stack.of(SCHEDULE):
        target = schedule.props.get("target")
        target = target if isinstance(target, Mapping) else {}
        if not str(target.get("arn")).endswith(_CALL):
            continue
        text = target.get("input")
        if text is UNKNOWN:
            yield NotKnown(resource=schedule, what="target.input")
            continue
        members = _read(text)
        if members is None:
            yield Finding(
                resource=schedule,
                what="an input that cannot be read",
                text=f"{schedule.name} starts a job by an input that is no JSON object, so that nobody can tell what it may.",
                fix=_FIX,
            )
            continue
        yield from _job(schedule, members, stack)


def _job(schedule: Resource, members: Mapping[str, Any], stack: Stack) -> Found:
    key = at(members, ("ProcessingResources", "ClusterConfig", "VolumeKmsKeyId"))
    if not isinstance(key, str) or not key:
        yield Finding(
            resource=schedule,
            what="a volume without a key",
            text=f"{schedule.name} starts a job whose volume is not encrypted under the environment's key.",
            fix=f"ProcessingResources.ClusterConfig.VolumeKmsKeyId; {_FIX}",
        )
    image = at(members, ("AppSpecification", "ImageUri"))
    if "@sha256:" not in str(image):
        yield Finding(
            resource=schedule,
            what="an image that can be moved",
            text=f"{schedule.name} starts a job of the image {image}, which can be another one tomorrow.",
            fix=f"an image by digest, REPOSITORY@sha256:…; {_FIX}",
        )
    network = stack.environment.network
    if network and network_of(at(members, ("NetworkConfig", "VpcConfig"))) != network:
        yield Finding(
            resource=schedule,
            what="another network",
            text=f"{schedule.name} starts a job elsewhere than in the subnets and security groups of model-delivery:training.",
            fix=f"NetworkConfig.VpcConfig as config has it; {_FIX}",
        )
    arguments = at(members, ("AppSpecification", "ContainerArguments"))
    captured = _after("--captured", arguments if isinstance(arguments, list) else [])
    if captured is not None and not any(_captures(endpoint, captured) for endpoint in stack.of(ENDPOINT)):
        yield Finding(
            resource=schedule,
            what="nothing is captured",
            text=f"{schedule.name} judges what is captured into {captured}, and no endpoint of the stack captures anything there.",
            fix="`percent` and `days` in `model-delivery:capture`, or no `model-delivery:drift`",
        )


def _captures(endpoint: Resource, place: str) -> bool:
    """Whether an endpoint may capture into a place; what is not known yet may be."""
    destination = at(endpoint.props, ("capture", "destination"))
    if destination is UNKNOWN or endpoint.props.get("capture") is UNKNOWN:
        return True
    return isinstance(destination, str) and place.startswith(
        f"{destination.rstrip('/')}/{endpoint.props.get('endpointName')}/"
    )


def _after(option: str, arguments: list[Any]) -> str | None:
    """What stands after an option; None where the option does not."""
    return next((str(value) for name, value in pairwise(arguments) if name == option), None)


def _read(text: object) -> Mapping[str, Any] | None:
    try:
        document = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return document if isinstance(document, Mapping) else None


DRIFT_JOBS = StackRule(
    name="drift-jobs",
    level=Level.MANDATORY,
    reason="A job that a schedule starts runs when nobody looks, on what callers sent: where it runs and what it reads is reviewed here.",
    fix="`components.data_drift.DataDrift`, with `model-delivery:capture` and `model-delivery:drift`, or `components.proposals.Proposals`",
    judge=_judge,
)
