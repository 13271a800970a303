"""A child process: run to its end, or ended when nobody waits for it any more."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from subprocess import DEVNULL

from .commands import Command

GRACE = 2.0  # seconds between SIGTERM and SIGKILL; the CLI itself gives the host 5
_CHUNK = 65536


@asynccontextmanager
async def running(command: Command, *, piped: bool) -> AsyncIterator[Process]:
    """Start `command`; when the block is left, however it is left, the child has ended.

    Args:
        command: what to start; it stays in the host's process group, where the CLI's last resort reaches it.
        piped: whether the host reads stdout and stderr; else the child writes to the host's own.
    """
    stream = PIPE if piped else None
    child = await asyncio.create_subprocess_exec(
        *command.argv, env=command.variables, cwd=command.folder, stdin=DEVNULL, stdout=stream, stderr=stream
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.terminate()
            try:
                await asyncio.wait_for(child.wait(), GRACE)
            except TimeoutError:
                child.kill()
                await child.wait()


async def output(child: Process) -> AsyncIterator[tuple[str, bytes]]:
    """What `child` writes, as it comes: ("stdout" or "stderr", bytes), until it has closed both."""
    queue: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(maxsize=16)

    async def read(name: str, stream: asyncio.StreamReader | None) -> None:
        if stream is not None:
            while chunk := await stream.read(_CHUNK):
                await queue.put((name, chunk))
        await queue.put((name, b""))

    readers = [
        asyncio.create_task(read("stdout", child.stdout)),
        asyncio.create_task(read("stderr", child.stderr)),
    ]
    try:
        still_open = len(readers)
        while still_open:
            name, chunk = await queue.get()
            if chunk:
                yield name, chunk
            else:
                still_open -= 1
    finally:
        for reader in readers:
            reader.cancel()
