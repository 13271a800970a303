"""A dry run on a cluster: reads are sent, writes are kept in memory and listed, and the gateway does at once as it is asked."""

import copy
from collections.abc import Mapping
from typing import Any

import msgspec

from modeldelivery.release.cli.dry_run import DryRun
from modeldelivery.release.kubernetes.server import MANAGER, Response, Server


class DryRunServer:
    """An API server whose objects are, for this process, as it would have written them."""

    def __init__(self, server: Server, dry_run: DryRun) -> None:
        self._server, self._dry_run = server, dry_run
        self._written: dict[str, Any] = {}

    def find(self, path: str) -> Response | None:
        self._dry_run.read(f"kubernetes:GET {path}", {})
        response = self._server.find(path)
        return self._seen(path, response) if response else None

    def get(self, path: str) -> Response:
        self._dry_run.read(f"kubernetes:GET {path}", {})
        return self._seen(path, self._server.get(path))

    def create(self, path: str, body: Mapping[str, Any]) -> Response:  # noqa: ARG002 - as `Server` has it
        raise AssertionError(f"no command makes {path}")

    def delete(self, path: str) -> None:
        raise AssertionError(f"no command deletes {path}")

    def patch(self, path: str, body: Mapping[str, Any], *, manager: str = MANAGER) -> Response:  # noqa: ARG002 - whose a field is, is not looked at
        self._dry_run.wrote(f"kubernetes:PATCH {path}", dict(body))
        existing = self._server.find(path)
        assert existing is not None, "what is written was read"
        before = self._written.get(path, existing.body)
        self._written[path] = merged(copy.deepcopy(before), body)
        return self._seen(path, existing)

    def _seen(self, path: str, response: Response) -> Response:
        """With what was written since, by a clock that is set on by the waits that were skipped."""
        body = self._written.get(path, response.body)
        return msgspec.structs.replace(response, body=body, date=response.date + self._dry_run.skipped)


def merged(target: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    """An object after a merge patch (RFC 7396)."""
    result: dict[str, Any] = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            result[key] = merged(result.get(key), value)
        else:
            result[key] = value
    return result
