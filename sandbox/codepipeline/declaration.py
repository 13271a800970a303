"""A pipeline's declaration: what CodePipeline refuses in it, and what follows from it.

Source: https://docs.aws.amazon.com/codepipeline/latest/userguide/pipeline-requirements.html, action-reference.html
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.codepipeline import flow
from sandbox.codepipeline.requests import Action, Declaration, Patterns, Stage, Trigger
from sandbox.codepipeline.triggers import Filter, PatternError
from sandbox.codepipeline.triggers import Kind as RefKind
from sandbox.codepipeline.triggers import check as check_pattern
from sandbox.codepipeline.variables import VariableError, namespaces_of

_MOST_PATTERNS = 8
# Namespaces that every action may name.
_OWN = {"codepipeline", "variables"}


class DeclarationError(ValueError):
    """What a declaration may not hold; a sentence that names the place."""


@dataclass(frozen=True)
class Kind:
    """A kind of action.

    Attributes:
        categories: in which it stands.
        required: keys of its configuration.
        optional: further ones.
        inputs: how many artifacts it takes, from and to.
        outputs: how many it makes, from and to.
    """

    categories: tuple[str, ...]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    inputs: tuple[int, int] = (0, 0)
    outputs: tuple[int, int] = (0, 0)


KINDS = {
    "CodeStarSourceConnection": Kind(
        ("Source",),
        ("ConnectionArn", "FullRepositoryId", "BranchName"),
        ("OutputArtifactFormat", "DetectChanges"),
        outputs=(1, 1),
    ),
    "CodeBuild": Kind(
        ("Build", "Test"),
        ("ProjectName",),
        ("PrimarySource", "EnvironmentVariables"),
        inputs=(1, 5),
        outputs=(0, 5),
    ),
    "Manual": Kind(("Approval",), (), ("NotificationArn", "CustomData", "ExternalEntityLink")),
}
_CHOICES = {
    "OutputArtifactFormat": ("CODE_ZIP", "CODEBUILD_CLONE_REF"),
    "DetectChanges": ("true", "false"),
}


def check(declaration: Declaration) -> None:
    """Raise DeclarationError for what cannot run."""
    stages = declaration.stages
    if len(stages) < 2:  # noqa: PLR2004 - a source, and something that is done with it
        raise DeclarationError("Pipeline should have at least two stages")
    _once((stage.name for stage in stages), "stages are called")
    variables = {variable.name for variable in declaration.variables}
    for variable in declaration.variables:
        if variable.default_value is None:
            raise DeclarationError(
                f"the variable {variable.name} has no defaultValue: a pipeline that starts by itself needs one"
            )
    artifacts: dict[str, tuple[int, int]] = {}  # when each is there: number of the stage, run order
    spaces: dict[str, tuple[int, int]] = {}
    for number, stage in enumerate(stages):
        _once((action.name for action in stage.actions), f"actions of stage {stage.name} are called")
        for action in sorted(stage.actions, key=lambda one: one.run_order):
            _check_action(stage, action, is_first=number == 0)
            at = (number, action.run_order)
            _check_inputs(action, at, artifacts)
            _check_names(action, at, spaces, variables)
            for output in action.output_artifacts:
                if output.name in artifacts:
                    raise DeclarationError(f"two actions make the artifact {output.name}")
                artifacts[output.name] = at
            if action.namespace:
                if action.namespace in spaces or action.namespace in _OWN:
                    raise DeclarationError(f"the namespace {action.namespace} is taken")
                spaces[action.namespace] = at
    _check_triggers(declaration)


def plan(declaration: Declaration) -> flow.Plan:
    """What the flow knows of a pipeline."""
    return tuple(
        flow.Stage(
            stage.name,
            {action.name: action.run_order for action in stage.actions},
            _retry(stage),
        )
        for stage in declaration.stages
    )


def filters(declaration: Declaration, source: Action) -> list[Filter]:
    """Which pushes start the pipeline, for one of its sources.

    Without any trigger, pushes of the source's branch do, unless DetectChanges says no.
    """
    if not declaration.triggers:
        detects = source.configuration.get("DetectChanges", "true") == "true"
        return [Filter("branch", (source.configuration["BranchName"],))] if detects else []
    return [
        one
        for trigger in declaration.triggers
        if trigger.git_configuration.source_action_name == source.name
        for push in trigger.git_configuration.push
        for one in (_filter("tag", push.tags), _filter("branch", push.branches))
        if one
    ]


def environment_variables(action: Action) -> list[dict[str, str]]:
    """The variables that a build action sets, places in them not filled yet; raises DeclarationError."""
    text = action.configuration.get("EnvironmentVariables", "[]")
    try:
        listed: Any = json.loads(text)
    except ValueError as error:
        raise DeclarationError(f"action {action.name}: EnvironmentVariables is no JSON: {error}") from None
    for one in listed if isinstance(listed, list) else [listed]:
        keys = set(one) if isinstance(one, dict) else set()
        if (
            not {"name", "value"} <= keys <= {"name", "value", "type"}
            or one.get("type", "PLAINTEXT") != "PLAINTEXT"
        ):
            raise DeclarationError(
                f"action {action.name}: EnvironmentVariables holds {json.dumps(one)}; the sandbox sets a list of "
                '{"name": …, "value": …, "type": "PLAINTEXT"}'
            )
    return list(listed) if isinstance(listed, list) else []


def _filter(kind: RefKind, patterns: Patterns | None) -> Filter | None:
    return Filter(kind, tuple(patterns.includes), tuple(patterns.excludes)) if patterns else None


def _retry(stage: Stage) -> flow.RetryMode | None:
    if stage.on_failure is None or stage.on_failure.result != "RETRY":
        return None
    configuration = stage.on_failure.retry_configuration
    return configuration.retry_mode if configuration else "FAILED_ACTIONS"


def _check_action(stage: Stage, action: Action, *, is_first: bool) -> None:
    where = f"action {action.name} of stage {stage.name}"
    kind = KINDS[action.action_type_id.provider]
    category = action.action_type_id.category
    if category not in kind.categories:
        raise DeclarationError(f"{where}: {action.action_type_id.provider} is no {category}")
    if (category == "Source") != is_first:
        raise DeclarationError(f"{where}: the first stage holds the sources, and nothing but them")
    for key in kind.required:
        if key not in action.configuration:
            raise DeclarationError(f"{where}: its configuration has no {key}")
    for key, value in action.configuration.items():
        allowed = (*kind.required, *kind.optional)
        if key not in allowed:
            listed = ", ".join(allowed)
            raise DeclarationError(f"{where}: the sandbox does not act on {key}; it does on {listed}")
        if key in _CHOICES and value not in _CHOICES[key]:
            raise DeclarationError(f"{where}: {key} is {value}, which is none of {', '.join(_CHOICES[key])}")
    for count, (least, most), name in (
        (len(action.input_artifacts), kind.inputs, "input"),
        (len(action.output_artifacts), kind.outputs, "output"),
    ):
        if not least <= count <= most:
            raise DeclarationError(f"{where} has {count} {name} artifacts; {least} to {most} are allowed")
    inputs = [artifact.name for artifact in action.input_artifacts]
    primary = action.configuration.get("PrimarySource")
    if action.action_type_id.provider == "CodeBuild":
        environment_variables(action)
        if (primary is None and len(inputs) > 1) or (primary is not None and primary not in inputs):
            raise DeclarationError(f"{where}: PrimarySource names one of its inputs: {', '.join(inputs)}")


def _check_inputs(action: Action, at: tuple[int, int], artifacts: dict[str, tuple[int, int]]) -> None:
    for artifact in action.input_artifacts:
        if artifacts.get(artifact.name, at) >= at:
            raise DeclarationError(
                f"action {action.name}: no earlier action makes the artifact {artifact.name}"
            )


def _check_names(
    action: Action, at: tuple[int, int], spaces: dict[str, tuple[int, int]], variables: set[str]
) -> None:
    for key, text in action.configuration.items():
        try:
            named = list(namespaces_of(text))
        except VariableError as error:
            raise DeclarationError(f"action {action.name}: {key}: {error}") from None
        for name in named:
            if name not in _OWN and spaces.get(name, at) >= at:
                raise DeclarationError(
                    f"action {action.name}: {key}: no earlier action has the namespace {name}"
                )
            if name == "variables" and not variables:
                raise DeclarationError(f"action {action.name}: {key}: the pipeline has no variables")


def _check_triggers(declaration: Declaration) -> None:
    sources = {action.name for action in declaration.stages[0].actions}
    _once(
        (trigger.git_configuration.source_action_name for trigger in declaration.triggers), "triggers are of"
    )
    for trigger in declaration.triggers:
        _check_trigger(trigger, sources)


def _check_trigger(trigger: Trigger, sources: set[str]) -> None:
    git = trigger.git_configuration
    where = f"the trigger of {git.source_action_name}"
    if git.source_action_name not in sources:
        raise DeclarationError(f"{where}: there is no such source action")
    if not git.push:
        raise DeclarationError(f"{where} has no push filter, which the sandbox acts on")
    for push in git.push:
        if (push.tags is None) == (push.branches is None):
            raise DeclarationError(f"{where}: a push filter is of tags or of branches")
        patterns = push.tags or push.branches
        assert patterns is not None
        for listed in (patterns.includes, patterns.excludes):
            if len(listed) > _MOST_PATTERNS:
                raise DeclarationError(f"{where} has {len(listed)} patterns; {_MOST_PATTERNS} are allowed")
            for pattern in listed:
                try:
                    check_pattern(pattern)
                except PatternError as error:
                    raise DeclarationError(f"{where}: {error}") from None


def _once(names: Iterator[str], what: str) -> None:
    listed = list(names)
    for name in listed:
        if listed.count(name) > 1:
            raise DeclarationError(f"two {what} {name}")
