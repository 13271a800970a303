"""What a registry holds of a version, read past the program that wrote it."""

import json

from modeldelivery.release.naming import evidence_key, record_key
from modeldelivery.release.record import decode


def record_of(s3, place, version):
    """The version's record; None where its name is free."""
    try:
        body = s3.get_object(Bucket=place.registry_bucket, Key=record_key(version))["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return decode(body, version)


def evidence_of(s3, place, record):
    """The bytes of each document that is kept of a version's digest set, by name."""
    prefix = evidence_key(record.digests.id, "")
    listed = s3.list_objects_v2(Bucket=place.registry_bucket, Prefix=prefix).get("Contents", ())
    return {
        each["Key"].removeprefix(prefix): s3.get_object(Bucket=place.registry_bucket, Key=each["Key"])[
            "Body"
        ].read()
        for each in listed
    }


def bills_of(s3, place):
    """What each image is called by its bill of materials, by the image's digest."""
    prefix = "evidence/images/"
    listed = s3.list_objects_v2(Bucket=place.registry_bucket, Prefix=prefix).get("Contents", ())
    named = {}
    for each in listed:
        digest, _, name = each["Key"].removeprefix(prefix).rpartition("/")
        assert name == "bill.cdx.json", each["Key"]
        body = s3.get_object(Bucket=place.registry_bucket, Key=each["Key"])["Body"].read()
        named[digest.replace("/", ":")] = json.loads(body)["metadata"]["component"]["name"]
    return named


def packages_of(sagemaker, place, version):
    """The model packages of a version, as SageMaker describes them."""
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=place.package_group)
    arns = [each["ModelPackageArn"] for page in pages for each in page["ModelPackageSummaryList"]]
    described = [sagemaker.describe_model_package(ModelPackageName=arn) for arn in arns]
    return [each for each in described if each["CustomerMetadataProperties"]["version"] == version]
