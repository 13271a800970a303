"""Writes what the data plane captured into S3, in the name of the model's execution role, through the sandbox's own door."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.accounts import REGION
from sandbox.dataplane.spool import Batch, batch
from sandbox.faults import Faults
from sandbox.hosting.execution_role import ExecutionRole
from sandbox.refusal import RefusedError

_LOG = logging.getLogger(__name__)
_SESSION = 300.0  # seconds for which a session of a role is used

# As over TLS: the signature leaves the body to its CRC32, which S3 holds it to. Megabytes are hashed at neither end.
WRITES = Config(s3={"payload_signing_enabled": False})

Client = Callable[[ExecutionRole], Any]  # S3 as the role sees it; raises RefusedError


class Captured:
    """One thread that writes: no invocation waits for it."""

    def __init__(self, spool: Path, client: Client, faults: Faults) -> None:
        self._spool, self._client, self._faults = spool, client, faults
        self._clients: dict[ExecutionRole, tuple[Any, float]] = {}  # each until when it is used, monotonic
        self._waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._gaps: dict[tuple[str, str], float] = {}  # until when an endpoint's lines are lost, monotonic
        threading.Thread(target=self._write, name="captured", daemon=True).start()

    def take(self, names: list[str]) -> None:
        """Write these files of the spool, soon; one that was written already is gone from there, and is left out."""
        for name in names:
            self._waiting.put(name)

    def _write(self) -> None:
        while True:
            name = self._waiting.get()
            try:
                self._take_away(name)
            except Exception:  # noqa: BLE001 a defect of the sandbox itself ends no capture but this one
                _LOG.exception("captured lines of %s are not written", name)

    def _take_away(self, name: str) -> None:
        path = self._spool / name
        try:
            spooled = batch(path)
        except FileNotFoundError:
            return
        try:
            if spooled is None:
                _LOG.warning("captured lines of %s are not written: it does not say where they go", name)
            else:
                self._put(name, spooled)
        except (RefusedError, ClientError, BotoCoreError) as error:
            # As on AWS: an endpoint whose role may not write serves on, without its lines.
            assert spooled is not None
            _LOG.warning("capture of %s is not written: %s", spooled.place.endpoint, error)
        finally:
            path.unlink()

    def _put(self, name: str, batch: Batch) -> None:
        place = batch.place
        if not batch.lines or self._lost(place.account, place.endpoint):
            return
        bucket, _, prefix = place.destination.removeprefix("s3://").partition("/")
        folder = [part for part in (prefix.strip("/"), place.endpoint, place.variant, place.hour) if part]
        encryption = (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": place.kms_key} if place.kms_key else {}
        )
        self._of(ExecutionRole(place.role, place.account, REGION)).put_object(
            Bucket=bucket, Key="/".join((*folder, name)), Body=batch.lines, **encryption
        )

    def _of(self, role: ExecutionRole) -> Any:
        """A client of a role, whose session is taken on anew now and then."""
        client, until = self._clients.get(role, (None, 0.0))
        if time.monotonic() >= until:
            client = self._client(role)
            self._clients[role] = client, time.monotonic() + _SESSION
        return client

    def _lost(self, account: str, endpoint: str) -> bool:
        """SageMaker captures nothing while an instance's disk is nearly full; fault `capture_gap`."""
        fault = self._faults.of_endpoint("capture_gap", account, endpoint)
        if fault:
            self._gaps[account, endpoint] = time.monotonic() + fault.seconds
        return time.monotonic() < self._gaps.get((account, endpoint), 0.0)
