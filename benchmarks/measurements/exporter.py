"""What the exporter costs the machine that it runs on."""

import subprocess
import sys
import time
import urllib.request

import psutil

from benchmarks.row import Row
from benchmarks.world import World
from tools.demo.run import ROOT, StepError

_SCRAPES = 7
_MEBIBYTE = 2**20
_FRESH = 0.05  # seconds: every scrape reads


def measure(world: World) -> list[Row]:
    """Of production: the first scrape with all that a program's start takes, then some that read again."""
    command = (
        sys.executable,
        "-m",
        "monitoring",
        "--env",
        "prod",
        "--listen",
        "127.0.0.1:0",
        "--fresh",
        str(_FRESH),
    )
    with subprocess.Popen(
        command, cwd=ROOT, env=world.demo.environ, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None, "a pipe"
        try:
            address = started.stdout.readline().strip()
            if not address:
                raise StepError("the exporter did not start")
            process = psutil.Process(started.pid)
            _scrape(address)
            cold = before = _cpu(process)
            warm = []
            for _ in range(_SCRAPES):
                time.sleep(2 * _FRESH)
                _scrape(address)
                warm.append(_cpu(process) - before)
                before += warm[-1]
            memory = process.memory_info().rss / _MEBIBYTE
        finally:
            started.terminate()
    return [
        Row(
            what="CPU of the exporter until its first scrape is answered",
            measured=cold, bar=1, unit="s", made_of="start, clients of S3, SageMaker, scaling and CloudWatch, one read",
        ),
        Row(
            what="CPU of a scrape that reads again",
            measured=sorted(warm)[len(warm) // 2], bar=0.1, unit="s", made_of=f"median of {_SCRAPES}",
        ),
        Row(what="memory of the exporter", measured=memory, bar=96, unit="MiB", made_of="resident set size"),
    ]  # fmt: skip


def _scrape(address: str) -> None:
    with urllib.request.urlopen(address, timeout=60) as response:  # noqa: S310 - the exporter's own address
        text = response.read().decode()
    if 'delivery_up{environment="prod",model="flights",source="cloudwatch"} 1.0' not in text:
        raise StepError(f"the exporter could not read everything:\n{text}")


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
