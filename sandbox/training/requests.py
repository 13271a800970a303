"""The members of the calls of pipelines and jobs that the sandbox acts on, or keeps and shows.

As sandbox/sagemaker/requests.py: a member of AWS's that is not here is taken with AWS's default only.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import field

from sandbox.api.acts import Acts
from sandbox.api.structs import acts_by
from sandbox.sagemaker.requests import Described, Input, Listing, Tag, VpcConfig


class S3Input(Input, frozen=True, kw_only=True):
    s3_uri: str = field(name="S3Uri")
    local_path: str
    s3_data_type: Literal["S3Prefix"] = field(name="S3DataType")
    s3_input_mode: Literal["File"] = field(name="S3InputMode", default="File")
    s3_data_distribution_type: Literal["FullyReplicated"] = field(
        name="S3DataDistributionType", default="FullyReplicated"
    )
    s3_compression_type: Literal["None"] = field(name="S3CompressionType", default="None")


class ProcessingInput(Input, frozen=True, kw_only=True):
    input_name: str
    s3_input: S3Input = field(name="S3Input")


class S3Output(Input, frozen=True, kw_only=True):
    s3_uri: str = field(name="S3Uri")
    local_path: str
    s3_upload_mode: Literal["EndOfJob"] = field(name="S3UploadMode")


class ProcessingOutput(Input, frozen=True, kw_only=True):
    output_name: str
    s3_output: S3Output = field(name="S3Output")


class ProcessingOutputs(Input, frozen=True, kw_only=True):
    outputs: list[ProcessingOutput]
    kms_key_id: str | None = None


class Cluster(Input, frozen=True, kw_only=True):
    instance_count: Literal[1]
    instance_type: str
    volume_size: int = field(name="VolumeSizeInGB")
    volume_kms_key_id: str | None = None


class ProcessingResources(Input, frozen=True, kw_only=True):
    cluster_config: Cluster


class Stopping(Input, frozen=True, kw_only=True):
    max_runtime: int = field(name="MaxRuntimeInSeconds", default=86_400)


class AppSpecification(Input, frozen=True, kw_only=True):
    image_uri: str
    container_entrypoint: list[str] = field(default_factory=list)
    container_arguments: list[str] = field(default_factory=list)


class Network(Input, frozen=True, kw_only=True):
    enable_network_isolation: bool = False
    enable_inter_container_traffic_encryption: bool = False
    vpc_config: VpcConfig | None = None


class CreateProcessingJob(Described, frozen=True, kw_only=True):
    processing_job_name: str
    processing_inputs: list[ProcessingInput] = field(default_factory=list)
    processing_output_config: ProcessingOutputs | None = None
    processing_resources: ProcessingResources
    stopping_condition: Stopping = Stopping()
    app_specification: AppSpecification
    environment: dict[str, str] = field(default_factory=dict)
    network_config: Network = Network()
    role_arn: str
    tags: list[Tag] = field(default_factory=list)


class S3Source(Input, frozen=True, kw_only=True):
    s3_data_type: Literal["S3Prefix"] = field(name="S3DataType")
    s3_uri: str = field(name="S3Uri")
    s3_data_distribution_type: Literal["FullyReplicated"] = field(
        name="S3DataDistributionType", default="FullyReplicated"
    )


class DataSource(Input, frozen=True, kw_only=True):
    s3_data_source: S3Source = field(name="S3DataSource")


class Channel(Input, frozen=True, kw_only=True):
    channel_name: str
    data_source: DataSource
    content_type: str | None = None
    compression_type: Literal["None"] = "None"
    record_wrapper_type: Literal["None"] = "None"
    input_mode: Literal["File"] = "File"


class Algorithm(Input, frozen=True, kw_only=True):
    training_image: str
    training_input_mode: Literal["File"]
    container_entrypoint: list[str] = field(default_factory=list)
    container_arguments: list[str] = field(default_factory=list)


class TrainingOutput(Input, frozen=True, kw_only=True):
    s3_output_path: str = field(name="S3OutputPath")
    kms_key_id: str | None = None
    compression_type: Literal["GZIP"] = "GZIP"


class CreateTrainingJob(Described, frozen=True, kw_only=True):
    training_job_name: str
    hyper_parameters: dict[str, str] = field(default_factory=dict)
    algorithm_specification: Algorithm
    role_arn: str
    input_data_config: list[Channel] = field(default_factory=list)
    output_data_config: TrainingOutput
    resource_config: Cluster
    vpc_config: VpcConfig | None = None
    stopping_condition: Stopping = Stopping()
    tags: list[Tag] = field(default_factory=list)
    enable_network_isolation: bool = False
    enable_inter_container_traffic_encryption: bool = False
    environment: dict[str, str] = field(default_factory=dict)


class ProcessingJobName(Input, frozen=True, kw_only=True):
    processing_job_name: str


class TrainingJobName(Input, frozen=True, kw_only=True):
    training_job_name: str


class Parallelism(Input, frozen=True, kw_only=True):
    max_parallel_execution_steps: int


class CreatePipeline(Input, frozen=True, kw_only=True):
    pipeline_name: str
    pipeline_display_name: str | None = None
    pipeline_definition: str
    pipeline_description: str | None = None
    client_request_token: str
    role_arn: str
    tags: list[Tag] = field(default_factory=list)
    parallelism_configuration: Parallelism | None = None


class UpdatePipeline(Input, frozen=True, kw_only=True):
    pipeline_name: str
    pipeline_display_name: str | None = None
    pipeline_definition: str | None = None
    pipeline_description: str | None = None
    role_arn: str | None = None
    parallelism_configuration: Parallelism | None = None


class PipelineName(Input, frozen=True, kw_only=True):
    pipeline_name: str  # a name or an ARN


class DeletePipeline(PipelineName, frozen=True, kw_only=True):
    client_request_token: str


class PipelineParameter(Input, frozen=True, kw_only=True):
    name: str
    value: str


class StartExecution(PipelineName, frozen=True, kw_only=True):
    pipeline_execution_display_name: str | None = None
    pipeline_parameters: list[PipelineParameter] = field(default_factory=list)
    pipeline_execution_description: str | None = None
    client_request_token: str
    parallelism_configuration: Parallelism | None = None


class ExecutionArn(Input, frozen=True, kw_only=True):
    pipeline_execution_arn: str


class StopExecution(ExecutionArn, frozen=True, kw_only=True):
    client_request_token: str


class RetryExecution(StopExecution, frozen=True, kw_only=True):
    parallelism_configuration: Parallelism | None = None


class Listed(Input, frozen=True, kw_only=True):
    max_results: int = 10
    next_token: str | None = None
    sort_order: Literal["Ascending", "Descending"] = "Descending"


class ListJobs(Listing, frozen=True, kw_only=True):
    status_equals: str | None = None


class ListPipelines(Input, frozen=True, kw_only=True):
    pipeline_name_prefix: str | None = None
    created_after: float | None = None
    created_before: float | None = None
    sort_by: str | None = None
    sort_order: Literal["Ascending", "Descending"] | None = None
    max_results: int = 10
    next_token: str | None = None


class ListExecutions(Listed, frozen=True, kw_only=True):
    pipeline_name: str


class ListSteps(Listed, frozen=True, kw_only=True):
    pipeline_execution_arn: str


# By step type, which members of its job the sandbox acts on.
ACTS: Mapping[str, Acts] = {
    "Processing": acts_by(CreateProcessingJob),
    "Training": acts_by(CreateTrainingJob),
}
