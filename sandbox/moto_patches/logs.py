"""CloudWatch Logs: events of the streams whose names begin alike."""

from dataclasses import dataclass
from typing import Any

from moto.logs.responses import LogsResponse


def apply() -> None:
    _filter_by_the_beginning_of_a_streams_name()


@dataclass(frozen=True)
class _Beginning:
    """The names that begin so, where moto looks whether a name is one of those given."""

    prefix: str

    def __contains__(self, name: str) -> bool:
        return name.startswith(self.prefix)


def _filter_by_the_beginning_of_a_streams_name() -> None:
    """AWS looks at the streams of `logStreamNamePrefix`; moto looks at all of them."""
    every = LogsResponse.filter_log_events

    def filter_log_events(self: Any) -> str:
        read = self._get_param
        if prefix := read("logStreamNamePrefix"):
            names = {"logStreamNames": _Beginning(prefix)}
            self._get_param = lambda name, default=None: names.get(name) or read(name, default)
        return every(self)

    LogsResponse.filter_log_events = filter_log_events  # type: ignore[method-assign]
