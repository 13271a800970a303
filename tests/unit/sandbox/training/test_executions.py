"""Executions with jobs that end as a test says, at once."""

import types

import pytest

from sandbox.hosting.execution_role import ExecutionRole
from sandbox.sagemaker.store import Account
from sandbox.training.definition import read
from sandbox.training.execution import Execution
from sandbox.training.executions import Executions
from sandbox.training.job import Job
from tests.unit.sandbox.training.pipelines import ROLE, definition, processing

ACCOUNT = "111111111111"
INTERNAL, CAPACITY = "InternalServerError: try again", "CapacityError: no instance"
GUARD = types.SimpleNamespace(service_session=lambda *_: None, act=lambda *_: None)


class Ended:
    """Jobs that have ended as soon as they are made, with one failure after the other; None is a success."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.names = []

    def create(self, account, request):
        name, failure = request.processing_job_name, self.failures.pop(0)
        self.names.append(name)
        arn = account.arn("processing-job", name)
        job = Job("Processing", name, arn, ExecutionRole(ROLE, account.id, account.region), request)
        job.status, job.failure = ("Failed", failure) if failure else ("Completed", None)
        job.over.set()
        return job


def executed(jobs, **step):
    """Execute a pipeline of one step: the execution, over."""
    account, arn = Account(ACCOUNT, "eu-west-1"), "arn:aws:sagemaker:eu-west-1:111111111111:pipeline/p"
    pipeline = read(definition(processing("Only", **step)))
    execution = Execution(f"{arn}/execution/abc", arn, "p", pipeline, ROLE, {}, {}, None, {})
    ended = Executions(jobs, GUARD, None)
    with account.lock:
        ended.go_on(account, execution)
    for _ in range(1_000):
        if execution.over:
            return execution
        execution.halt.wait(0.01)
    raise AssertionError(execution.records)


def policy(*exceptions):
    return {"RetryPolicies": [{"ExceptionType": list(exceptions), "IntervalSeconds": 0, "MaxAttempts": 2}]}


def test_a_step_is_tried_again_as_its_policy_says_each_time_with_another_job():
    jobs = Ended(INTERNAL, INTERNAL, None)
    execution = executed(jobs, **policy("SageMaker.JOB_INTERNAL_ERROR"))
    assert (execution.status, execution.records["Only"].attempts) == ("Succeeded", 3)
    assert len(set(jobs.names)) == 3


@pytest.mark.parametrize(
    ("failures", "attempts"),
    [
        ([INTERNAL] * 3, 3),
        ([CAPACITY], 1),
        (["AlgorithmError: it does not converge, exit code: 1"], 1),
    ],
)
def test_a_step_fails_with_its_last_reason_when_no_policy_says_that_it_is_tried_again(failures, attempts):
    execution = executed(Ended(*failures), **policy("SageMaker.JOB_INTERNAL_ERROR"))
    record = execution.records["Only"]
    assert (execution.status, record.attempts) == ("Failed", attempts)
    assert record.reason == f"ClientError: {failures[-1]}"
