"""Autoscaling's scale-in of a variant that nobody asks: to its minimum, as Application Auto Scaling does.

"If the traffic to a variant becomes zero, SageMaker automatically scales in to the minimum number of instances specified."
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
Scaling out is left to a later alarm evaluation.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.accounts import REGION
from sandbox.cloud import Cloud
from sandbox.hosting.account import Account
from sandbox.hosting.changes import Changes, Wanted
from sandbox.hosting.delays import Delays
from sandbox.hosting.endpoint import Endpoint

_LOG = logging.getLogger(__name__)


class Scaling:
    """Every variant that a policy scales."""

    def __init__(self, cloud: Cloud, changes: Changes, delays: Delays) -> None:
        self._cloud = cloud
        self._changes = changes
        self._delays = delays
        self._invoked: dict[tuple[str, str, str], float] = {}  # account, endpoint and variant: monotonic

    def note(self, batch: Iterable[Mapping[str, Any]]) -> None:
        """Learn from the data plane's metrics who was invoked."""
        for item in batch:
            for metric in item["metrics"]:
                of = {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
                self._invoked[item["account"], of["EndpointName"], of["VariantName"]] = time.monotonic()

    def watch(self, account: Account) -> None:
        """Scale idle variants in; blocked, as on AWS, while their endpoint changes."""
        with account.lock:
            for endpoint in account.endpoints.values():
                if endpoint.status == "InService" and (wanted := self._idle(account, endpoint)):
                    _LOG.info("%s is idle: scaled in to %s", endpoint.name, wanted)
                    self._changes.weigh(account, endpoint, wanted)

    def _idle(self, account: Account, endpoint: Endpoint) -> dict[str, Wanted]:
        idle = {}
        for name, variant in endpoint.variants.items():
            resource = f"endpoint/{endpoint.name}/variant/{name}"
            least = self._cloud.scales_in_to(account.id, REGION, resource)
            if least is None or variant.current_count <= least:
                continue
            invoked = self._invoked.get((account.id, endpoint.name, name), 0.0)
            if time.monotonic() - max(invoked, endpoint.steady_since) >= self._delays.idle:
                idle[name] = Wanted(count=least)
        return idle
