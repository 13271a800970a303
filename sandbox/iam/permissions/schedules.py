"""EventBridge Scheduler: schedules, each of a group, and the roles in which they start something.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
"""

from collections.abc import Iterator, Mapping

from sandbox.iam.core.access import Context, Need
from sandbox.iam.operation import Operation
from sandbox.iam.permissions.rule import Estate, Rule, Rules

_ARN = "arn:aws:scheduler:{region}:{account}:schedule/{group}/{name}"
_PASSED = Context({"iam:passedtoservice": "scheduler.amazonaws.com"})
_PUT = ("CreateSchedule", "UpdateSchedule")


def _of(call: str) -> Rule:
    def rule(operation: Operation, _: Estate) -> Iterator[Need]:
        group = operation.text("GroupName") or "default"
        arn = _ARN.format(
            region=operation.region, account=operation.account, group=group, name=operation.text("Name")
        )
        yield Need(f"scheduler:{call}", arn)
        target = operation.members.get("Target")
        role = target.get("RoleArn") if isinstance(target, Mapping) else None
        if call in _PUT and role:
            yield Need("iam:PassRole", str(role), _PASSED)

    return rule


def _list(_: Operation, __: Estate) -> Iterator[Need]:
    yield Need("scheduler:ListSchedules", "*")


RULES: Rules = {
    **{call: _of(call) for call in (*_PUT, "GetSchedule", "DeleteSchedule")},
    "ListSchedules": _list,
}
