"""`sandbox logs` over CloudWatch Logs: which streams a name means, and what is told of each."""

import itertools

import pytest

from sandbox.accounts import ACCOUNTS
from sandbox.job_logs import JobLogs, Stream

GROUP = "/aws/sagemaker/ProcessingJobs"


class Paginator:
    def __init__(self, answer):
        self.answer = answer

    def paginate(self, **request):
        return self.answer(request)


class Logs:
    """CloudWatch Logs of one account: lines by stream; two lines are a page."""

    def __init__(self, streams):
        self.streams = streams

    def get_paginator(self, call):
        return Paginator(getattr(self, call))

    def describe_log_groups(self, request):
        assert GROUP.startswith(request["logGroupNamePrefix"])
        return [{"logGroups": [{"logGroupName": GROUP}]}, {"logGroups": []}]

    def describe_log_streams(self, request):
        assert request == {"logGroupName": GROUP}
        return [{"logStreams": [{"logStreamName": name}]} for name in self.streams]

    def get_log_events(self, *, logGroupName, logStreamName, startFromHead, nextToken="0"):  # noqa: N803 - boto3's
        assert (logGroupName, startFromHead) == (GROUP, True)
        lines, start = self.streams[logStreamName], int(nextToken)
        page = lines[start : start + 2]
        return {
            "events": [{"message": line} for line in page],
            "nextForwardToken": str(start + len(page)),
        }


@pytest.fixture
def accounts():
    """Streams of each account."""
    return {account.profile: {} for account in ACCOUNTS}


@pytest.fixture
def logs(accounts):
    return JobLogs(lambda profile: Logs(accounts[profile]))


def test_streams_of_both_accounts_are_those_whose_names_begin_so(logs, accounts):
    accounts["prod"] = {"job-b/1": ["x"]}
    accounts["staging"] |= {"job-a/1": ["x"], "other/1": ["x"]}
    logs = JobLogs(lambda profile: Logs(accounts[profile]))
    assert logs.streams("job") == [Stream("staging", GROUP, "job-a/1"), Stream("prod", GROUP, "job-b/1")]


def test_a_job_is_found_by_the_name_that_its_arn_has(accounts):
    """`modelctl lineage` shows that one: SageMaker writes names in ARNs in small letters."""
    accounts["staging"]["pipelines-0-Register-aB/1"] = ["x"]
    logs = JobLogs(lambda profile: Logs(accounts[profile]))
    (stream,) = logs.streams("pipelines-0-register-ab")
    assert stream.name == "pipelines-0-Register-aB/1"


def test_a_stream_is_read_over_all_pages_and_on_from_its_token(logs, accounts):
    lines = accounts["staging"].setdefault("job/1", ["a", "b", "c"])
    (stream,) = logs.streams("job")
    first, token = logs.lines(stream)
    lines.append("d")
    assert (first, logs.lines(stream, token)[0]) == (["a", "b", "c"], ["d"])


def test_following_tells_the_last_lines_of_what_is_there_and_then_what_comes(logs, accounts, monkeypatch):
    accounts["staging"]["job-a/1"] = ["a", "b", "c"]

    def more(_):
        accounts["staging"]["job-a/1"].append("d")
        accounts["prod"].setdefault("job-b/1", ["first", "second"])

    monkeypatch.setattr("sandbox.job_logs.time.sleep", more)
    told = list(itertools.islice(logs.follow("job", last=1), 6))
    a, b = f"== staging {GROUP} job-a/1", f"== prod {GROUP} job-b/1"
    assert told == [a, "c", "d", b, "first", "second"]
