"""SageMaker's Model, model package group and pipeline: pulumi-aws's resources, declared without the module `pulumi_aws.sagemaker`.

Importing that module evaluates the annotations of its 800 argument classes: a third of the CPU that the whole program
takes in a preview. Three types that use ten properties need none of them. Tokens, property names and the plugin's version
are pulumi_aws's own, so a change of pulumi_aws reaches these as well.
"""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
from pulumi_aws import _utilities as pulumi_aws


class Container(TypedDict):
    """What a model runs: an image by digest, an artifact, and the container's variables; keys as on the wire."""

    image: str
    modelDataUrl: str
    environment: Mapping[str, str]


class Model(pulumi.CustomResource):
    """`aws:sagemaker/model:Model`, without network; a change of any property replaces it."""

    def __init__(
        self,
        resource_name: str,
        *,
        execution_role_arn: pulumi.Input[str],
        container: Container,
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {
            "executionRoleArn": execution_role_arn,
            "primaryContainer": container,
            "enableNetworkIsolation": True,
            "tags": None,
            "name": None,
        }
        super().__init__("aws:sagemaker/model:Model", resource_name, props, _with_plugin(opts))

    @property
    @pulumi.getter
    def name(self) -> pulumi.Output[str]:  # type: ignore[empty-body]  # pulumi.getter writes it
        """SageMaker's name of the model."""


class ModelPackageGroup(pulumi.CustomResource):
    """`aws:sagemaker/modelPackageGroup:ModelPackageGroup`."""

    def __init__(
        self,
        resource_name: str,
        *,
        model_package_group_name: str,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {"modelPackageGroupName": model_package_group_name, "tags": tags}
        super().__init__(
            "aws:sagemaker/modelPackageGroup:ModelPackageGroup", resource_name, props, _with_plugin(opts)
        )


class Pipeline(pulumi.CustomResource):
    """`aws:sagemaker/pipeline:Pipeline`; only a change of its name replaces it."""

    def __init__(
        self,
        resource_name: str,
        *,
        pipeline_name: str,
        role_arn: pulumi.Input[str],
        definition: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {
            "pipelineName": pipeline_name,
            "pipelineDisplayName": pipeline_name,
            "roleArn": role_arn,
            "pipelineDefinition": definition,
            "tags": None,
            "arn": None,
        }
        super().__init__("aws:sagemaker/pipeline:Pipeline", resource_name, props, _with_plugin(opts))

    @property
    @pulumi.getter
    def arn(self) -> pulumi.Output[str]:  # type: ignore[empty-body]  # pulumi.getter writes it
        """Of the pipeline."""


def _with_plugin(opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """The plugin that pulumi_aws's own classes ask for."""
    return pulumi.ResourceOptions.merge(pulumi_aws.get_resource_opts_defaults(), opts)
