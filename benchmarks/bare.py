"""What a model server costs that does nothing but serve: it decodes the same body, runs the same ONNX, encodes the same answer.

    python -m benchmarks.bare MODEL_DIR PORT

No validation, no metrics, no self-check, no draining.
"""

import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import uvicorn

from pipelines.server.__main__ import configuration
from pipelines.server.artifact import MODEL_FILE, SCHEMA_FILE
from pipelines.server.model import open_session
from pipelines.server.schema import TENSOR_IN, TENSOR_OUT, Category, Probability, Schema

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Bare:
    """An ASGI program around one session."""

    def __init__(self, folder: Path) -> None:
        self._session = open_session((folder / MODEL_FILE).read_bytes())
        schema = msgspec.json.decode((folder / SCHEMA_FILE).read_bytes(), type=Schema)
        assert isinstance(schema.output, Probability)
        self._event, self._threshold = schema.output.event, schema.output.threshold
        self._features = [
            (
                feature.name,
                {name: code for code, name in enumerate(feature.categories)}
                if isinstance(feature, Category)
                else None,
            )
            for feature in schema.features
        ]
        self._decode, self._encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode

    async def __call__(self, _scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        answer = self._answer(self._decode(body)) if body else b""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, sent: Any) -> bytes:
        rows = sent if isinstance(sent, list) else [sent]
        table = [
            [row[name] if codes is None else codes.get(row[name]) for name, codes in self._features]
            for row in rows
        ]
        matrix = np.array(table, dtype=np.float32)
        outputs = self._session.run([TENSOR_OUT], {TENSOR_IN: matrix})[0].tolist()
        predictions = [
            {"probability": round(shares[1], 6), self._event: shares[1] >= self._threshold}
            for shares in outputs
        ]
        return self._encode({"predictions": predictions, "model_version": "v1.0.0"})


def main(folder: str, port: str) -> None:
    uvicorn.Server(configuration(Bare(Path(folder)), "127.0.0.1", int(port))).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
