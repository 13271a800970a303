"""The endpoint calls: what SageMaker refuses, and what it answers before the change is carried out."""

from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from sandbox.cloud import Cloud
from sandbox.hosting.changes import Changes, Target, Wanted
from sandbox.hosting.container import Spec
from sandbox.hosting.endpoint import Capture, Endpoint, Status, Variant
from sandbox.hosting.execution_role import ExecutionRole
from sandbox.refusal import RefusedError
from sandbox.sagemaker.configs import find_config
from sandbox.sagemaker.listing import page
from sandbox.sagemaker.models import find_model
from sandbox.sagemaker.requests import (
    CaptureContentType,
    CreateEndpoint,
    DataCapture,
    EndpointName,
    ListEndpoints,
    ProductionVariant,
    UpdateEndpoint,
    UpdateWeights,
)
from sandbox.sagemaker.store import Account, absent, existing
from sandbox.sagemaker.tags import checked

T = TypeVar("T")

_LISTED = {"EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus"}
_SETTLED: set[Status] = {"InService", "Failed", "UpdateRollbackFailed"}


def create_endpoint(account: Account, request: CreateEndpoint, changes: Changes) -> dict[str, Any]:
    arn = account.arn("endpoint", request.endpoint_name)
    if request.endpoint_name in account.endpoints:
        raise existing("endpoint", arn)
    config = find_config(account, request.endpoint_config_name).request
    variants = {v.variant_name: _variant(account, v) for v in config.production_variants}
    tags = checked(request.tags)
    endpoint = Endpoint(
        request.endpoint_name,
        arn,
        account.id,
        request.endpoint_config_name,
        _capture(config.data_capture_config),
    )
    changes.create(account, endpoint, variants)
    account.tags[arn] = tags
    return {"EndpointArn": arn}


def describe_endpoint(account: Account, request: EndpointName) -> dict[str, Any]:
    return find_endpoint(account, request.endpoint_name).show()


def list_endpoints(account: Account, request: ListEndpoints) -> dict[str, Any]:
    wanted = request.status_equals
    return page(
        "Endpoints",
        [e for e in account.endpoints.values() if wanted in {None, e.show()["EndpointStatus"]}],
        request,
        name=lambda endpoint: endpoint.name,
        show=lambda endpoint: {name: value for name, value in endpoint.show().items() if name in _LISTED},
    )


def update_endpoint(
    account: Account, request: UpdateEndpoint, changes: Changes, cloud: Cloud
) -> dict[str, Any]:
    """Refuses a change while another runs, and a variant dropped from under its autoscaling target."""
    endpoint = _settled(account, request.endpoint_name)
    if endpoint.status == "Failed":
        raise RefusedError(
            f'Cannot update endpoint "{endpoint.arn}" in Failed status: delete it and create another.'
        )
    if request.exclude_retained_variant_properties and not request.retain_all_variant_properties:
        raise RefusedError("ExcludeRetainedVariantProperties needs RetainAllVariantProperties to be true.")
    config = find_config(account, request.endpoint_config_name).request
    _no_scalable_target_lost(account, cloud, endpoint, {v.variant_name for v in config.production_variants})
    excluded = {item.variant_property_type for item in request.exclude_retained_variant_properties}
    retained = {"DesiredInstanceCount", "DesiredWeight", "DataCaptureConfig"} - excluded
    if not request.retain_all_variant_properties:
        retained = set()
    variants = {v.variant_name: _variant(account, v) for v in config.production_variants}
    weight, count = "DesiredWeight" in retained, "DesiredInstanceCount" in retained
    desired = changes.keeps_desired(account, endpoint, weight=weight, count=count)
    for name, fresh in variants.items():
        if old := endpoint.variants.get(name):
            fresh.inherit(old, weight=weight, count=count, desired=desired)
    if not sum(variant.current_weight for variant in variants.values()):
        raise RefusedError("The sum of all production variant weights must be greater than 0.")
    capture = _capture(config.data_capture_config)
    if "DataCaptureConfig" in retained:
        capture = changes.retained_capture(account, endpoint, capture)
    changes.update(account, endpoint, Target(request.endpoint_config_name, variants, capture))
    return {"EndpointArn": endpoint.arn}


