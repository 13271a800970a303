"""What jobs and builds print, as an operator sees it: streams of CloudWatch Logs by the beginning of their names."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import msgspec
from botocore.config import Config

from sandbox.accounts import ACCOUNTS

_GROUPS = "/aws/"  # of services; an application's own are read with `aws logs`
_PAUSE = 0.5  # seconds between looks
_CONFIG = Config(retries={"mode": "standard"})


class Stream(msgspec.Struct, frozen=True):
    """One stream of a profile's account."""

    profile: str
    group: str
    name: str


class JobLogs:
    """The logs of both accounts."""

    def __init__(self, client: Callable[[str], Any] | None = None) -> None:
        """`client`: makes a client of CloudWatch Logs of a profile; None for boto3."""
        make = client or _client
        self._clients = {account.profile: make(account.profile) for account in ACCOUNTS}

    def streams(self, prefix: str) -> list[Stream]:
        """Those whose names begin so, by name. In capitals or not: an ARN has a job's name in small letters."""
        results, beginning = [], prefix.lower()
        for profile, logs in self._clients.items():
            for group in self._names(logs, "describe_log_groups", "logGroups", logGroupNamePrefix=_GROUPS):
                names = self._names(logs, "describe_log_streams", "logStreams", logGroupName=group)
                results += [
                    Stream(profile, group, name) for name in names if name.lower().startswith(beginning)
                ]
        return sorted(results, key=lambda stream: stream.name)

    def lines(self, stream: Stream, token: str | None = None) -> tuple[list[str], str]:
        """What a stream has after a token, and the token to go on from."""
        lines: list[str] = []
        while True:
            more = {"nextToken": token} if token else {}
            response = self._clients[stream.profile].get_log_events(
                logGroupName=stream.group, logStreamName=stream.name, startFromHead=True, **more
            )
            lines += [event["message"] for event in response["events"]]
            if response["nextForwardToken"] == token or not response["events"]:
                return lines, response["nextForwardToken"]
            token = response["nextForwardToken"]

    def follow(self, prefix: str, last: int) -> Iterator[str]:
        """Headings and lines, the last of what is there and then what comes; it ends when it is interrupted."""
        tokens: dict[Stream, str] = {}
        told: Stream | None = None
        begun = False
        while True:
            for stream in self.streams(prefix):
                lines, tokens[stream] = self.lines(stream, tokens.get(stream))
                if not begun:
                    lines = lines[-last:]
                if lines and stream != told:
                    told = stream
                    yield heading(stream)
                yield from lines
            begun = True
            time.sleep(_PAUSE)

    def _names(self, logs: Any, call: str, key: str, **request: str) -> list[str]:
        name = key.removesuffix("s") + "Name"
        pages = logs.get_paginator(call).paginate(**request)
        return [each[name] for page in pages for each in page[key]]


def heading(stream: Stream) -> str:
    """By which a stream's lines are told from others'."""
    return f"== {stream.profile} {stream.group} {stream.name}"


def _client(profile: str) -> Any:
    session: Any = boto3.Session(profile_name=profile)
    return session.client("logs", config=_CONFIG)
