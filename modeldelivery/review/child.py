"""The engine as a child that ends in order: it gives its lock back and closes what it began, whoever was told to end."""

import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from modeldelivery.terminal import interrupts

T = TypeVar("T")
LOOPBACK = "127.0.0.1,localhost"


def start(
    command: Sequence[str], *, folder: Path, errors: int, environ: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start it in a process group of its own: a terminal's Ctrl-C reaches it through `carried_out` alone, once.

    A second one within the same request would make the engine give up at once and leave its lock.
    """
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        process_group=0,
    )


@contextmanager
def environment(given: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """What the engine and its plugins are started with: each other's addresses past any proxy, and a TMPDIR that goes with them.

    The Kubernetes provider writes the kubeconfig that it uses, with its token, into a file there that it never removes.
    """
    # A plugin that ends late may still write there: that fails no preview and no update.
    with tempfile.TemporaryDirectory(prefix="engine-", ignore_cleanup_errors=True) as folder:
        yield direct_to_itself(given) | {"TMPDIR": folder}


def direct_to_itself(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which engine, program and plugins talk to each other past any proxy: they do so over loopback.

    gRPC takes a proxy of the environment for loopback too, and a program then ends with `_InactiveRpcError` before its first
    resource. What else needs no proxy stays as it is given; the two spellings may differ.
    """
    given = {name: environ.get(name) for name in ("NO_PROXY", "no_proxy")}
    either = given["NO_PROXY"] or given["no_proxy"] or ""
    return {**environ, **{name: f"{value or either},{LOOPBACK}".lstrip(",") for name, value in given.items()}}


def carried_out(process: subprocess.Popen[bytes], follow: Callable[[], T]) -> T:
    """What following a child to its end gives.

    Args:
        process: the child.
        follow: reads what it writes until it ends; after an interrupt it goes on where it was.

    Interrupts that were held while the child was started are released here: one that came by then reaches it too.

    Raises:
        KeyboardInterrupt: this program was told to end; so was the child, and it has ended.
    """
    interrupted = False
    while True:
        try:
            interrupts.release()
            followed = follow()
            process.wait()
        except KeyboardInterrupt:
            interrupted = True
            process.send_signal(signal.SIGINT)
        else:
            break
    if interrupted:
        raise KeyboardInterrupt
    return followed
