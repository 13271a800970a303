"""The rules as a Pulumi policy pack: the only file that knows pulumi-policy.

The engine shows a resource twice: its inputs before anything is done to it, and at the end all resources together, with
their *outputs*. Those of a resource that does not change are the state's, which are older than the inputs where a diff finds
no difference (a rollback that stands). So inputs are kept as they come, and rules over the whole stack see inputs too.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from traceback import extract_tb
from typing import Any

import pulumi
from pulumi.runtime import get_config_env
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import proxy as pulumi_proxy
from pulumi_policy.deserialize import serialize_properties

from modeldelivery.policy.finding import Level, ResourceRule, Rule, StackRule
from modeldelivery.policy.judgement import Judge
from modeldelivery.policy.recorded import Register
from modeldelivery.policy.rules import JUDGED
from modeldelivery.policy.stack import UNKNOWN, Environment, Resource, Stack, environment_of

NAME = "model-delivery"

_LEVELS = {Level.MANDATORY: EnforcementLevel.MANDATORY, Level.ADVISORY: EnforcementLevel.ADVISORY}
_UNKNOWN = {value for name, value in vars(pulumi_proxy).items() if name.startswith("UNKNOWN_")}


def serve(register: Register, today: date) -> None:
    """Answer the engine until it ends this process."""
    PolicyPack(NAME, policies=_Pack(Judge(register=register, today=today)).policies())


class RuleError(Exception):
    """A rule that has a fault of its own; nothing is judged then."""


class _Pack:
    """The policies, and the inputs that they have seen."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._seen: dict[str, Resource] = {}

    def policies(self) -> list[Policy]:
        rules = (*JUDGED, *self._judge.about_exceptions)
        return [
            self._on_resource(rule) if isinstance(rule, ResourceRule) else self._on_stack(rule)
            for rule in rules
        ]

    def _on_resource(self, rule: ResourceRule) -> Policy:
        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            resource = Resource(
                type=args.resource_type,
                name=args.name,
                urn=args.urn,
                props=_plain(serialize_properties(args.props)),
                protect=args.opts.protect,
            )
            self._seen[resource.urn] = resource
            environment = _environment()
            with _named(rule, resource.name):
                for finding in self._judge.open(rule, rule.judge(resource, environment), environment):
                    report(finding.message, None)

        return ResourceValidationPolicy(
            rule.name, rule.reason, validate, _LEVELS[rule.level], remediation_steps=rule.fix
        )

    def _on_stack(self, rule: StackRule) -> Policy:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            stack = self._stack(args)
            with _named(rule, "the stack"):
                for finding in self._judge.open(rule, rule.judge(stack), stack.environment):
                    report(finding.message, finding.resource.urn if finding.resource else None)

        return StackValidationPolicy(
            rule.name, rule.reason, validate, _LEVELS[rule.level], remediation_steps=rule.fix
        )

    def _stack(self, args: StackValidationArgs) -> Stack:
        """Inputs where this run has seen them; what a targeted run leaves alone shows its outputs."""
        resources = []
        for each in args.resources:
            earlier = self._seen.get(each.urn)
            resources.append(
                Resource(
                    type=each.resource_type,
                    name=each.name,
                    urn=each.urn,
                    props=earlier.props if earlier else _plain(serialize_properties(each.props)),
                    protect=each.opts.protect,
                    links={
                        key: frozenset(other.urn for other in others)
                        for key, others in each.property_dependencies.items()
                    },
                )
            )
        return Stack(resources=tuple(resources), environment=_environment())


@contextmanager
def _named(rule: Rule, subject: str) -> Iterator[None]:
    """The engine passes on an exception's text alone: it says which rule broke, on what, and where."""
    try:
        yield
    except Exception as error:
        frame = extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}, line {frame.lineno}"
        raise RuleError(
            f"{rule.name} could not judge {subject}: {type(error).__name__}: {error} ({place})"
        ) from error


def _environment() -> Environment:
    return environment_of(pulumi.get_stack(), get_config_env())


def _plain(value: Any) -> Any:
    """With UNKNOWN for pulumi-policy's texts that stand for what is not known."""
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWN else value
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
