"""The engine's part, played on one provider."""

from modeldelivery.plugin.protocol import Resource
from sandbox.pulumi_aws.provider import Aws


class Quiet:
    def debug(self, message, urn=""): ...
    def info(self, message, urn=""): ...
    def warning(self, message, urn=""): ...
    def status(self, message, urn=""): ...


class Stack:
    """What the engine does with one resource: check, create, diff, update, read, delete, and its state."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.state: dict[str, tuple[str, str, dict, dict]] = {}

    def resource(self, type_, name="thing"):
        return Resource(urn=f"urn:pulumi:dev::test::{type_}::{name}", type=type_, name=name)

    def checked(self, type_, inputs, olds=None, name="thing"):
        checked = self.aws.check(self.resource(type_, name), olds or {}, inputs, b"seed")
        assert checked.failures == []
        return dict(checked.inputs)

    def failures(self, type_, inputs, name="thing"):
        checked = self.aws.check(self.resource(type_, name), {}, inputs, b"seed")
        return {failure.property: failure.reason for failure in checked.failures}

    def create(self, type_, inputs, name="thing"):
        checked = self.checked(type_, inputs, name=name)
        made = self.aws.create(self.resource(type_, name), checked, timeout=0, preview=False)
        self.state[name] = (type_, made.id, checked, dict(made.outputs))
        return made

    def diff(self, inputs, name="thing", ignore=()):
        type_, id_, olds, outputs = self.state[name]
        news = self.checked(type_, inputs, olds, name)
        return self.aws.diff(
            self.resource(type_, name),
            id_,
            old_inputs=olds,
            old_outputs=outputs,
            news=news,
            ignore_changes=ignore,
        )

    def update(self, inputs, name="thing", preview=False):
        type_, id_, olds, outputs = self.state[name]
        news = self.checked(type_, inputs, olds, name)
        answer = dict(
            self.aws.update(
                self.resource(type_, name),
                id_,
                old_inputs=olds,
                old_outputs=outputs,
                news=news,
                timeout=0,
                preview=preview,
            )
        )
        if not preview:
            self.state[name] = (type_, id_, news, answer)
        return answer

    def read(self, name="thing"):
        type_, id_, olds, outputs = self.state[name]
        return self.aws.read(self.resource(type_, name), id_, olds, outputs)

    def imported(self, type_, id_, name="imported"):
        return self.aws.read(self.resource(type_, name), id_, {}, {})

    def delete(self, name="thing"):
        type_, id_, olds, outputs = self.state[name]
        self.aws.delete(self.resource(type_, name), id_, olds, outputs, timeout=0)


def configured(**config):
    provider = Aws(Quiet())
    provider.configure({"region": "eu-west-1", **config})
    return provider
