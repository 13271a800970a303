"""The members of SageMaker's calls that the sandbox acts on, or keeps and shows.

Names, patterns, lengths and ranges are AWS's model's business (`modeldelivery.awsmodels.check`), which every request has passed. A member
of AWS's that is not here is taken with AWS's default only (`sandbox.api.acts`). A default here is what SageMaker shows
where a caller said nothing.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field


class Input(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A call's input; Python's snake_case is SageMaker's PascalCase."""


class Described(Input, frozen=True, kw_only=True):
    """An input that a Describe call repeats, `given` to the letter."""

    given: dict[str, Any] = {}


def shown(request: Described) -> dict[str, Any]:
    """What was given, and SageMaker's defaults."""
    kept = _merged(_without_nothing(msgspec.to_builtins(request)), request.given)
    return {name: value for name, value in kept.items() if name not in {"Tags", "ClientToken", "Given"}}


def _merged(defaults: Any, given: Any) -> Any:
    if isinstance(defaults, dict) and isinstance(given, dict):
        return defaults | {name: _merged(defaults.get(name), one) for name, one in given.items()}
    if isinstance(defaults, list) and isinstance(given, list) and len(defaults) == len(given):
        return [_merged(*pair) for pair in zip(defaults, given, strict=True)]
    return given


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nothing(one) for name, one in value.items() if one is not None}
    return [_without_nothing(one) for one in value] if isinstance(value, list) else value


class Tag(Input, frozen=True, kw_only=True):
    key: str
    value: str


class Container(Input, frozen=True, kw_only=True):
    image: str
    model_data_url: str | None = None
    environment: dict[str, str] = {}
    mode: Literal["SingleModel"] = "SingleModel"
    container_hostname: str | None = None


class VpcConfig(Input, frozen=True, kw_only=True):
    security_group_ids: list[str]
    subnets: list[str]


class CreateModel(Described, frozen=True, kw_only=True):
    model_name: str
    primary_container: Container
    execution_role_arn: str
    vpc_config: VpcConfig | None = None
    enable_network_isolation: bool = False
    tags: list[Tag] = []


class ModelName(Input, frozen=True, kw_only=True):
    model_name: str


class ProductionVariant(Input, frozen=True, kw_only=True):
    variant_name: str
    model_name: str
    initial_instance_count: int
    instance_type: str
    initial_variant_weight: float = 1.0
    volume_size: int | None = field(name="VolumeSizeInGB", default=None)
    model_data_download_timeout: int | None = field(name="ModelDataDownloadTimeoutInSeconds", default=None)
    startup_timeout: int | None = field(name="ContainerStartupHealthCheckTimeoutInSeconds", default=None)


class CaptureOption(Input, frozen=True, kw_only=True):
    capture_mode: Literal["Input", "Output", "InputAndOutput"]


class CaptureContentType(Input, frozen=True, kw_only=True):
    csv_content_types: list[str] | None = None
    json_content_types: list[str] | None = None


class DataCapture(Input, frozen=True, kw_only=True):
    enable_capture: bool = False
    initial_sampling_percentage: int
    destination_s3_uri: str = field(name="DestinationS3Uri")
    kms_key_id: str | None = None
    capture_options: list[CaptureOption]
    capture_content_type_header: CaptureContentType | None = None


class CreateEndpointConfig(Described, frozen=True, kw_only=True):
    endpoint_config_name: str
    production_variants: list[ProductionVariant]
    data_capture_config: DataCapture | None = None
    kms_key_id: str | None = None
    execution_role_arn: str | None = None
    tags: list[Tag] = []


class EndpointConfigName(Input, frozen=True, kw_only=True):
    endpoint_config_name: str


class CreateEndpoint(Input, frozen=True, kw_only=True):
    endpoint_name: str
    endpoint_config_name: str
    tags: list[Tag] = []


class EndpointName(Input, frozen=True, kw_only=True):
    endpoint_name: str