def update_endpoint_weights(account: Account, request: UpdateWeights, changes: Changes) -> dict[str, Any]:
    """Desired at once, Current when the change is through."""
    endpoint = _settled(account, request.endpoint_name)
    if endpoint.status != "InService":
        raise RefusedError(f'Cannot update endpoint "{endpoint.arn}" in {endpoint.status} status.')
    desired = {item.variant_name: item for item in request.desired_weights_and_capacities}
    if len(desired) != len(request.desired_weights_and_capacities):
        raise RefusedError("A production variant is named twice in DesiredWeightsAndCapacities.")
    if unknown := sorted(desired.keys() - endpoint.variants.keys()):
        raise RefusedError(
            f"The production variant {unknown[0]} does not exist in endpoint {endpoint.name}, "
            f"which has {', '.join(endpoint.variants)}."
        )
    if not endpoint.weighed and (
        missing := [n for n in endpoint.variants if n not in desired or desired[n].desired_weight is UNSET]
    ):
        raise RefusedError(
            "The first UpdateEndpointWeightsAndCapacities of an endpoint must give the DesiredWeight of every variant: "
            f"{', '.join(missing)} missing."
        )
    weights = {name: variant.current_weight for name, variant in endpoint.variants.items()}
    weights |= {
        name: item.desired_weight for name, item in desired.items() if item.desired_weight is not UNSET
    }
    if not sum(weights.values()):
        raise RefusedError("The sum of all production variant weights must be greater than 0.")
    wanted = {
        name: Wanted(_given(item.desired_weight), _given(item.desired_instance_count))
        for name, item in desired.items()
    }
    changes.weigh(account, endpoint, wanted)
    endpoint.weighed = True
    return {"EndpointArn": endpoint.arn}


def delete_endpoint(account: Account, request: EndpointName, changes: Changes) -> dict[str, Any]:
    changes.delete(account, _settled(account, request.endpoint_name))
    return {}


def find_endpoint(account: Account, name: str) -> Endpoint:
    """Raises RefusedError with SageMaker's words."""
    if name not in account.endpoints:
        raise absent("endpoint", account.arn("endpoint", name))
    return account.endpoints[name]


def _given(value: T | UnsetType) -> T | None:
    return None if value is UNSET else value


def _settled(account: Account, name: str) -> Endpoint:
    endpoint = find_endpoint(account, name)
    if endpoint.status not in _SETTLED:
        raise RefusedError(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    return endpoint


def _no_scalable_target_lost(account: Account, cloud: Cloud, endpoint: Endpoint, variants: set[str]) -> None:
    # terraform-provider-aws#14337: autoscaling must let go of a variant before the endpoint does.
    lost = [
        name
        for name in endpoint.variants
        if name not in variants
        and cloud.is_scalable_target(account.id, account.region, f"endpoint/{endpoint.name}/variant/{name}")
    ]
    if lost:
        raise RefusedError(
            f"The following variant(s) must be deregistered as scalable targets with AWS Auto Scaling before they can "
            f"be removed: {', '.join(lost)}"
        )


def _capture(wanted: DataCapture | None) -> Capture | None:
    if wanted is None:
        return None
    return Capture(
        wanted.enable_capture,
        wanted.initial_sampling_percentage,
        wanted.destination_s3_uri,
        wanted.kms_key_id or "",
        frozenset(
            mode
            for option in wanted.capture_options
            for mode in (
                ("Input", "Output") if option.capture_mode == "InputAndOutput" else (option.capture_mode,)
            )
        ),
        *_plain(wanted.capture_content_type_header),
    )


def _plain(header: CaptureContentType | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Content types that are kept as text: JSON, CSV."""
    if header is None:
        return (), ()
    lists = (header.json_content_types or (), header.csv_content_types or ())
    json, csv = (tuple(each.lower() for each in types) for types in lists)
    return json, csv


def _variant(account: Account, wanted: ProductionVariant) -> Variant:
    model = find_model(account, wanted.model_name).request
    container = model.primary_container
    spec = Spec(
        account.id,
        container.image,
        container.model_data_url,
        tuple(sorted(container.environment.items())),
        ExecutionRole(model.execution_role_arn, account.id, account.region),
        model.enable_network_isolation,
    )
    weight, count = wanted.initial_variant_weight, wanted.initial_instance_count
    return Variant(
        wanted.variant_name,
        spec,
        wanted.instance_type,
        weight,
        weight,
        count,
        count,
        startup=wanted.startup_timeout,
    )
