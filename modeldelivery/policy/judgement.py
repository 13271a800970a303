"""What remains of the findings once the recorded exceptions are taken off, and what is wrong with those themselves."""

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from modeldelivery.policy.finding import Finding, Found, Level, NotKnown, Rule, StackRule
from modeldelivery.policy.recorded import Recorded, Register
from modeldelivery.policy.rules import JUDGED
from modeldelivery.policy.stack import Environment, Stack


class Judge(msgspec.Struct, frozen=True, kw_only=True):
    """Judges with the exceptions of a register on a day."""

    register: Register
    today: date

    def open(self, rule: Rule, finding: Found, environment: Environment) -> Iterator[Finding]:
        """The findings that no exception covers."""
        for each in finding:
            if isinstance(each, Finding) and not any(
                recorded.covers(rule.name, each, environment) for recorded in self._valid(environment)
            ):
                yield each

    @property
    def about_exceptions(self) -> tuple[StackRule, ...]:
        """The rules that the exceptions and the judging itself are held to."""
        return (
            StackRule(
                name="exceptions",
                level=Level.MANDATORY,
                reason="An exception holds as long as somebody answers for it, and only as it was reviewed.",
                fix="renew `expires` in review, or mend what it excepts and delete the file",
                judge=self._broken,
            ),
            StackRule(
                name="unused-exceptions",
                level=Level.ADVISORY,
                reason="An exception from nothing would cover the next mistake.",
                fix="delete the file, or mend what it names",
                judge=self._unused,
            ),
            StackRule(
                name="not-known-yet",
                level=Level.ADVISORY,
                reason="What a preview does not know it cannot judge; `pulumi up` judges it before it makes the resource.",
                fix="nothing; read the update's own findings",
                judge=self._not_known,
            ),
        )

    def _valid(self, environment: Environment) -> Iterable[Recorded]:
        return (
            each
            for each in self.register.recorded
            if environment.name in each.environments and each.expires >= self.today
        )

    def _broken(self, stack: Stack) -> Iterator[Finding]:
        for sentence in self.register.refused:
            yield Finding(
                resource=None,
                what="unreadable",
                text=f"{sentence}.",
                fix="write it as docs/policies.md shows",
            )
        for each in self.register.recorded:
            if stack.environment.name in each.environments and each.expires < self.today:
                yield Finding(
                    resource=None,
                    what=f"expired {each.file}",
                    text=f"modeldelivery/policy/exceptions/{each.file}, from {each.rule}, expired on {each.expires}; {each.owner} answers "
                    "for it.",
                    fix="renew `expires` there in review, or mend what it excepts and delete it",
                )

    def _unused(self, stack: Stack) -> Iterator[Finding]:
        findings = [(rule.name, each) for rule in JUDGED for each in rule.over(stack)]
        for recorded in self._valid(stack.environment):
            if any(_used(recorded, rule, each, stack.environment) for rule, each in findings):
                continue
            file = f"modeldelivery/policy/exceptions/{recorded.file}"
            if any(recorded.is_on(resource, stack.environment) for resource in stack.resources):
                why = f"{recorded.name} does not break {recorded.rule} with `{recorded.what}`"
                fix = f"delete {file}"
            else:
                why = f"there is no {recorded.type} {recorded.name}"
                fix = f"nothing while the resource is still to come, else delete {file}"
            yield Finding(
                resource=None,
                what=f"unused {recorded.file}",
                text=f"{file} matches nothing: {why}.",
                fix=f"{fix}, or take {stack.environment.name} out of its environments",
            )

    @staticmethod
    def _not_known(stack: Stack) -> Iterator[Finding]:
        for rule in JUDGED:
            for each in rule.over(stack):
                if isinstance(each, NotKnown):
                    yield Finding(
                        resource=each.resource,
                        what=f"{rule.name}: {each.what}",
                        text=f"{each.what} of {each.resource.name} is not known yet, so {rule.name} was not judged.",
                        fix="nothing; the update judges it",
                    )


def levels() -> dict[str, Level]:
    """What a finding of each rule does, by the rule's name."""
    rules = (*JUDGED, *Judge(register=Register(), today=date.min).about_exceptions)
    return {rule.name: rule.level for rule in rules}


def _used(recorded: Recorded, rule: str, finding: Finding | NotKnown, environment: Environment) -> bool:
    """Whether an exception covers what was found, or may cover what is not known yet."""
    if isinstance(finding, NotKnown):
        return rule == recorded.rule and recorded.is_on(finding.resource, environment)
    return recorded.covers(rule, finding, environment)
