"""A schedule's target is one of two calls, and its text is filled with what Scheduler knows of the attempt."""

from datetime import UTC, datetime

import pytest

from sandbox.scheduler.target import PREFIX, Attempt, TargetError, check, members

JOB = f"{PREFIX}createProcessingJob"
ARN = "arn:aws:scheduler:eu-west-1:111111111111:schedule/default/daily"


def test_context_attributes_are_filled_wherever_they_stand():
    text = (
        '{"ProcessingJobName": "drift-<aws.scheduler.execution-id>", "Tags": [{"Key": "<aws.scheduler.schedule-arn>", '
        '"Value": "<aws.scheduler.scheduled-time> <aws.scheduler.attempt-number>"}]}'
    )
    attempt = Attempt(ARN, datetime(2013, 4, 8, 2, tzinfo=UTC), 3, "d32c5kddcf5bb8c3")
    assert members(text, attempt) == {
        "ProcessingJobName": "drift-d32c5kddcf5bb8c3",
        "Tags": [{"Key": ARN, "Value": "2013-04-08T02:00:00Z 3"}],
    }


def test_each_attempt_has_an_id_of_its_own():
    due = datetime(2013, 4, 8, tzinfo=UTC)
    assert Attempt.of(ARN, due, 1).id != Attempt.of(ARN, due, 1).id


def test_what_starts_a_job_or_a_pipeline_is_taken():
    check(JOB, '{"ProcessingJobName": "<aws.scheduler.execution-id>"}')
    check(f"{PREFIX}startPipelineExecution", "{}")


@pytest.mark.parametrize(
    ("arn", "text", "why"),
    [
        (
            "arn:aws:lambda:eu-west-1:111111111111:function:f",
            "{}",
            "start arn:aws:scheduler.*createProcessingJob",
        ),
        (f"{PREFIX}deleteEndpoint", "{}", "not arn:aws:scheduler:::aws-sdk:sagemaker:deleteEndpoint"),
        (JOB, "no JSON", "the Input of a universal target is a JSON object"),
        (JOB, "[]", "the Input of a universal target is a JSON object"),
        (JOB, '{"a": "<aws.scheduler.schedule-time>"}', "schedule-time> is no context attribute; there are"),
    ],
)
def test_another_target_is_refused_with_what_is_allowed(arn, text, why):
    with pytest.raises(TargetError, match=why):
        check(arn, text)
