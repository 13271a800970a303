"""Every SageMaker action that the sandbox knows, by name; another is refused by name."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from sandbox.accounts import ACCOUNTS, REGION
from sandbox.api.request import Request as HttpRequest
from sandbox.api.structs import acts_by
from sandbox.call import Call
from sandbox.cloud import Cloud
from sandbox.hosting.changes import Changes
from sandbox.hosting.delays import Delays
from sandbox.hosting.execution_role import Reader
from sandbox.hosting.image import Images
from sandbox.json_service import read_call
from sandbox.refusal import Answer
from sandbox.sagemaker import configs, endpoints, models, packages, tags
from sandbox.sagemaker import requests as r
from sandbox.sagemaker.store import Account

Request = TypeVar("Request", bound=r.Input)
# What it takes, and what it does with it.
Action = tuple[type[r.Input], Callable[[Account, Any], dict[str, Any]]]


def _reads(kind: type[Request], act: Callable[[Account, Request], dict[str, Any]]) -> Action:
    """The two belong together."""
    return kind, act


@dataclass
class SageMaker:
    """The accounts' SageMaker."""

    cloud: Cloud
    reader: Reader
    changes: Changes
    images: Images
    delays: Delays
    others: Mapping[str, Action] = field(default_factory=dict)  # of pipelines and jobs (sandbox.training)
    accounts: dict[str, Account] = field(
        default_factory=lambda: {a.id: Account(a.id, REGION) for a in ACCOUNTS}
    )

    def __post_init__(self) -> None:
        cloud, reader, changes, images = self.cloud, self.reader, self.changes, self.images
        self._actions: dict[str, Action] = {
            "CreateModel": _reads(
                r.CreateModel, self._found_late(lambda a, q: models.create_model(a, q, reader, images))
            ),
            "DescribeModel": _reads(r.ModelName, models.describe_model),
            "DeleteModel": _reads(r.ModelName, models.delete_model),
            "ListModels": _reads(r.Listing, models.list_models),
            "CreateEndpointConfig": _reads(
                r.CreateEndpointConfig, self._found_late(configs.create_endpoint_config)
            ),
            "DescribeEndpointConfig": _reads(r.EndpointConfigName, configs.describe_endpoint_config),
            "DeleteEndpointConfig": _reads(r.EndpointConfigName, configs.delete_endpoint_config),
            "ListEndpointConfigs": _reads(r.Listing, configs.list_endpoint_configs),
            "CreateEndpoint": _reads(r.CreateEndpoint, lambda a, q: endpoints.create_endpoint(a, q, changes)),
            "DescribeEndpoint": _reads(r.EndpointName, endpoints.describe_endpoint),
            "ListEndpoints": _reads(r.ListEndpoints, endpoints.list_endpoints),
            "UpdateEndpoint": _reads(
                r.UpdateEndpoint, lambda a, q: endpoints.update_endpoint(a, q, changes, cloud)
            ),
            "UpdateEndpointWeightsAndCapacities": _reads(
                r.UpdateWeights, lambda a, q: endpoints.update_endpoint_weights(a, q, changes)
            ),
            "DeleteEndpoint": _reads(r.EndpointName, lambda a, q: endpoints.delete_endpoint(a, q, changes)),
            "CreateModelPackageGroup": _reads(r.CreateModelPackageGroup, packages.create_group),
            "DescribeModelPackageGroup": _reads(r.ModelPackageGroupName, packages.describe_group),
            "DeleteModelPackageGroup": _reads(r.ModelPackageGroupName, packages.delete_group),
            "ListModelPackageGroups": _reads(r.Listing, packages.list_groups),
            "CreateModelPackage": _reads(r.CreateModelPackage, packages.create_package),
            "DescribeModelPackage": _reads(r.ModelPackageName, packages.describe_package),
            "UpdateModelPackage": _reads(r.UpdateModelPackage, packages.update_package),
            "DeleteModelPackage": _reads(r.ModelPackageName, packages.delete_package),
            "ListModelPackages": _reads(r.ListModelPackages, packages.list_packages),
            "AddTags": _reads(r.AddTags, tags.add_tags),
            "ListTags": _reads(r.ListTags, tags.list_tags),
            "DeleteTags": _reads(r.DeleteTags, tags.delete_tags),
            **self.others,
        }

        self.acts = {name: acts_by(kind) for name, (kind, _) in self._actions.items()}

    def hide(self, account: str, arn: str, seconds: float) -> None:
        """Let a new thing be found only after so long; describing finds it after half of that, and proves nothing."""
        with self.accounts[account].lock:
            self.accounts[account].hide(arn, described=seconds / 2, used=seconds)

    def _found_late(
        self, create: Callable[[Account, Request], dict[str, Any]]
    ) -> Callable[[Account, Request], dict[str, Any]]:
        """What it makes cannot be used at once (`unseen` of SANDBOX_DELAYS)."""

        def made(account: Account, request: Request) -> dict[str, Any]:
            answer = create(account, request)
            (arn,) = answer.values()
            account.hide(arn, described=0.0, used=self.delays.of("unseen"))
            return answer

        return made

    def answer(self, call: Call, account: str, _request: HttpRequest) -> Answer:
        """Run one call; raises RefusedError."""
        request, act = read_call(call, self._actions, "SageMaker")
        if isinstance(request, r.Described):
            request = msgspec.structs.replace(request, given=dict(call.members))
        here = self.accounts[account]
        with here.lock:
            result = act(here, request)
        return Answer(200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(result).encode())
