"""A model container as small as the contract allows: it answers with what its model says.

model/behaviour.json in the artifact; a model that has none answers as any does: {"name": str, "ping": status of /ping, "status": status of /invocations,
"exit": true to end instead of listening, "dies": true to end without an answer when it is invoked, "seconds": time one answer takes, "serial": true to give one answer at a time, "late": time until it listens}. A body `reach PORT` asks whether it can connect there.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

FILE = Path(os.environ["SM_MODEL_DIR"]) / "behaviour.json"
BEHAVIOUR = json.loads(FILE.read_text()) if FILE.is_file() else {"name": "of no behaviour"}
IN_FLIGHT = set()
TURN = asyncio.Semaphore(1 if BEHAVIOUR.get("serial") else 1_000_000)


async def serve(reader, writer):
    """HTTP/1.1 with keep-alive, by hand: tests need no library in the container."""
    try:
        while line := await reader.readline():
            path, length = line.split()[1].decode(), 0
            while (header := await reader.readline()) not in {b"\r\n", b""}:
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = await reader.readexactly(length)
            IN_FLIGHT.add(writer)
            if path == "/ping":
                status, answer = BEHAVIOUR.get("ping", 200), {}
            elif path == "/invocations" and BEHAVIOUR.get("dies"):
                os._exit(1)
            elif path == "/invocations":
                async with TURN:
                    await asyncio.sleep(BEHAVIOUR.get("seconds", 0))
                status = BEHAVIOUR.get("status", 200)
                answer = {
                    "name": BEHAVIOUR["name"],
                    "got": body.decode(errors="replace"),
                    "pid": os.getpid(),
                    "env": os.environ.get("GREETING"),
                    "port": int(os.environ["SAGEMAKER_BIND_TO_PORT"]),
                }
                if body.startswith(b"reach "):
                    answer["reached"] = await reach(int(body.split()[1]))
            else:
                status, answer = 404, {}
            payload = json.dumps(answer).encode()
            head = (
                f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nX-Model: {BEHAVIOUR['name']}\r\n"
                f"Content-Length: {len(payload)}\r\n\r\n"
            )
            writer.write(head.encode() + payload)
            await writer.drain()
            IN_FLIGHT.discard(writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        IN_FLIGHT.discard(writer)
        writer.close()


async def reach(port):
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def main():
    await asyncio.sleep(BEHAVIOUR.get("late", 0))
    if BEHAVIOUR.get("exit"):
        sys.exit("the model is broken on purpose")
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    server = await asyncio.start_server(
        serve, os.environ.get("BIND_HOST", "127.0.0.1"), int(os.environ["SAGEMAKER_BIND_TO_PORT"])
    )
    await ended.wait()
    server.close()
    while IN_FLIGHT:  # noqa: ASYNC110 - nobody waits for it but SIGTERM
        await asyncio.sleep(0.01)
    os._exit(0)


asyncio.run(main())
