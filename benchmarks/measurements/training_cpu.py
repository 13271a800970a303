"""What training adds to a preview: CPU per resource, and of the pipeline's definition."""

import json
import statistics

from benchmarks.row import Row
from benchmarks.world import World
from tools.demo.run import ROOT
from tools.meter import cpu

_PAIRS = 5
_TIMES = 5
# In a process of its own, after pulumi, which the program has anyway.
_DEFINITION = """\
import time, pulumi, pulumi_aws
from pathlib import Path
began = time.process_time()
from components.definition import filled
values = {"model": "flights", "environment": "staging", "region": "eu-west-1", "training_role": "arn:t", "registrar_role": "arn:r",
          "key_arn": "arn:k", "runs": "s3://b/runs", "instance": "ml.m5.large", "network": None, "tags": {"model": "flights"}}
filled(Path("pipelines/definition.json").read_text(encoding="utf-8"), values)
print(time.process_time() - began)
"""


def measure(world: World) -> list[Row]:
    """Staging trains, prod does not."""
    for environment in ("staging", "prod"):
        world.demo.deploy(environment)
    more = _resources(world, "staging") - _resources(world, "prod")
    turns = [(_preview(world, "staging"), _preview(world, "prod")) for _ in range(_PAIRS)]
    trains, serves = (statistics.median(each) for each in zip(*turns, strict=True))
    each = statistics.median(own - other for own, other in turns) / more
    definition = statistics.median(_definition(world) for _ in range(_TIMES))
    return [
        Row(
            what="CPU of each further resource in an unchanged preview",
            measured=each,
            bar=0.03,
            unit="s",
            made_of=f"{trains:.2f} s of CPU of staging, which trains, against {serves:.2f} s of prod, with {more} resources more "
            f"(medians of {_PAIRS} pairs)",
        ),
        Row(
            what="CPU of the pipeline's definition in the program",
            measured=definition,
            bar=0.05,
            unit="s",
            made_of=f"import, reading and filling it, the median of {_TIMES} processes",
        ),
    ]


def _preview(world: World, environment: str) -> float:
    command = ("pulumi", "preview", "--non-interactive", "--stack", environment)
    return cpu(command, world.demo.environ, ROOT)


def _resources(world: World, environment: str) -> int:
    exported = world.demo.run("bench-export", "pulumi", "stack", "export", "--stack", environment)
    return len(json.loads(exported)["deployment"]["resources"])


def _definition(world: World) -> float:
    return float(world.demo.run("bench-definition", "python", "-c", _DEFINITION))
