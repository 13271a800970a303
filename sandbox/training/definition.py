"""A pipeline definition, read strictly: what the sandbox would not act on is refused by name, where it stands.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/define-pipeline.html, and what the SDK renders.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sandbox.training import conditions
from sandbox.training.arguments import mistakes
from sandbox.training.document import DefinitionError, entries, fields
from sandbox.training.graph import Graph, Node, circle
from sandbox.training.intrinsics import (
    IntrinsicError,
    Join,
    JsonGet,
    Parameter,
    Property,
    Variable,
    intrinsics,
)
from sandbox.training.parameters import Given, declared
from sandbox.training.steps import Step, steps_in

VERSION = "2020-12-01"


@dataclass(frozen=True)
class Definition:
    """A pipeline: parameters and steps by name, those of branches as well, and the order that they run in."""

    parameters: Mapping[str, Given]
    steps: Mapping[str, Step]
    graph: Graph


def read(text: str) -> Definition:
    """Read a definition; raises DefinitionError."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise DefinitionError(f"the definition is not JSON: {error}") from None
    top = fields(
        document,
        "the definition",
        ("Version", "Metadata", "Parameters", "PipelineExperimentConfig", "Steps"),
        ("Version", "Steps"),
    )
    if top["Version"] != VERSION:
        raise DefinitionError(f"Version = {json.dumps(top['Version'])}: it is {VERSION!r}")
    parameters = dict(declared(one) for one in entries(top.get("Parameters", []), "Parameters"))
    steps: dict[str, Step] = {}
    graph: dict[str, Node] = {}
    for name, step, node in steps_in(top["Steps"], "Steps", None):
        if name in steps:
            raise DefinitionError(f"two steps are called {name}")
        steps[name], graph[name] = step, node
    definition = Definition(parameters, steps, graph)
    _check(definition)
    return definition


def _check(definition: Definition) -> None:
    """Everything that takes more than one step to see, and the steps' arguments."""
    for name, node in definition.graph.items():
        for needed in sorted(node.needs):
            if needed not in definition.steps:
                raise DefinitionError(
                    f"step {name} needs a step {needed}, which the definition does not have"
                )
            if definition.steps[needed].type in {"Condition", "Fail"}:
                kind = definition.steps[needed].type
                raise DefinitionError(
                    f"step {name} cannot depend on {needed}, which is a {kind} step: put it into a branch"
                )
    if around := circle(definition.graph):
        raise DefinitionError(f"steps wait for each other: {' → '.join(around)}")
    for name, step in definition.steps.items():
        for text in _mistakes(definition, step):
            raise DefinitionError(f"step {name}: {text}")


def _mistakes(definition: Definition, step: Step) -> Iterator[str]:
    try:
        for one in intrinsics(step.arguments):
            yield from _unresolved(definition, one)
        if step.type == "Condition":
            yield from conditions.mistakes(step.arguments)
        elif step.type == "Fail":
            fields(step.arguments, "Arguments", ("ErrorMessage",), ("ErrorMessage",))
        else:
            kinds = {name: one.kind for name, one in definition.parameters.items()}
            types = {name: one.type for name, one in definition.steps.items()}
            yield from mistakes(step.type, step.arguments, kinds, types)
            yield from _files(step)
    except IntrinsicError as error:
        yield str(error)


def _unresolved(
    definition: Definition, one: Parameter | Variable | Property | Join | JsonGet
) -> Iterator[str]:
    if isinstance(one, Parameter) and one.name not in definition.parameters:
        yield f"the definition has no parameter {one.name}: it has {', '.join(definition.parameters) or 'none'}"
    if isinstance(one, JsonGet) and one.file not in definition.steps[one.step].files:
        files = ", ".join(definition.steps[one.step].files) or "none"
        yield f"step {one.step} has no property file {one.file}: it has {files}"


def _files(step: Step) -> Iterator[str]:
    outputs = {
        one.get("OutputName") for one in step.arguments.get("ProcessingOutputConfig", {}).get("Outputs", [])
    }
    for name, file in step.files.items():
        if file.output not in outputs:
            yield f"property file {name} is in output {file.output}, which the step does not have"
