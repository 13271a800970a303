"""The API server as a client inside the sandbox sees it: JSON documents by path."""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import urllib3

Document = dict[str, Any]
_CALL = urllib3.Timeout(connect=2, read=30)
_WATCH = 240  # seconds that one watch is asked for
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
_GONE = 410


class ApiError(Exception):
    """An answer other than success, or none (status 0); the text is the server's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """One user's view of the API server.

    Args:
        kubeconfig: as sandbox.kubernetes.users writes it.
        manager: the field manager that its writes are recorded with.
    """

    def __init__(self, kubeconfig: Path, manager: str) -> None:
        config = json.loads(kubeconfig.read_text())
        cluster, (user,) = config["clusters"][0]["cluster"], config["users"]
        self._server: str = cluster["server"]
        self._manager = manager
        self._pool = urllib3.PoolManager(
            headers={"Authorization": f"Bearer {user['user']['token']}", "User-Agent": manager},
            ca_cert_data=base64.b64decode(cluster["certificate-authority-data"]).decode(),
            retries=False,
            maxsize=16,
        )

    def get(self, path: str) -> Document:
        return self._call("GET", path)

    def create(self, path: str, document: Document) -> Document:
        return self._call("POST", path, document, "application/json")

    def replace(self, path: str, document: Document) -> Document:
        return self._call("PUT", path, document, "application/json")

    def patch(self, path: str, document: Document, kind: str = MERGE) -> Document:
        return self._call("PATCH", path, document, kind)

    def apply(self, path: str, document: Document) -> Document:
        """Server-side apply, with force: these fields are ours."""
        return self.apply_text(path, json.dumps(document))

    def apply_text(self, path: str, text: str) -> Document:
        """The same of a document in YAML."""
        return self._call("PATCH", f"{path}?force=true&fieldManager={self._manager}", text, APPLY)

    def delete(self, path: str, options: Document | None = None) -> Document:
        return self._call("DELETE", path, options or {}, "application/json")

    def watch(self, path: str, query: str, version: str) -> Iterator[tuple[str, Document]]:
        """What happens to a list after `version`: (ADDED | MODIFIED | DELETED | BOOKMARK, object), until the server ends it.

        Raises:
            ApiError: 410 when `version` is too old to go on from.
        """
        url = (
            f"{self._server}{path}?watch=1&allowWatchBookmarks=true&timeoutSeconds={_WATCH}"
            f"&resourceVersion={version}{query}"
        )
        try:
            response = self._pool.request(
                "GET", url, preload_content=False, timeout=urllib3.Timeout(connect=2, read=_WATCH + 10)
            )
            with response:
                _require(response.status, b"" if response.status < _FAILED else response.read())
                yield from _events(response)
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(0, str(error)) from None

    def ready(self) -> bool:
        """Whether the server says of itself that it serves."""
        try:
            return self._pool.request("GET", f"{self._server}/readyz", timeout=_CALL).status == _OK
        except urllib3.exceptions.HTTPError:
            return False

    def _call(self, method: str, path: str, document: Document | str = "", kind: str = "") -> Document:
        headers: Mapping[str, str] = {**self._pool.headers, **({"Content-Type": kind} if kind else {})}
        try:
            response = self._pool.request(
                method,
                f"{self._server}{path}",
                body=document if isinstance(document, str) else json.dumps(document),
                headers=headers,
                timeout=_CALL,
            )
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(0, str(error)) from None
        _require(response.status, response.data)
        return dict(json.loads(response.data))


_OK, _FAILED = 200, 300


def _require(status: int, body: bytes) -> None:
    if status < _FAILED:
        return
    try:
        message = str(json.loads(body).get("message", ""))
    except ValueError:
        message = body.decode(errors="replace").strip()
    raise ApiError(status, message or f"status {status}")


def _events(response: urllib3.BaseHTTPResponse) -> Iterator[tuple[str, Document]]:
    rest = b""
    for chunk in response.stream(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            event = json.loads(line)
            if event["type"] == "ERROR":
                raise ApiError(event["object"].get("code", _GONE), event["object"].get("message", ""))
            yield event["type"], event["object"]
