"""What EventBridge would take and the sandbox would never do is refused."""

import pytest

from sandbox.api.request import Request
from sandbox.call import Call
from sandbox.events.guard import guard
from sandbox.refusal import RefusedError

TOPIC = "arn:aws:sns:eu-west-1:111111111111:failures"


def entered(action, **members):
    call = Call("events", action, "key", "eu-west-1", "json", members)
    with guard(call, "111111111111", Request("POST", "/", "", {}, b"")):
        return True


def target(**more):
    return {"Id": "1", "Arn": TOPIC, **more}


def test_a_rule_and_its_topics_are_taken():
    assert entered("PutRule", Name="r", EventPattern="{}")
    transformer = {"InputTemplate": '"<p>"', "InputPathsMap": {"p": "$.detail.pipeline"}}
    assert entered("PutTargets", Rule="r", Targets=[target(), target(Id="2", InputTransformer=transformer)])


@pytest.mark.parametrize(
    ("action", "members", "why"),
    [
        ("PutRule", {"Name": "r", "EventBusName": "others"}, "the bus default alone, not others"),
        ("PutRule", {"Name": "r", "ScheduleExpression": "rate(1 day)"}, "no rule out by a schedule"),
        (
            "PutTargets",
            {"Targets": [target(Arn="arn:aws:lambda:eu-west-1:1:function:f")]},
            "SNS topics alone",
        ),
        ("PutTargets", {"Targets": [target(), target(RetryPolicy={})]}, "does not act on RetryPolicy"),
        ("PutTargets", {"Targets": [target(InputPath="detail")]}, "reads paths such as"),
    ],
)
def test_what_would_never_happen_is_refused_by_name(action, members, why):
    with pytest.raises(RefusedError, match=why):
        entered(action, **members)
