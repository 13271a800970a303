"""A pipeline's definition as one stack has it: the sentinels of `pipelines/definition.json` replaced by its values."""

import json
from collections.abc import Mapping
from typing import Any, TypedDict

from pipelines import sentinels

_VPC = {"SecurityGroupIds": list(sentinels.SECURITY_GROUPS), "Subnets": list(sentinels.SUBNETS)}
_TAGS = [{"Key": sentinels.TAG[0], "Value": sentinels.TAG[1]}]


class DefinitionError(ValueError):
    """A definition that these values do not fit: a sentinel that occurs nowhere, or inside another text."""


class Network(TypedDict):
    """Where jobs run; none is SageMaker's own network."""

    subnets: list[str]
    security_groups: list[str]


class Values(TypedDict):
    """What a definition's sentinels stand for.

    Attributes:
        model: the model's name.
        environment: the environment's name.
        region: the AWS region.
        training_role: ARN of the role of the jobs that make and judge a model.
        registrar_role: ARN of the role of the job that registers one.
        key_arn: ARN of the KMS key of volumes and outputs.
        runs: URI of the prefix that executions write under, without a slash at its end.
        instance: type of the jobs' instances.
        network: where they run.
        tags: of each job.
    """

    model: str
    environment: str
    region: str
    training_role: str
    registrar_role: str
    key_arn: str
    runs: str
    instance: str
    network: Network | None
    tags: Mapping[str, str]


def filled(definition: str, values: Values) -> str:
    """The definition with the stack's values, as compact JSON.

    Raises:
        DefinitionError: see there.
    """
    filling = _Filling(values)
    document = filling.of(json.loads(definition))
    if missing := sorted(filling.names - filling.used):
        raise DefinitionError(f"the definition has no {missing[0]}: write it again with `make definition`")
    return json.dumps(document, separators=(",", ":"))


class _Filling:
    """One walk through a definition.

    Attributes:
        names: every sentinel.
        used: those that were met.
    """

    def __init__(self, values: Values) -> None:
        self._texts = {
            sentinels.MODEL: values["model"],
            sentinels.ENVIRONMENT: values["environment"],
            sentinels.REGION: values["region"],
            sentinels.TRAINING_ROLE: values["training_role"],
            sentinels.REGISTRAR_ROLE: values["registrar_role"],
            sentinels.KEY: values["key_arn"],
            sentinels.RUNS: values["runs"],
            sentinels.INSTANCE: values["instance"],
        }
        network = values["network"]
        self._vpc = network and {
            "SecurityGroupIds": network["security_groups"],
            "Subnets": network["subnets"],
        }
        self._tags = [{"Key": key, "Value": value} for key, value in sorted(values["tags"].items())]
        self.names = {*self._texts, *sentinels.SUBNETS, *sentinels.SECURITY_GROUPS, *sentinels.TAG}
        self.used: set[str] = set()

    def of(self, value: Any) -> Any:
        """A value with everything in it replaced."""
        if isinstance(value, str):
            return self._text(value)
        if value == _TAGS:
            self.used |= set(sentinels.TAG)
            return self._tags
        if isinstance(value, list):
            return [self.of(each) for each in value]
        if not isinstance(value, dict):
            return value
        members = value
        if value.get("VpcConfig") == _VPC:
            self.used |= {*sentinels.SUBNETS, *sentinels.SECURITY_GROUPS}
            members = {name: each for name, each in value.items() if name != "VpcConfig"}
        vpc = {"VpcConfig": self._vpc} if self._vpc and members is not value else {}
        return {self._text(name): self.of(each) for name, each in members.items()} | vpc

    def _text(self, text: str) -> str:
        if text in self._texts:
            self.used.add(text)
            return self._texts[text]
        part = next((name for name in sorted(self.names) if name in text), None)
        if part is not None:
            raise DefinitionError(
                f"the definition has {part} in {text!r}, where nothing replaces it: it is to be a value of its own"
            )
        return text
