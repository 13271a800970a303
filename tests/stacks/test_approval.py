"""Approvals and rejections as their user types them, against the sandbox's registry and a real endpoint."""

import json
import time

import msgspec
import pytest

from modeldelivery.release.naming import APPROVAL_TAG
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.version import DigestSet, parse_version
from tests.stacks.endpoint import V1, V2, LiveEndpoint

pytestmark = pytest.mark.stacks
V3 = parse_version("v3.0.0")
IMAGE = "sha256:" + "a" * 64


@pytest.fixture
def registry(hosting):
    """v2.0.0 serves, v1.0.0 did before, v3.0.0 is registered; the registry's arns by version."""
    made = LiveEndpoint(hosting, "approver")
    group = made.place.package_group
    hosting.sagemaker.create_model_package_group(
        ModelPackageGroupName=group, Tags=[{"Key": APPROVAL_TAG, "Value": "person"}]
    )
    made.arns = {version: claim(made, version) for version in (V1, V2, V3)}
    return made


def claim(made, version):
    """A version's record and package, as `register` leaves them."""
    sagemaker = made.sandbox.client("staging", "sagemaker")
    record = VersionRecord(
        version=version,
        digests=DigestSet(image=IMAGE, model=f"sha256:{version.encode().hex():0>64}", data="rows"),
        image=f"{made.place.account}.dkr.ecr.eu-west-1.amazonaws.com/{made.place.repository}@{IMAGE}",
        model_data="s3://bucket/model.tar.gz",
        registered_at=time.time() - 60,
        registered_by="ada",
    )
    arn = sagemaker.create_model_package(
        ModelPackageGroupName=made.place.package_group,
        InferenceSpecification={"Containers": [{"Image": record.image, "ModelDataUrl": record.model_data}]},
    )["ModelPackageArn"]
    made.s3.put_object(
        Bucket=made.place.registry_bucket,
        Key=f"versions/{version}.json",
        Body=msgspec.json.encode(msgspec.structs.replace(record, package_arn=arn)),
    )
    return arn


def package(made, version):
    shown = made.sandbox.client("staging", "sagemaker").describe_model_package(
        ModelPackageName=made.arns[version]
    )
    return shown["ModelApprovalStatus"], shown.get("ApprovalDescription")


def test_a_version_is_approved_rejected_accepted_and_approved_again_and_no_traffic_moves(registry):
    refused = [
        registry.run("reject", version, "--reason", "biased", "--actor", "ada") for version in (V2, V1)
    ]
    assert [each.returncode for each in refused] == [1, 1]
    assert "v2.0.0 has traffic (by the journal), and reject moves none" in refused[0].stderr
    assert "v1.0.0 is the fallback" in refused[1].stderr

    approved = registry.run("approve", V3, "--reason", "a week in staging", "--actor", "ada")
    assert approved.returncode == 0, approved.stderr
    assert package(registry, V3) == ("Approved", "approved by ada: a week in staging")

    since = registry.sandbox.last_call()
    rejected = registry.run("reject", V3, "--reason", "biased", "--actor", "ada")
    assert rejected.returncode == 0, rejected.stderr
    assert package(registry, V3) == ("Rejected", "rejected by ada: biased")
    assert [r.version for r in registry.journal.rejections] == [V3]
    assert registry.weights == {"v1-0-0": 0, "v2-0-0": 100}
    writes = [
        call["action"]
        for call in registry.sandbox.calls(since)
        if call["action"] in {"PutObject", "UpdateModelPackage", "UpdateEndpointWeightsAndCapacities"}
    ]
    assert writes == ["PutObject", "UpdateModelPackage"]

    for command, *more in (("accept",), ("approve", "--overrule")):
        ended = registry.run(command, V3, "--reason", "it was not", "--actor", "bob", *more)
        assert ended.returncode == 0, ended.stderr
    assert (package(registry, V3)[0], registry.journal.rejections) == ("Approved", ())
    history = json.loads(registry.run("history", "--json").stdout)
    assert [line["kind"] for line in history] == ["accept", "reject"]
