"""Model package groups and model packages."""

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.faults


@pytest.fixture
def sagemaker(sandbox):
    return sandbox.client("staging", "sagemaker")


@pytest.fixture
def group(sagemaker, request):
    name = request.node.name.replace("_", "-")[:60].strip("-")
    sagemaker.create_model_package_group(ModelPackageGroupName=name, Tags=[{"Key": "a", "Value": "b"}])
    return name


def register(sagemaker, group, **properties):
    return sagemaker.create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={
            "Containers": [{"Image": f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:{'0' * 64}"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        **({"CustomerMetadataProperties": properties} if properties else {}),
        ModelApprovalStatus="PendingManualApproval",
    )["ModelPackageArn"]


def test_versions_count_up_and_are_not_reused(sagemaker, group):
    first, second = register(sagemaker, group), register(sagemaker, group)
    sagemaker.delete_model_package(ModelPackageName=second)
    third = register(sagemaker, group)
    assert [arn.rpartition("/")[2] for arn in (first, second, third)] == ["1", "2", "3"]


def test_a_package_keeps_what_it_was_given(sagemaker, group):
    arn = register(sagemaker, group, version="v1.0.0")
    shown = sagemaker.describe_model_package(ModelPackageName=arn)
    assert shown["CustomerMetadataProperties"] == {"version": "v1.0.0"}
    assert shown["InferenceSpecification"]["SupportedResponseMIMETypes"] == ["application/json"]


def test_approval_is_updated_and_listed(sagemaker, group):
    arn = register(sagemaker, group)
    register(sagemaker, group)
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    listed = sagemaker.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
    assert [package["ModelPackageArn"] for package in listed["ModelPackageSummaryList"]] == [arn]


def test_listing_pages_through_everything(sagemaker, group):
    arns = {register(sagemaker, group) for _ in range(5)}
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, PaginationConfig={"PageSize": 2}
    )
    assert {p["ModelPackageArn"] for page in pages for p in page["ModelPackageSummaryList"]} == arns


def test_an_image_by_tag_is_refused(sagemaker, group):
    with pytest.raises(ClientError, match="not given by digest"):
        sagemaker.create_model_package(
            ModelPackageGroupName=group, InferenceSpecification={"Containers": [{"Image": "x:latest"}]}
        )


def test_a_group_with_packages_cannot_be_deleted(sagemaker, group):
    arn = register(sagemaker, group)
    with pytest.raises(ClientError, match="ConflictException"):
        sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    with pytest.raises(ClientError, match="Could not find model package group"):
        sagemaker.describe_model_package_group(ModelPackageGroupName=group)


def test_a_group_carries_its_tags(sagemaker, group):
    arn = sagemaker.describe_model_package_group(ModelPackageGroupName=group)["ModelPackageGroupArn"]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
