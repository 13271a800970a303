"""CPU, memory and disk of the programs that stand for instances, under the names that SageMaker's have."""

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from sandbox import utilization
from sandbox.processes.usage import Usage, usage
from sandbox.utilization import Instance, Utilization

WHERE = (("EndpointName", "flights-prod"), ("VariantName", "v1-0-0"))


class World:
    """One program, the clock, and what it has used."""

    def __init__(self, monkeypatch, memory=1000):
        self.now, self.used, self.put = 100.0, Usage(0.0, 0), []
        self.running = Running(pid=7, started=100.0, memory=memory)
        self.instances = [Instance(self.running, "2", "/aws/sagemaker/Endpoints", WHERE)]
        monkeypatch.setattr(utilization.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(utilization, "families", lambda pids: {pid: [pid] for pid in pids})
        monkeypatch.setattr(utilization, "usage", lambda _: self.used)
        monkeypatch.setattr(
            utilization.shutil, "disk_usage", lambda _: SimpleNamespace(total=200, used=50, free=150)
        )
        self.utilization = Utilization(
            lambda: self.instances, lambda *given: self.put.append(given), Path("/nowhere")
        )

    def look(self, at, cpu, memory=0):
        """What was put, by metric, when so much had been used at that time."""
        self.now, self.used, before = at, Usage(cpu, memory), len(self.put)
        self.utilization.look()
        return {each["MetricName"]: each["Value"] for _, _, data in self.put[before:] for each in data}


class Running:
    """A program as far as it is looked at."""

    def __init__(self, pid, started, memory):
        self.pid, self.started = pid, started
        self.program = SimpleNamespace(limits=SimpleNamespace(memory=memory))


@pytest.fixture
def world(monkeypatch):
    return World(monkeypatch)


def test_cpu_is_percent_of_a_core_since_the_start_and_then_since_the_last_look(world):
    assert world.look(102, cpu=1.0)["CPUUtilization"] == 50
    assert world.look(112, cpu=16.0)["CPUUtilization"] == 150


def test_memory_is_percent_of_what_the_program_may_have_and_disk_of_the_machines(world):
    shown = world.look(102, cpu=0, memory=250)
    assert shown["MemoryUtilization"] == 25
    assert shown["DiskUtilization"] == 25


def test_a_program_without_a_limit_has_no_percent_of_it(monkeypatch):
    assert "MemoryUtilization" not in World(monkeypatch, memory=None).look(102, cpu=0, memory=250)


def test_a_program_is_measured_soon_after_its_start_and_then_every_few_seconds(world):
    assert world.look(100.5, cpu=0) == {}
    assert world.look(101, cpu=0)
    assert world.look(105, cpu=0) == {}
    assert world.look(106, cpu=0)


def test_metrics_have_sagemakers_namespace_dimensions_and_unit(world):
    world.look(102, cpu=0)
    account, namespace, data = world.put[0]
    assert (account, namespace) == ("2", "/aws/sagemaker/Endpoints")
    assert {each["Unit"] for each in data} == {"Percent"}
    assert data[0]["Dimensions"] == [
        {"Name": "EndpointName", "Value": "flights-prod"},
        {"Name": "VariantName", "Value": "v1-0-0"},
    ]


def test_a_program_that_ended_is_forgotten_and_measured_anew_when_it_is_back(world):
    world.look(102, cpu=1.0)
    kept, world.instances = world.instances, []
    assert world.look(110, cpu=5.0) == {}
    world.instances = kept
    assert world.look(110, cpu=5.0)["CPUUtilization"] == 50


class Process:
    """One process, or one that has just ended."""

    def __init__(self, *times):
        self.times = times

    def cpu_times(self):
        if not self.times:
            raise psutil.NoSuchProcess(1)
        return (*self.times, 99.0)  # the fifth is time waited for a disk

    def memory_info(self):
        if not self.times:
            raise psutil.NoSuchProcess(1)
        return SimpleNamespace(rss=10)


def test_what_a_family_used_is_its_own_and_its_ended_childrens_and_a_process_that_ends_meanwhile_is_none():
    assert usage([Process(1.0, 2.0, 3.0, 4.0), Process(), Process(1.0, 0.0, 0.0, 0.0)]) == Usage(11.0, 20)
