"""Every SageMaker action that the sandbox knows, by name; another is refused by name."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from sandbox.accounts import ACCOUNTS, REGION
from sandbox.call import Call
from sandbox.call import Request as HttpRequest
from sandbox.cloud import Cloud
from sandbox.hosting.changes import Changes
from sandbox.refusal import Answer, RefusedError, unknown
from sandbox.sagemaker import configs, endpoints, models, packages, tags
from sandbox.sagemaker import requests as r
from sandbox.sagemaker.store import Account

Request = TypeVar("Request", bound=r.Input)
Action = Callable[[Account, bytes], dict[str, Any]]


def _reads(kind: type[Request], act: Callable[[Account, Request], dict[str, Any]]) -> Action:
    """An action that reads its input strictly."""
    decoder = msgspec.json.Decoder(kind)

    def action(account: Account, body: bytes) -> dict[str, Any]:
        try:
            request = decoder.decode(body)
        except msgspec.ValidationError as error:
            raise RefusedError(f"1 validation error detected: {error}") from None
        except msgspec.DecodeError as error:
            raise RefusedError(f"the body is not JSON: {error}", "SerializationException") from None
        with account.lock:
            return act(account, request)

    return action


@dataclass
class SageMaker:
    """The accounts' SageMaker."""

    cloud: Cloud
    changes: Changes
    accounts: dict[str, Account] = field(
        default_factory=lambda: {a.id: Account(a.id, REGION) for a in ACCOUNTS}
    )

    def __post_init__(self) -> None:
        cloud, changes = self.cloud, self.changes
        self._actions: dict[str, Action] = {
            "CreateModel": _reads(r.CreateModel, lambda a, q: models.create_model(a, q, cloud)),
            "DescribeModel": _reads(r.ModelName, models.describe_model),
            "DeleteModel": _reads(r.ModelName, models.delete_model),
            "ListModels": _reads(r.Listing, models.list_models),
            "CreateEndpointConfig": _reads(r.CreateEndpointConfig, configs.create_endpoint_config),
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
        }

    def answer(self, call: Call, account: str, request: HttpRequest) -> Answer:
        """Run one call; raises RefusedError."""
        if call.action not in self._actions:
            raise unknown(call)
        if call.region != REGION:
            raise RefusedError(f"the sandbox's SageMaker is in {REGION}, not in {call.region}")
        result = self._actions[call.action](self.accounts[account], request.body or b"{}")
        return Answer(200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(result).encode())
