"""CreateEndpointConfig, DescribeEndpointConfig, DeleteEndpointConfig, ListEndpointConfigs."""

from typing import Any

from sandbox.clock import now
from sandbox.refusal import RefusedError
from sandbox.sagemaker.listing import page
from sandbox.sagemaker.models import find_model
from sandbox.sagemaker.requests import CreateEndpointConfig, EndpointConfigName, Listing, shown
from sandbox.sagemaker.store import Account, Config, absent, existing
from sandbox.sagemaker.tags import checked


def create_endpoint_config(account: Account, request: CreateEndpointConfig) -> dict[str, Any]:
    name = request.endpoint_config_name
    arn = account.arn("endpoint-config", name)
    if name in account.configs:
        raise existing("endpoint configuration", arn)
    variants = request.production_variants
    if len({variant.variant_name for variant in variants}) != len(variants):
        raise RefusedError("Production variant names in an endpoint configuration must be unique.")
    if not sum(variant.initial_variant_weight for variant in variants):
        raise RefusedError("The sum of all production variant weights must be greater than 0.")
    for variant in variants:
        find_model(account, variant.model_name)
    account.tags[arn] = checked(request.tags)
    account.configs[name] = Config(arn, now(), request)
    return {"EndpointConfigArn": arn}


def describe_endpoint_config(account: Account, request: EndpointConfigName) -> dict[str, Any]:
    config = find_config(account, request.endpoint_config_name, describing=True)
    return {**shown(config.request), "EndpointConfigArn": config.arn, "CreationTime": config.created}


def delete_endpoint_config(account: Account, request: EndpointConfigName) -> dict[str, Any]:
    """Refused under an endpoint: SageMaker's own docs forbid it, and it breaks the endpoint's next change."""
    config = find_config(account, request.endpoint_config_name)
    for endpoint in account.endpoints.values():
        if request.endpoint_config_name in endpoint.config_names():
            raise RefusedError(
                f'Cannot delete endpoint configuration "{config.arn}" because it is in use by endpoint "{endpoint.arn}".'
            )
    del account.configs[request.endpoint_config_name]
    account.tags.pop(config.arn, None)
    return {}


def list_endpoint_configs(account: Account, request: Listing) -> dict[str, Any]:
    return page(
        "EndpointConfigs",
        account.configs.values(),
        request,
        name=lambda config: config.request.endpoint_config_name,
        show=lambda config: {
            "EndpointConfigName": config.request.endpoint_config_name,
            "EndpointConfigArn": config.arn,
            "CreationTime": config.created,
        },
    )


def find_config(account: Account, name: str, *, describing: bool = False) -> Config:
    """Raises RefusedError with SageMaker's words, also while it is too new to be found."""
    arn = account.arn("endpoint-config", name)
    if name not in account.configs or not account.sees(arn, describing=describing):
        raise absent("endpoint configuration", arn)
    return account.configs[name]
