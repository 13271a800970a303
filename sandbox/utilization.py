"""CloudWatch's metrics of the instances behind endpoints and jobs, measured at the processes that stand for them.

Names, units and dimensions: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html. CPU is percent of one core,
memory percent of what the process may have here, disk percent of this machine's. There is no GPU, so there is no metric of one, as of
an instance without.
"""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.processes.family import families
from sandbox.processes.running import Running
from sandbox.processes.usage import Usage, usage
from sandbox.sagemaker.store import Account
from sandbox.training.jobs import Jobs

_FIRST, _EVERY = 1.0, 5.0  # seconds from a program's start to the first look, and between two
_ENDPOINTS = "/aws/sagemaker/Endpoints"
_JOBS = "/aws/sagemaker/{}Jobs"  # Training, Processing
PERCENTS = ("CPUUtilization", "MemoryUtilization", "DiskUtilization")  # metrics' names
_HOST = "algo-1"  # SageMaker's name of a job's first instance


@dataclass(frozen=True)
class Instance:
    """An instance of AWS, and the program that runs on it.

    Attributes:
        running: the program.
        account: whose it is.
        namespace, dimensions: CloudWatch's, of its metrics.
    """

    running: Running
    account: str
    namespace: str
    dimensions: tuple[tuple[str, str], ...]


Put = Callable[[str, str, list[dict[str, Any]]], None]  # account, namespace, data in PutMetricData's shape


class Utilization:
    """Measures each instance soon after its start, and again every few seconds.

    Args:
        instances: those that there are now.
        put: stores data.
        folder: on the disk that is measured.
    """

    def __init__(self, instances: Callable[[], Iterable[Instance]], put: Put, folder: Path) -> None:
        self._instances, self._put, self._folder = instances, put, folder
        self._measured: dict[Running, tuple[float, float]] = {}  # when, monotonic; seconds of CPU by then

    def look(self) -> None:
        """Measure what is due; called often."""
        now = time.monotonic()
        instances = {each.running: each for each in self._instances()}
        self._measured = {running: at for running, at in self._measured.items() if running in instances}
        due = {each.running.pid: each for each in instances.values() if self._is_due(each.running, now)}
        if not due:
            return
        disk = shutil.disk_usage(self._folder)
        for pid, family in families(set(due)).items():
            if family:
                instance = due[pid]
                used, disk_percent = usage(family), 100 * disk.used / disk.total
                self._put(
                    instance.account,
                    instance.namespace,
                    list(_data(instance, self._cpu(instance.running, used, now), used, disk_percent)),
                )

    def _is_due(self, running: Running, now: float) -> bool:
        if running in self._measured:
            return now - self._measured[running][0] >= _EVERY
        return now - running.started >= _FIRST

    def _cpu(self, running: Running, used: Usage, now: float) -> float:
        """Cores in use since the last look, or since the program began."""
        at, before = self._measured.get(running, (running.started, 0.0))
        self._measured[running] = (now, used.cpu)
        return max(0.0, used.cpu - before) / (now - at)


def _data(instance: Instance, cores: float, used: Usage, disk: float) -> Iterator[dict[str, Any]]:
    dimensions = [{"Name": name, "Value": value} for name, value in instance.dimensions]
    most = instance.running.program.limits.memory
    values = (100 * cores, 100 * used.memory / most if most else None, disk)
    for name, value in zip(PERCENTS, values, strict=True):
        if value is not None:
            yield {"MetricName": name, "Dimensions": dimensions, "Unit": "Percent", "Value": value}


def instances(accounts: Mapping[str, Account], jobs: Jobs) -> Iterator[Instance]:
    """All that run now, of endpoints and of jobs."""
    for account in accounts.values():
        with account.lock:
            of_variants = [
                (endpoint.name, variant.name, instance.running)
                for endpoint in account.endpoints.values()
                for variant in endpoint.variants.values()
                for instance in variant.instances
            ]
        for endpoint, variant, running in of_variants:
            where = (("EndpointName", endpoint), ("VariantName", variant))
            yield Instance(running, account.id, _ENDPOINTS, where)
    for job, running in jobs.running():
        host = (("Host", f"{job.name}/{_HOST}"),)
        yield Instance(running, job.role.account, _JOBS.format(job.kind), host)
