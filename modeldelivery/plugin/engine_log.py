"""Messages to the user through the engine, on a channel of the plugin's own."""

import sys
import threading

import grpc

from modeldelivery.plugin.proto import engine_pb2, engine_pb2_grpc
from modeldelivery.terminal import text


class EngineLog:
    """The engine's log; connected when first used, since most runs have nothing to say."""

    def __init__(self, address: str = "") -> None:
        self._address = address
        self._engine: engine_pb2_grpc.EngineStub | None = None
        self._connecting = threading.Lock()

    def attach(self, address: str) -> None:
        """Talk to the engine at `host:port`."""
        with self._connecting:
            if address != self._address:
                self._address, self._engine = address, None

    def debug(self, message: str, urn: str = "") -> None:
        self._send(engine_pb2.DEBUG, message, urn)

    def info(self, message: str, urn: str = "") -> None:
        self._send(engine_pb2.INFO, message, urn)

    def warning(self, message: str, urn: str = "") -> None:
        self._send(engine_pb2.WARNING, message, urn)

    def status(self, message: str, urn: str = "") -> None:
        self._send(engine_pb2.INFO, message, urn, ephemeral=True)

    def _send(
        self, severity: "engine_pb2.LogSeverity.ValueType", message: str, urn: str, *, ephemeral: bool = False
    ) -> None:
        message = text.lines(message)
        request = engine_pb2.LogRequest(severity=severity, message=message, urn=urn, ephemeral=ephemeral)
        if not self._address:
            print(message, file=sys.stderr)  # started by hand: the engine attaches later
            return
        try:
            self._connected().Log(request, timeout=5)
        except grpc.RpcError as failure:
            # An engine that is gone must not stop an operation half-way; stderr is all that is left.
            print(f"{message} (the engine did not take this message: {failure})", file=sys.stderr)

    def _connected(self) -> engine_pb2_grpc.EngineStub:
        with self._connecting:
            if self._engine is None:
                channel = grpc.insecure_channel(self._address, options=[("grpc.enable_http_proxy", 0)])
                self._engine = engine_pb2_grpc.EngineStub(channel)
            return self._engine
