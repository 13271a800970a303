"""The pipeline that trains a model's versions: SageMaker's pipeline, its roles, and the repository of its step image."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi

from components import training_roles as roles
from components.definition import Network, filled
from components.image_repository import image_repository
from components.sagemaker import Pipeline
from components.service_role import Statements, sagemaker_role
from components.training_roles import TrainingSite


class TrainingPipelineArgs(TypedDict):
    """What tells one training pipeline from another.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        model: the model's name.
        environment: the environment's name.
        pipeline: the pipeline's name.
        definition: text of `pipelines/definition.json`.
        step_repository: name of the ECR repository for the steps' images.
        registry_bucket: name of the bucket of versions, artifacts, evidence and runs.
        key_arn: ARN of the registry's KMS key.
        repository_arn: ARN of the ECR repository of the server's images.
        package_group: name of the SageMaker model package group.
        data_bucket: name of the bucket of data sets.
        data_key_arn: ARN of the data's KMS key.
        instance: type of the jobs' instances.
        network: subnets and security groups of the jobs; None for SageMaker's own network.
        tags: of each job.
        protect: refuse to delete the repository; without it, destroying the stack empties it.
    """

    account: str
    region: str
    model: str
    environment: str
    pipeline: str
    definition: str
    step_repository: str
    registry_bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    repository_arn: pulumi.Input[str]
    package_group: str
    data_bucket: pulumi.Input[str]
    data_key_arn: pulumi.Input[str]
    instance: str
    network: Network | None
    tags: Mapping[str, str]
    protect: bool


class TrainingPipeline(pulumi.ComponentResource):
    """The pipeline of one model, in the one environment that trains it.

    Attributes:
        arn: of the pipeline.
        step_repository_url: where the steps' images are pushed.
        step_repository_arn: of that repository.
    """

    arn: pulumi.Output[str]
    step_repository_url: pulumi.Output[str]
    step_repository_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: TrainingPipelineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("model-delivery:index:TrainingPipeline", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        images = image_repository(
            f"{name}-steps",
            repository=args["step_repository"],
            key_arn=args["key_arn"],
            protect=args["protect"],
            parent=self,
        )
        site = TrainingSite(
            account=args["account"],
            region=args["region"],
            registry_bucket=args["registry_bucket"],
            data_bucket=args["data_bucket"],
            key_arn=args["key_arn"],
            data_key_arn=args["data_key_arn"],
            repository_arn=args["repository_arn"],
            step_repository_arn=images.arn,
            package_group=args["package_group"],
            network=args["network"],
        )

        def role(of: str, statements: Statements) -> pulumi.Output[str]:
            return sagemaker_role(f"{name}-{of}", args["account"], statements, inside)

        training = role("training", roles.training_statements(site))
        registrar = role("registrar", roles.registrar_statements(site))
        starter = role("pipeline", roles.pipeline_statements(site, [training, registrar]))
        pipeline = Pipeline(
            name,
            pipeline_name=args["pipeline"],
            role_arn=starter,
            definition=_definition(args, training, registrar),
            opts=inside,
        )
        self.arn = pipeline.arn
        self.step_repository_url = images.repository_url
        self.step_repository_arn = images.arn
        self.register_outputs({"arn": self.arn, "stepRepositoryUrl": self.step_repository_url})


def _definition(
    args: TrainingPipelineArgs, training: pulumi.Output[str], registrar: pulumi.Output[str]
) -> pulumi.Output[str]:
    """The pipeline's definition, once the stack's values are known."""
    return pulumi.Output.all(training, registrar, args["key_arn"], args["registry_bucket"]).apply(
        lambda values: filled(
            args["definition"],
            {
                "model": args["model"],
                "environment": args["environment"],
                "region": args["region"],
                "training_role": values[0],
                "registrar_role": values[1],
                "key_arn": values[2],
                "runs": f"s3://{values[3]}/runs",
                "instance": args["instance"],
                "network": args["network"],
                "tags": args["tags"],
            },
        )
    )
