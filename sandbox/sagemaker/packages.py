"""Model package groups and model packages (a registered version)."""

import re
from dataclasses import replace
from typing import Any

import msgspec

from sandbox.clock import now
from sandbox.refusal import RefusedError
from sandbox.sagemaker.listing import page
from sandbox.sagemaker.requests import (
    CreateModelPackage,
    CreateModelPackageGroup,
    Listing,
    ListModelPackages,
    ModelPackageGroupName,
    ModelPackageName,
    UpdateModelPackage,
    shown,
)
from sandbox.sagemaker.store import Account, Group, Package, absent, existing
from sandbox.sagemaker.tags import checked

_GROUP_ARN = re.compile(r"arn:aws:sagemaker:[^:]+:\d{12}:model-package-group/(.+)")
# What an update changes; everything else stays as it was given.
_CHANGES = {"CustomerMetadataProperties", "ModelApprovalStatus"}
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


def create_group(account: Account, request: CreateModelPackageGroup) -> dict[str, Any]:
    name = request.model_package_group_name
    arn = account.arn("model-package-group", name)
    if name in account.groups:
        raise existing("model package group", arn)
    account.tags[arn] = checked(request.tags)
    account.groups[name] = Group(arn, now(), name, request.model_package_group_description)
    return {"ModelPackageGroupArn": arn}


def describe_group(account: Account, request: ModelPackageGroupName) -> dict[str, Any]:
    return _show_group(_group(account, request.model_package_group_name)) | {"CreatedBy": {}}


def delete_group(account: Account, request: ModelPackageGroupName) -> dict[str, Any]:
    """SageMaker keeps a group that still holds packages."""
    group = _group(account, request.model_package_group_name)
    if any(package.group == group.name for package in account.packages.values()):
        raise RefusedError(
            f'Model Package Group "{group.arn}" cannot be deleted: it still has Model Packages.',
            "ConflictException",
        )
    del account.groups[group.name]
    account.tags.pop(group.arn, None)
    return {}


def list_groups(account: Account, request: Listing) -> dict[str, Any]:
    groups = account.groups.values()
    return page(
        "ModelPackageGroupSummaryList", groups, request, name=lambda group: group.name, show=_show_group
    )


def create_package(account: Account, request: CreateModelPackage) -> dict[str, Any]:
    """The next version of its group, once for each client token; images are given by digest, here or in ImageDigest."""
    group = _group(account, request.model_package_group_name)
    again = request.client_token and next(
        (p for p in account.packages.values() if _of_token(p, group.name, request.client_token)), None
    )
    if again:
        return {"ModelPackageArn": again.arn}
    for container in request.inference_specification.containers:
        if not _DIGEST.search(container.image) and not container.image_digest:
            raise RefusedError(
                f"image {container.image!r} is not given by digest (…@sha256:… or ImageDigest)"
            )
    version = account.versions.get(group.name, 0) + 1
    account.versions[group.name] = version
    arn = f"{account.arn('model-package', group.name)}/{version}"
    account.packages[arn] = Package(arn, now(), now(), version, group.name, request)
    return {"ModelPackageArn": arn}


def _of_token(package: Package, group: str, token: str | None) -> bool:
    return (package.group, package.request.client_token) == (group, token)


def describe_package(account: Account, request: ModelPackageName) -> dict[str, Any]:
    package = _package(account, request.model_package_name)
    statuses = [{"Name": package.group, "Status": "Completed"}]
    described = {"ApprovalDescription": package.approval_description} if package.approval_description else {}
    return (
        shown(package.request)
        | _show_package(package)
        | described
        | {
            "ModelPackageName": f"{package.group}/{package.version}",
            "ModelPackageStatusDetails": {"ValidationStatuses": statuses, "ImageScanStatuses": statuses},
            "CertifyForMarketplace": False,
            "CreatedBy": {},
            "LastModifiedTime": package.modified,
        }
    )


def update_package(account: Account, request: UpdateModelPackage) -> dict[str, Any]:
    """Approval and metadata only: what a package holds never changes."""
    package = _package(account, request.model_package_arn)
    properties = (package.request.customer_metadata_properties or {}) | request.customer_metadata_properties
    for key in request.customer_metadata_properties_to_remove:
        properties.pop(key, None)
    changed = msgspec.structs.replace(
        package.request,
        customer_metadata_properties=properties or None,
        given={n: v for n, v in package.request.given.items() if n not in _CHANGES},
        model_approval_status=request.model_approval_status or package.request.model_approval_status,
    )
    account.packages[package.arn] = replace(
        package,
        modified=now(),
        request=changed,
        approval_description=request.approval_description or package.approval_description,
    )
    return {"ModelPackageArn": package.arn}


def delete_package(account: Account, request: ModelPackageName) -> dict[str, Any]:
    package = _package(account, request.model_package_name)
    del account.packages[package.arn]
    account.tags.pop(package.arn, None)
    return {}


def list_packages(account: Account, request: ListModelPackages) -> dict[str, Any]:
    group = (
        _group(account, request.model_package_group_name).name if request.model_package_group_name else None
    )
    status = request.model_approval_status
    return page(
        "ModelPackageSummaryList",
        [
            package
            for package in account.packages.values()
            if group in {None, package.group} and status in {None, package.request.model_approval_status}
        ],
        request,
        name=lambda package: f"{package.group}/{package.version:06}",
        show=_show_package,
    )


def _show_group(group: Group) -> dict[str, Any]:
    summary = {
        "ModelPackageGroupName": group.name,
        "ModelPackageGroupArn": group.arn,
        "CreationTime": group.created,
        "ModelPackageGroupStatus": "Completed",
    }
    return summary | ({"ModelPackageGroupDescription": group.description} if group.description else {})


def _show_package(package: Package) -> dict[str, Any]:
    return {
        "ModelPackageGroupName": package.group,
        "ModelPackageVersion": package.version,
        "ModelPackageArn": package.arn,
        "ModelPackageStatus": "Completed",
        "ModelApprovalStatus": package.request.model_approval_status,
        "CreationTime": package.created,
    }


def _group(account: Account, name_or_arn: str) -> Group:
    arn = _GROUP_ARN.fullmatch(name_or_arn)
    for group in account.groups.values():
        if name_or_arn in {group.name, group.arn}:
            return group
    raise absent(
        "model package group", name_or_arn if arn else account.arn("model-package-group", name_or_arn)
    )


def _package(account: Account, arn: str) -> Package:
    if arn not in account.packages:
        raise absent("model package", arn)
    return account.packages[arn]