class RetainedProperty(Input, frozen=True, kw_only=True):
    variant_property_type: Literal["DesiredInstanceCount", "DesiredWeight", "DataCaptureConfig"]


class UpdateEndpoint(Input, frozen=True, kw_only=True):
    endpoint_name: str
    endpoint_config_name: str
    retain_all_variant_properties: bool = False
    exclude_retained_variant_properties: list[RetainedProperty] = []


class WeightAndCapacity(Input, frozen=True, kw_only=True):
    variant_name: str
    desired_weight: float | UnsetType = UNSET
    # AWS's model allows 0, for endpoints of inference components, which the sandbox does not have.
    desired_instance_count: Annotated[int, Meta(ge=1)] | UnsetType = UNSET


class UpdateWeights(Input, frozen=True, kw_only=True):
    endpoint_name: str
    desired_weights_and_capacities: list[WeightAndCapacity]


class Listing(Input, frozen=True, kw_only=True):
    """What every List call accepts; tokens are the offset of the next page."""

    name_contains: str | None = None
    max_results: int = 10
    next_token: str | None = None
    sort_by: str | None = None
    sort_order: Literal["Ascending", "Descending"] | None = None
    creation_time_after: float | None = None
    creation_time_before: float | None = None


class ListEndpoints(Listing, frozen=True, kw_only=True):
    status_equals: str | None = None


class AddTags(Input, frozen=True, kw_only=True):
    resource_arn: str
    tags: list[Tag]


class ListTags(Input, frozen=True, kw_only=True):
    resource_arn: str
    next_token: str | None = None
    max_results: int | None = None


class DeleteTags(Input, frozen=True, kw_only=True):
    resource_arn: str
    tag_keys: list[str]


class CreateModelPackageGroup(Input, frozen=True, kw_only=True):
    model_package_group_name: str
    model_package_group_description: str | None = None
    tags: list[Tag] = []


class ModelPackageGroupName(Input, frozen=True, kw_only=True):
    model_package_group_name: str  # a name or an ARN


class PackageContainer(Input, frozen=True, kw_only=True):
    image: str
    image_digest: str | None = None
    model_data_url: str | None = None
    model_data_etag: str | None = field(name="ModelDataETag", default=None)
    environment: dict[str, str] | None = None
    container_hostname: str | None = None
    framework: str | None = None
    framework_version: str | None = None
    nearest_model_name: str | None = None


class InferenceSpecification(Input, frozen=True, kw_only=True):
    containers: list[PackageContainer]
    supported_content_types: list[str] | None = None
    supported_response_types: list[str] | None = field(name="SupportedResponseMIMETypes", default=None)
    supported_transform_instance_types: list[str] | None = None
    supported_realtime_instance_types: list[str] | None = field(
        name="SupportedRealtimeInferenceInstanceTypes", default=None
    )


Approval = Literal["Approved", "Rejected", "PendingManualApproval"]


class CreateModelPackage(Described, frozen=True, kw_only=True):
    model_package_group_name: str
    model_package_description: str | None = None
    inference_specification: InferenceSpecification
    model_approval_status: Approval = "PendingManualApproval"
    customer_metadata_properties: dict[str, str] | None = None
    model_metrics: dict[str, object] | None = None
    metadata_properties: dict[str, str] | None = None
    drift_check_baselines: dict[str, object] | None = None
    client_token: str | None = None


class ModelPackageName(Input, frozen=True, kw_only=True):
    model_package_name: str  # an ARN


class UpdateModelPackage(Input, frozen=True, kw_only=True):
    model_package_arn: str
    model_approval_status: Approval | None = None
    approval_description: str | None = None
    customer_metadata_properties: dict[str, str] = {}
    customer_metadata_properties_to_remove: list[str] = []


class ListModelPackages(Listing, frozen=True, kw_only=True):
    model_package_group_name: str | None = None
    model_approval_status: Approval | None = None
    model_package_type: Literal["Versioned"] | None = None
