"""What the sandbox does not do of EventBridge, and moto (5.2.5) takes in silence: targets that are no topics, other buses, schedules."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.api.request import Request
from sandbox.call import Call
from sandbox.events.target import TargetError, check
from sandbox.refusal import RefusedError

_TOPIC = re.compile(r"arn:aws:sns:[a-z0-9-]+:\d{12}:[^:]+")
_MEMBERS = {"Id", "Arn", "Input", "InputPath", "InputTransformer"}
_CODE = "ValidationException"


@contextmanager
def guard(call: Call, _account: str, _request: Request) -> Iterator[None]:
    """Refuse what would be taken and never happen."""
    members = call.members
    if members.get("EventBusName", "default") != "default":
        raise RefusedError(f"the sandbox has the bus default alone, not {members['EventBusName']}", _CODE)
    if call.action == "PutRule" and "ScheduleExpression" in members:
        raise RefusedError("the sandbox carries no rule out by a schedule", _CODE)
    for target in members.get("Targets", ()) if call.action == "PutTargets" else ():
        if not _TOPIC.fullmatch(target["Arn"]):
            raise RefusedError(f"the sandbox sends events to SNS topics alone, not to {target['Arn']}", _CODE)
        for name in target.keys() - _MEMBERS:
            raise RefusedError(f"the sandbox does not act on {name} of a target", _CODE)
        try:
            check(target)
        except TargetError as error:
            raise RefusedError(str(error), _CODE) from None
    yield
