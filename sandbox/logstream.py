"""What a program prints, in CloudWatch Logs, while it runs."""

import contextlib
import logging
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.clock import now

_LOG = logging.getLogger(__name__)
_MOST = 256 * 1024 - 26  # bytes of an event


class LogStream:
    """A file that grows, and the stream that it is copied to.

    A role that may not write logs has a job or a build without logs, as on AWS.
    """

    def __init__(self, logs: Any, group: str, stream: str, file: Path) -> None:
        self._logs = logs
        self._names = {"logGroupName": group, "logStreamName": stream}
        self._file = file
        self._at = 0
        self._made = self._given_up = False

    def ship(self, *, whole: bool = False) -> None:
        """Send what was printed since, up to the last line's end; with `whole` the rest as well."""
        if self._given_up or not self._file.exists():
            return
        with self._file.open("rb") as file:
            file.seek(self._at)
            text = file.read()
        if not whole:
            text = text[: text.rfind(b"\n") + 1]
        self._at += len(text)
        lines = [line[:_MOST].decode(errors="replace") for line in text.splitlines() if line.strip()]
        at = int(now() * 1000)
        events = [{"timestamp": at, "message": line} for line in lines]
        try:
            for first in range(0, len(events), 1_000):
                self._make()
                self._logs.put_log_events(**self._names, logEvents=events[first : first + 1_000])
        except (ClientError, BotoCoreError) as error:
            _LOG.warning("no more logs of %s: %s", self._names["logStreamName"], error)
            self._given_up = True

    def _make(self) -> None:
        if self._made:
            return
        try:
            self._logs.create_log_stream(**self._names)
        except (
            self._logs.exceptions.ResourceNotFoundException
        ):  # whose role may make the group need not have one
            with contextlib.suppress(self._logs.exceptions.ResourceAlreadyExistsException):
                self._logs.create_log_group(logGroupName=self._names["logGroupName"])
            self._logs.create_log_stream(**self._names)
        self._made = True
