"""`make bench`: every promise in numbers, its measure and its bar; exits 1 when one is missed."""

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from benchmarks.load import LostError
from benchmarks.measurements import (
    capture,
    data_drift,
    evaluation,
    exporter,
    gitops,
    kubernetes,
    kubernetes_memory,
    label_join,
    memory,
    model_server,
    policy_cpu,
    preview_cpu,
    preview_same,
    pull_request,
    pushed_tag,
    reader,
    rollback_calls,
    rollback_cpu,
    rollback_load,
    throughput,
    training_cpu,
    up,
    validation,
)
from benchmarks.row import Row, SkippedError
from benchmarks.world import World, made
from modeldelivery.terminal import program
from modeldelivery.terminal.steps import step
from modeldelivery.terminal.tables import Table, show
from sandbox.home import SandboxError
from tools.demo.run import StepError
from tools.meter import MeterError

# In this order: memory after all the work of whoever releases, a tag after that, which adds a version, and a cluster last, which
# goes on working beside whatever comes after it.
MEASUREMENTS: dict[str, Callable[[World], list[Row]]] = {
    "up": up.measure,
    "preview-cpu": preview_cpu.measure,
    "training-cpu": training_cpu.measure,
    "preview-same": preview_same.measure,
    "policy-cpu": policy_cpu.measure,
    "pull-request": pull_request.measure,
    "reader": reader.measure,
    "rollback-calls": rollback_calls.measure,
    "rollback-cpu": rollback_cpu.measure,
    "rollback-load": rollback_load.measure,
    "throughput": throughput.measure,
    "capture": capture.measure,
    "model-server": model_server.measure,
    "exporter": exporter.measure,
    "validation": validation.measure,
    "evaluation": evaluation.measure,
    "data-drift": data_drift.measure,
    "label-join": label_join.measure,
    "memory": memory.measure,
    "pushed-tag": pushed_tag.measure,
    "kubernetes": kubernetes.measure,
    "kubernetes-memory": kubernetes_memory.measure,
    "gitops": gitops.measure,
}


_FAILURES = (
    StepError, SandboxError, MeterError, LostError, subprocess.TimeoutExpired, BotoCoreError, ClientError
)  # fmt: skip


class Results(msgspec.Struct):
    """What came of all measurements.

    Attributes:
        rows: the table.
        failed: measurements that could not be made, by name, and why.
        skipped: those of what is not on this machine, likewise.
    """

    rows: list[Row] = []
    failed: dict[str, str] = {}
    skipped: dict[str, str] = {}


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` writes, beside what `Results` says.

    Attributes:
        cpus: of this machine.
        python: its version.
    """

    rows: list[dict[str, object]]
    failed: dict[str, str]
    skipped: dict[str, str]
    cpus: int
    python: str


def main() -> int:
    """Returns the exit status."""
    return program.run("benchmarks", _carry_out, "interrupted, and its sandbox is gone")


def _carry_out() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        action="append",
        choices=MEASUREMENTS,
        metavar="NAME",
        help=f"one of {', '.join(MEASUREMENTS)}",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    options = parser.parse_args()
    if sys.platform != "linux":
        parser.error("only Linux tells the CPU and the memory of a whole family of processes: run it there")
    chosen = [name for name in MEASUREMENTS if options.only is None or name in options.only]
    try:
        results = _measure(chosen)
    except _FAILURES as error:
        program.complain("benchmarks", str(error))
        return 1
    show([_table(results)])
    for row in results.rows:
        if not row.met:
            print(f"missed: {row.what}: {row.made_of}")
    for name, why in results.failed.items():
        print(f"failed: {name}: {why}")
    for name, why in results.skipped.items():
        print(f"skipped: {name}: {why}")
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(_report(results))) + b"\n")
    return int(bool(results.failed) or not all(row.met for row in results.rows))


def _measure(names: list[str]) -> Results:
    """One that cannot be made does not keep the others from being made."""
    results = Results()
    with ExitStack() as stack:
        with step("make up, in a sandbox of its own", sys.stderr):
            world = stack.enter_context(made())
        for name in names:
            with step(name, sys.stderr) as shown:
                try:
                    rows = MEASUREMENTS[name](world)
                except _FAILURES as error:
                    results.failed[name] = str(error)
                    shown.outcome("failed")
                except SkippedError as error:
                    results.skipped[name] = str(error)
                    shown.outcome("skipped")
                else:
                    results.rows += rows
                    shown.outcome("; ".join(f"{row.measured_text}: {row.made_of}" for row in rows))
    return results


def _table(results: Results) -> Table:
    rows = results.rows
    return Table(
        headings=("what", "measured", "bar", ""),
        rows=[
            *((row.what, row.measured_text, row.bar_text, "met" if row.met else "MISSED") for row in rows),
            *((name, "-", "-", "FAILED") for name in results.failed),
            *((name, "-", "-", "skipped") for name in results.skipped),
        ],
        colours=[
            *("green" if row.met else "red" for row in rows),
            *("red" for _ in results.failed),
            *("yellow" for _ in results.skipped),
        ],
    )


def _report(results: Results) -> Report:
    return Report(
        rows=[{**msgspec.structs.asdict(row), "met": row.met} for row in results.rows],
        failed=results.failed,
        skipped=results.skipped,
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
    )


if __name__ == "__main__":
    sys.exit(main())
