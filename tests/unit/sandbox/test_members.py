"""Each member of a call wrong in turn, as AWS's model forbids it: refused by name, before anyone could act on it."""

import dataclasses
import types
from contextlib import nullcontext

import pytest

from modeldelivery.awsmodels.models import input_of, operation
from sandbox.api.request import Request
from sandbox.call import Call
from sandbox.codebuild.projects import Projects
from sandbox.codepipeline.pipelines import Pipelines
from sandbox.connections import Connections
from sandbox.downloads import Downloads
from sandbox.members import members_of
from sandbox.refusal import RefusedError
from sandbox.sagemaker.actions import SageMaker
from sandbox.scheduler.schedules import Schedules
from sandbox.services import services
from tests.unit.sandbox.api.encode import encode
from tests.unit.sandbox.api.wrong import wrongs
from tests.unit.sandbox.calls_in_use import CALLS, RIGHT

# Nobody is to be asked: what is wrong never comes so far.
NOBODY = types.SimpleNamespace(play=None)
NEEDED = [one for one in dataclasses.fields(SageMaker) if one.default_factory is dataclasses.MISSING]
OWN = {
    "codebuild": Projects(types.SimpleNamespace(lock=nullcontext()), NOBODY).service,
    "codeconnections": Connections().service,
    "codepipeline": Pipelines(types.SimpleNamespace(lock=nullcontext()), NOBODY, NOBODY).service,
    "scheduler": Schedules(NOBODY, NOBODY).service,
}
SERVICES = {
    service.model: service
    for service in services(
        NOBODY, SageMaker(*[NOBODY] * len(NEEDED)), Downloads(NOBODY, NOBODY), OWN
    ).values()
}
PROTOCOLS = {"s3": "rest-xml", "scheduler": "rest-json", "iam": "query", "sns": "query", "sts": "query"}


def taken(service, action, request):
    """The members, or the refusal."""
    protocol = PROTOCOLS.get(service, "json")
    try:
        return members_of(SERVICES[service], Call(service, action, "key", "eu-west-1", protocol), request)
    except RefusedError as refused:
        return refused


def wrongly_taken(service, action, right):
    """What is wrong with a request and not refused by its name; and how many things were tried."""
    call, protocol = operation(service, action), PROTOCOLS.get(service, "json")
    tried = list(wrongs(input_of(call), protocol))
    answers = [(wrong, taken(service, action, wrong.request(call, protocol, right))) for wrong in tried]
    return [
        f"{wrong}: {answer}"
        for wrong, answer in answers
        if not isinstance(answer, RefusedError) or wrong.name.lower() not in answer.message.lower()
    ]


@pytest.mark.parametrize(("service", "action"), RIGHT, ids=lambda one: one)
def test_a_right_request_is_taken(service, action):
    right = RIGHT[service, action]
    call, protocol = operation(service, action), PROTOCOLS.get(service, "json")
    assert not isinstance(taken(service, action, encode(call, protocol, right)), RefusedError)


def test_a_target_of_another_service_is_unknown():
    headers = {"x-amz-target": "SageMaker.DescribeKey"}
    refused = taken("kms", "DescribeKey", Request("POST", "/", "", headers, b'{"KeyId": "k"}'))
    assert (refused.code, "does not know kms DescribeKey" in refused.message) == (
        "UnknownOperationException",
        True,
    )


def where(service, action):
    """What the path of a call names."""
    members = input_of(operation(service, action)).members.items()
    return {name: "x-1" for name, member in members if member.serialization.get("location") == "uri"}


@pytest.mark.parametrize("service", sorted(CALLS))
def test_each_member_of_every_call_in_use_wrong_in_turn_is_refused_by_name(service):
    for action in CALLS[service]:
        right = RIGHT.get((service, action), where(service, action))
        assert wrongly_taken(service, action, right) == [], action
