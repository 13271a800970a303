"""A target is tried as often as its policy says, where trying again can help; what came of it is kept."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from sandbox.refusal import RefusedError
from sandbox.scheduler.invocations import Invocations
from sandbox.scheduler.requests import RetryPolicy, Target
from sandbox.scheduler.target import PREFIX

ACCOUNT = "111111111111"
ARN = f"arn:aws:scheduler:eu-west-1:{ACCOUNT}:schedule/default/daily"
DUE = datetime(2013, 4, 8, 2, tzinfo=UTC)
TEXT = '{"ProcessingJobName": "n-<aws.scheduler.attempt-number>"}'


class SageMaker:
    """A client whose calls have these outcomes, in order."""

    def __init__(self, *outcomes):
        self._outcomes, self.given = list(outcomes), []

    def create_processing_job(self, **members):
        self.given.append(members)
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Clients:
    def __init__(self, sagemaker):
        self._sagemaker = sagemaker

    def of(self, service, role):
        assert (service, role.account) == ("sagemaker", ACCOUNT)
        if isinstance(self._sagemaker, Exception):
            raise self._sagemaker
        return self._sagemaker


def error(code, status):
    response = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "CreateProcessingJob")


DEFAULT = RetryPolicy()


def invoked(sagemaker, policy=DEFAULT, busy=lambda _account, _answer: False):
    """The invocation once it is over, the pauses before its attempts, and those that are under way then."""
    pauses = []
    invocations = Invocations(Clients(sagemaker), busy, pauses.append)
    target = Target(
        arn=f"{PREFIX}createProcessingJob", role_arn="arn:aws:iam::1:role/r", input=TEXT, retry_policy=policy
    )
    invocations.begin(ACCOUNT, "daily", ARN, DUE, target)
    (made,) = invocations.listed()
    assert made.over.wait(10)
    return made, pauses, invocations.under_way()


def test_what_was_started_is_under_way_until_it_has_ended():
    started = {"ProcessingJobArn": "arn:job"}
    made, _, under_way = invoked(
        SageMaker(started), busy=lambda account, answer: (account, answer) == (ACCOUNT, started)
    )
    assert (made.answer, made.attempts, under_way) == (started, 1, [made])
    assert invoked(SageMaker(started))[2] == []


@pytest.mark.parametrize("refusal", [error("ThrottlingException", 400), error("InternalFailure", 500)])
def test_what_may_be_taken_later_is_tried_again_with_a_number_of_its_own(refusal):
    sagemaker = SageMaker(refusal, refusal, {"ProcessingJobArn": "arn:job"})
    made, pauses, _ = invoked(sagemaker)
    assert [each["ProcessingJobName"] for each in sagemaker.given] == ["n-1", "n-2", "n-3"]
    assert (made.attempts, pauses) == (3, [1.0, 2.0])


@pytest.mark.parametrize("refusal", [error("ValidationException", 400), error("AccessDeniedException", 403)])
def test_what_would_be_refused_again_is_tried_once(refusal):
    made, pauses, _ = invoked(SageMaker(refusal))
    assert (made.attempts, pauses, made.answer) == (1, [], None)
    assert made.error == str(refusal)


def test_a_role_that_cannot_be_taken_on_any_more_is_told():
    made, _, _ = invoked(RefusedError("it does not trust us"))
    assert made.error == "it does not trust us"


def test_attempts_end_with_the_policys_number_of_them():
    made, pauses, _ = invoked(
        SageMaker(*[error("InternalFailure", 500)] * 3), RetryPolicy(maximum_retry_attempts=2)
    )
    assert (made.attempts, len(pauses)) == (3, 2)


def test_attempts_end_with_the_age_that_the_policy_allows():
    policy = RetryPolicy(maximum_event_age_in_seconds=0, maximum_retry_attempts=9)
    made, pauses, _ = invoked(SageMaker(error("InternalFailure", 500)), policy)
    assert (made.attempts, pauses) == (1, [])
