"""The hand-declared types are pulumi_aws's own, name for name."""

import pulumi_aws as aws
import pytest
from pulumi import _types

from components import sagemaker

MODEL = "aws:sagemaker/model:Model"
GROUP = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"
PIPELINE = "aws:sagemaker/pipeline:Pipeline"


@pytest.mark.parametrize(
    ("token", "theirs"),
    [
        (MODEL, aws.sagemaker.Model),
        (GROUP, aws.sagemaker.ModelPackageGroup),
        (PIPELINE, aws.sagemaker.Pipeline),
    ],
)
def test_the_token_is_pulumi_awss(staging, token, theirs):
    assert theirs.pulumi_type == token
    assert staging.of_type(token)


@pytest.mark.parametrize(
    ("token", "theirs"),
    [
        (MODEL, aws.sagemaker.ModelArgs),
        (GROUP, aws.sagemaker.ModelPackageGroupArgs),
        (PIPELINE, aws.sagemaker.PipelineArgs),
    ],
)
def test_the_properties_are_pulumi_awss(staging, token, theirs):
    names = set(_types.input_type_py_to_pulumi_names(theirs).values())
    assert {key for resource in staging.of_type(token) for key in resource.inputs} <= names


def test_a_containers_properties_are_pulumi_awss():
    names = set(_types.input_type_py_to_pulumi_names(aws.sagemaker.ModelPrimaryContainerArgs).values())
    assert set(sagemaker.Container.__annotations__) <= names
