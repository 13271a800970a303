"""ECS, which moto's Application Auto Scaling loads with all of EC2 and every instance type: half of what a sandbox takes to start.

The sandbox has neither. Whoever scales a service of ECS is told, as by moto, that there is none.
"""

import sys
from collections import defaultdict
from types import ModuleType


class _NoServices:
    """What moto's Application Auto Scaling asks of ECS: `(services, failures)`."""

    def describe_services(self, cluster: str, services: list[str]) -> tuple[list[object], list[object]]:  # noqa: ARG002 - moto's
        return [], []


def stand_in() -> None:
    """Take the place of moto's ECS, before moto imports it."""
    module = ModuleType("moto.ecs")
    # account → region → what there is
    vars(module)["ecs_backends"] = defaultdict(lambda: defaultdict(_NoServices))
    sys.modules.setdefault("moto.ecs", module)
