"""What SageMaker's calls accept. A field that is not here is refused, never ignored."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$")]
Weight = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
Arn = Annotated[str, Meta(pattern=r"^arn:aws:")]


class Input(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="pascal", omit_defaults=True
):
    """A call's input; Python's snake_case is SageMaker's PascalCase."""


class Tag(Input, frozen=True, kw_only=True):
    key: Annotated[str, Meta(min_length=1, max_length=128)]
    value: Annotated[str, Meta(max_length=256)]


class Container(Input, frozen=True, kw_only=True):
    image: str
    model_data_url: str | None = None
    environment: dict[str, str] = {}
    mode: Literal["SingleModel"] = "SingleModel"
    container_hostname: str | None = None


class VpcConfig(Input, frozen=True, kw_only=True):
    security_group_ids: list[str]
    subnets: list[str]


class CreateModel(Input, frozen=True, kw_only=True):
    model_name: Name
    primary_container: Container
    execution_role_arn: Arn
    vpc_config: VpcConfig | None = None
    enable_network_isolation: bool = False
    tags: list[Tag] = []


class ModelName(Input, frozen=True, kw_only=True):
    model_name: Name


class ProductionVariant(Input, frozen=True, kw_only=True):
    variant_name: Name
    model_name: Name
    initial_instance_count: Annotated[int, Meta(ge=1)]
    instance_type: Annotated[str, Meta(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]
    initial_variant_weight: Weight = 1.0
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
    initial_sampling_percentage: Annotated[int, Meta(ge=0, le=100)]
    destination_s3_uri: Annotated[str, Meta(pattern=r"^s3://")] = field(name="DestinationS3Uri")
    kms_key_id: str | None = None
    capture_options: Annotated[list[CaptureOption], Meta(min_length=1, max_length=32)]
    capture_content_type_header: CaptureContentType | None = None


class CreateEndpointConfig(Input, frozen=True, kw_only=True):
    endpoint_config_name: Name
    production_variants: Annotated[list[ProductionVariant], Meta(min_length=1)]
    data_capture_config: DataCapture | None = None
    kms_key_id: str | None = None
    execution_role_arn: Arn | None = None
    tags: list[Tag] = []


class EndpointConfigName(Input, frozen=True, kw_only=True):
    endpoint_config_name: Name


class CreateEndpoint(Input, frozen=True, kw_only=True):
    endpoint_name: Name
    endpoint_config_name: Name
    tags: list[Tag] = []


class EndpointName(Input, frozen=True, kw_only=True):
    endpoint_name: Name


class RetainedProperty(Input, frozen=True, kw_only=True):
    variant_property_type: Literal["DesiredInstanceCount", "DesiredWeight", "DataCaptureConfig"]


class UpdateEndpoint(Input, frozen=True, kw_only=True):
    endpoint_name: Name
    endpoint_config_name: Name
    retain_all_variant_properties: bool = False
    exclude_retained_variant_properties: list[RetainedProperty] = []


class WeightAndCapacity(Input, frozen=True, kw_only=True):
    variant_name: Name
    desired_weight: Weight | UnsetType = UNSET
    desired_instance_count: Count | UnsetType = UNSET


class UpdateWeights(Input, frozen=True, kw_only=True):
    endpoint_name: Name
    desired_weights_and_capacities: Annotated[list[WeightAndCapacity], Meta(min_length=1)]


class Listing(Input, frozen=True, kw_only=True):
    """What every List call accepts; tokens are the offset of the next page."""

    name_contains: str | None = None
    max_results: Annotated[int, Meta(ge=1, le=100)] = 10
    next_token: str | None = None
    sort_by: str | None = None
    sort_order: Literal["Ascending", "Descending"] | None = None
    creation_time_after: float | None = None
    creation_time_before: float | None = None


class ListEndpoints(Listing, frozen=True, kw_only=True):
    status_equals: str | None = None


class AddTags(Input, frozen=True, kw_only=True):
    resource_arn: Arn
    tags: list[Tag]


class ListTags(Input, frozen=True, kw_only=True):
    resource_arn: Arn
    next_token: str | None = None
    max_results: int | None = None


class DeleteTags(Input, frozen=True, kw_only=True):
    resource_arn: Arn
    tag_keys: list[str]


class CreateModelPackageGroup(Input, frozen=True, kw_only=True):
    model_package_group_name: Name
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
    containers: Annotated[list[PackageContainer], Meta(min_length=1, max_length=15)]
    supported_content_types: list[str] = field(name="SupportedContentTypes", default_factory=list)
    supported_response_types: list[str] = field(name="SupportedResponseMIMETypes", default_factory=list)
    supported_transform_instance_types: list[str] | None = None
    supported_realtime_instance_types: list[str] | None = field(
        name="SupportedRealtimeInferenceInstanceTypes", default=None
    )


Approval = Literal["Approved", "Rejected", "PendingManualApproval"]


class CreateModelPackage(Input, frozen=True, kw_only=True):
    model_package_group_name: str
    model_package_description: str | None = None
    inference_specification: InferenceSpecification
    model_approval_status: Approval = "PendingManualApproval"
    approval_description: str | None = None
    customer_metadata_properties: dict[str, str] = {}
    model_metrics: dict[str, object] | None = None
    metadata_properties: dict[str, str] | None = None
    drift_check_baselines: dict[str, object] | None = None
    client_token: str | None = None


class ModelPackageName(Input, frozen=True, kw_only=True):
    model_package_name: str  # an ARN


class UpdateModelPackage(Input, frozen=True, kw_only=True):
    model_package_arn: Arn
    model_approval_status: Approval | None = None
    approval_description: str | None = None
    customer_metadata_properties: dict[str, str] = {}
    customer_metadata_properties_to_remove: list[str] = []


class ListModelPackages(Listing, frozen=True, kw_only=True):
    model_package_group_name: str | None = None
    model_approval_status: Approval | None = None
    model_package_type: Literal["Versioned"] | None = None
