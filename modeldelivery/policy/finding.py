"""What a rule is, and what it finds."""

from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from modeldelivery.policy.stack import Environment, Resource, Stack


class Level(StrEnum):
    """What a finding does: mandatory ones fail the preview and the update, advisory ones are shown."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that is broken.

    Attributes:
        resource: who breaks it; None is the stack as a whole.
        what: the one thing that is wrong, short and stable; an exception repeats it word for word.
        text: a sentence.
        fix: what to change or to type.
    """

    resource: Resource | None
    what: str
    text: str
    fix: str

    @property
    def message(self) -> str:
        """What the engine shows below the rule's reason; readers of its events find each line by its first word."""
        return f"{self.text}\nfix: {self.fix}\nwhat: {self.what}"


class NotKnown(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that cannot be judged in this preview; `what` names the property whose value is not known yet."""

    resource: Resource
    what: str


Found = Iterator[Finding | NotKnown]


class ResourceRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that one resource's inputs decide: an update is stopped before it makes the resource.

    Attributes:
        name: the engine's, the exceptions' and the documentation's name for it.
        level: what a finding does.
        reason: why there is such a rule, one sentence.
        fix: what to do about it, in general.
        judge: the rule itself.
    """

    name: str
    level: Level
    reason: str
    fix: str
    judge: Callable[[Resource, Environment], Found]

    def over(self, stack: Stack) -> Found:
        for resource in stack.resources:
            yield from self.judge(resource, stack.environment)


class StackRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that only the resources together decide; attributes as `ResourceRule`'s."""

    name: str
    level: Level
    reason: str
    fix: str
    judge: Callable[[Stack], Found]

    def over(self, stack: Stack) -> Found:
        return self.judge(stack)


Rule = ResourceRule | StackRule
