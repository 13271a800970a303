"""Whom AWS takes a run for."""

import threading

import pytest

from modeldelivery.release.aws.caller import StsCaller
from modeldelivery.release.errors import UnreachableError
from tests.fakes.aws import FakeAws, refusal

ARN = "arn:aws:sts::111111111111:assumed-role/operator/ada"
SOON = 60.0  # seconds


@pytest.fixture
def aws():
    return FakeAws()


def test_the_arn_is_what_sts_tells_a_client_that_asks_once(aws):
    caller = StsCaller(aws.account.arn)
    caller.ask()
    caller.ask()

    assert caller.answer(SOON) == ARN
    assert aws.calls == [("fenced", "sts:GetCallerIdentity")]


def test_what_sts_has_said_already_is_not_asked_for(aws):
    caller = StsCaller(aws.account.arn, "arn:known")
    caller.ask()

    assert caller.answer(0.0) == "arn:known"
    assert aws.calls == []


@pytest.mark.parametrize(
    "error", [refusal("AccessDenied", status=403), refusal("InternalFailure", status=500)]
)
def test_an_sts_that_refuses_is_no_error_and_nobody_waits_for_it(aws, error):
    aws.faults["sts:GetCallerIdentity"].append(error)
    caller = StsCaller(aws.account.arn)
    caller.ask()

    assert caller.answer(SOON) is None


def test_an_sts_that_does_not_answer_keeps_nobody(aws):
    answers = threading.Event()
    aws.faults["sts:GetCallerIdentity"].append(answers.wait)
    caller = StsCaller(aws.account.arn)
    caller.ask()

    assert caller.answer(0.0) is None
    answers.set()
    assert caller.answer(SOON) == ARN


def test_an_account_that_was_verified_knows_its_arn(aws):
    account = aws.account
    account.refuse_unless({aws.id}, verified=True)

    assert account.known_arn == ARN


def test_a_silent_sts_is_a_sentence_for_those_who_must_know(aws):
    aws.faults["sts:GetCallerIdentity"].append(refusal("AccessDenied", "no", status=403))

    with pytest.raises(UnreachableError, match="sts:GetCallerIdentity"):
        aws.account.arn()
