"""A job step's Arguments held to AWS' model of the call that they become, each intrinsic as a value of its place.

An intrinsic's value is not known, its type is: a parameter's by its declaration, a job's property by AWS' model of what
Describe answers. A text where a number must be is found before anything runs.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from modeldelivery.awsmodels.check import violations
from modeldelivery.awsmodels.models import input_of, operation
from sandbox.api.acts import Acts, not_acted_on
from sandbox.training.intrinsics import (
    Intrinsic,
    Join,
    JsonGet,
    Parameter,
    Property,
    Variable,
    intrinsic,
    shown,
)
from sandbox.training.requests import ACTS

_SERVICE = "sagemaker"
# What SageMaker names itself, once for each attempt.
NAMES = {"Processing": "ProcessingJobName", "Training": "TrainingJobName"}
_TYPES = {
    "String": {"string"},
    "Integer": {"integer", "long", "float", "double"},
    "Float": {"float", "double"},
    "Boolean": {"boolean"},
}
_KINDS = {
    "string": "String",
    "integer": "Integer",
    "long": "Integer",
    "float": "Float",
    "double": "Float",
    "boolean": "Boolean",
}
# One of these is right wherever a job takes a text.
_TEXTS = (
    *("a", "1", "1.1", "s3://bucket/key", "arn:aws:iam::000000000000:role/name", "sg-00000000"),
    *("arn:aws:sagemaker:eu-west-1:000000000000:thing/a", "/opt/ml/processing", "a" * 32),
)


class NoSampleError(ValueError):
    """A place that no value here fits: an intrinsic cannot stand there."""


def mistakes(
    kind: str, arguments: Mapping[str, Any], parameters: Mapping[str, str], steps: Mapping[str, str]
) -> Iterator[str]:
    """What is wrong with the arguments of a step, a sentence each.

    Args:
        kind: Processing or Training.
        arguments: as they stand in the definition.
        parameters: the kind of each of the pipeline's parameters, by name.
        steps: the type of each step, by name.
    """
    if NAMES[kind] in arguments:
        yield f"Arguments.{NAMES[kind]}: SageMaker names the job of a step; leave it out"
        return
    shape = input_of_create(kind)
    try:
        filled = _filled(shape, {**arguments, NAMES[kind]: "a"}, (), parameters, steps)
    except NoSampleError as error:
        yield str(error)
        return
    yield from refusals(kind, filled)


def refusals(kind: str, request: Mapping[str, Any]) -> Iterator[str]:
    """What AWS would refuse in the call that makes a job, or else what the sandbox does not act on."""
    shape = input_of_create(kind)
    wrong = [one.text for one in violations(shape, request)]
    yield from wrong
    if not wrong:
        acts: Acts = ACTS[kind]
        yield from not_acted_on(_SERVICE, shape, request, acts)


def input_of_create(kind: str) -> StructureShape:
    """AWS' model of what CreateProcessingJob or CreateTrainingJob takes."""
    model = operation(_SERVICE, f"Create{kind}Job")
    assert model is not None
    return input_of(model)


def property_shape(kind: str, path: tuple[str | int, ...]) -> Shape | None:
    """AWS' model of a member of what Describe answers for a job; None where there is none."""
    model = operation(_SERVICE, f"Describe{kind}Job")
    assert model is not None
    shape: Shape | None = model.output_shape
    for part in path:
        if isinstance(shape, StructureShape):
            shape = shape.members.get(str(part))
        elif isinstance(shape, ListShape):
            shape = shape.member
        elif isinstance(shape, MapShape):
            shape = shape.value
        else:
            return None
    return shape


def sample(shape: Shape) -> Any:
    """A value that fits a place; raises NoSampleError."""
    numbers = [shape.metadata.get("min", 1), 1]
    texts = [*shape.metadata.get("enum", [])[:1], *_TEXTS]
    of_type: dict[str, list[Any]] = {"string": texts, "boolean": [True]}
    candidates = of_type.get(shape.type_name, numbers if shape.type_name in _KINDS else [])
    for candidate in candidates:
        if not list(violations(shape, candidate)):
            return candidate
    raise NoSampleError(f"no intrinsic can stand for a {shape.name}")


_sample = cache(sample)


def _filled(
    shape: Shape | None,
    value: Any,
    at: tuple[str | int, ...],
    parameters: Mapping[str, str],
    steps: Mapping[str, str],
) -> Any:
    """The value with each intrinsic replaced by a value of its place."""
    one = intrinsic(value)
    if one is not None:
        return value if shape is None else _stand_in(shape, one, at, parameters, steps)
    if isinstance(value, dict):
        members: Mapping[str, Shape] = shape.members if isinstance(shape, StructureShape) else {}
        each = shape.value if isinstance(shape, MapShape) else None
        return {
            name: _filled(each or members.get(name), inner, (*at, name), parameters, steps)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        member = shape.member if isinstance(shape, ListShape) else None
        return [_filled(member, inner, (*at, index), parameters, steps) for index, inner in enumerate(value)]
    return value


def _stand_in(
    shape: Shape,
    one: Intrinsic,
    at: tuple[str | int, ...],
    parameters: Mapping[str, str],
    steps: Mapping[str, str],
) -> Any:
    if shape.type_name not in _KINDS:
        raise NoSampleError(f"Arguments.{shown(at)} is a {shape.type_name}: no intrinsic is one")
    kind = _kind(one, parameters, steps)
    if kind is not None and shape.type_name not in _TYPES[kind]:
        raise NoSampleError(
            f"Arguments.{shown(at)} takes a {shape.type_name}, and what stands there is a {kind}"
        )
    return _sample(shape)


def _kind(one: Intrinsic, parameters: Mapping[str, str], steps: Mapping[str, str]) -> str | None:
    """The type of an intrinsic's value; None where only the run tells."""
    match one:
        case Parameter(name):
            return parameters[name]
        case Variable() | Join():
            return "String"
        case JsonGet():
            return None
        case Property(step, path):
            if steps[step] not in NAMES:
                raise NoSampleError(f"step {step} is a {steps[step]} step, which has no properties")
            shape = property_shape(steps[step], path)
            if shape is None or shape.type_name not in _KINDS:
                text = json.dumps(f"Steps.{step}.{shown(path)}")
                raise NoSampleError(f"{text}: a {steps[step]} job has no value there")
            return _KINDS[shape.type_name]
