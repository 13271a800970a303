"""What a policy's conditions may ask of a resource that the sandbox holds itself."""

import threading

import pytest

from sandbox.iam.core.access import Caller, Need, Owned, Principal
from sandbox.iam.core.document import read
from sandbox.iam.core.judge import judge
from sandbox.iam.estate import Estate

CONNECTION = "arn:aws:codeconnections:eu-west-1:111111111111:connection/{}"
TAGS = {CONNECTION.format("ours"): {"model": "flights"}, CONNECTION.format("theirs"): {"model": "iris"}}
OF_FLIGHTS = """{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "codeconnections:DeleteConnection",
    "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/model": "flights"}}}}"""


@pytest.mark.parametrize(("name", "allowed"), [("ours", True), ("theirs", False), ("gone", False)])
def test_a_policy_tells_a_connection_by_its_tags(name, allowed):
    arn = CONNECTION.format(name)
    estate = Estate(threading.RLock(), {"codeconnections": lambda arn: TAGS.get(arn, {})})
    caller = Caller(
        Principal("arn:aws:sts::111111111111:assumed-role/r/s", "111111111111"), (read(OF_FLIGHTS, "p"),)
    )
    need = Need("codeconnections:DeleteConnection", arn, estate.context(arn))
    assert judge(caller, need, Owned("111111111111")).allowed is allowed
