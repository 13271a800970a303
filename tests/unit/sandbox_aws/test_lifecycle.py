"""Every type from create to delete, against moto: what was asked is what is there, and asking again changes nothing."""

import json

import pytest

from sandbox.pulumi_aws.services import KINDS
from tests.unit.sandbox_aws.stack import Stack, configured

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def policy(action, resource="*", principal=True):
    statement = {"Sid": "One", "Effect": "Allow", "Action": [action], "Resource": resource}
    if principal:
        statement["Principal"] = {"AWS": "arn:aws:iam::123456789012:root"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TOPIC = "arn:aws:sns:eu-west-1:123456789012:failures"


def pattern(state):
    return json.dumps({"source": ["aws.codepipeline"], "detail": {"state": [state]}})


def ecr_lifecycle(count):
    selection = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": count}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})


def definition(name):
    step = {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}
    return json.dumps({"Version": "2020-12-01", "Steps": [step]})


PIPELINE = {
    "pipelineName": "flights-staging",
    "pipelineDisplayName": "flights-staging",
    "roleArn": "arn:aws:iam::123456789012:role/pipeline",
}
SCALED = {
    "serviceNamespace": "sagemaker",
    "resourceId": "endpoint/flights/variant/v1-0-0",
    "scalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def tracking(target):
    return {
        "policyType": "TargetTrackingScaling",
        "targetTrackingScalingPolicyConfiguration": {
            "predefinedMetricSpecification": {
                "predefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
            "targetValue": target,
            "scaleInCooldown": 300,
            "scaleOutCooldown": 60,
        },
    }


def dashboard(words):
    return json.dumps({"widgets": [{"type": "text", "properties": {"markdown": words}}]})


ALARM = {
    "namespace": "AWS/SageMaker",
    "metricName": "ModelLatency",
    "dimensions": {"EndpointName": "flights", "VariantName": "v1-0-0"},
    "extendedStatistic": "p99",
    "period": 60,
    "evaluationPeriods": 3,
    "datapointsToAlarm": 2,
    "comparisonOperator": "GreaterThanThreshold",
    "treatMissingData": "missing",
}


def container(version):
    return {
        "image": f"repo@sha256:{version}",
        "modelDataUrl": "s3://b/m.tar.gz",
        "environment": {"MODEL_VERSION": version},
    }


RUNNING = {"executionRoleArn": "arn:aws:iam::123456789012:role/serving"}


def lifecycle(days):
    return [
        {
            "id": "old",
            "status": "Enabled",
            "filter": {},
            "noncurrentVersionExpiration": {"noncurrentDays": days},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        }
    ]


# type → what must be there before, its inputs, other inputs, and the paths that differ (those that replace end in !)
BUCKET = ("aws:s3/bucket:Bucket", {"bucket": "shelf"})
REPOSITORY = ("aws:ecr/repository:Repository", {"name": "images"})
CASES = {
    "aws:s3/bucket:Bucket": (
        [],
        {"bucket": "flights", "tags": {"owner": "ml"}},
        {"bucket": "flights", "tags": {"owner": "data", "cost": "1"}, "forceDestroy": True},
        {"tags.owner", "tags.cost", "forceDestroy"},
    ),
    "aws:s3/bucketVersioning:BucketVersioning": (
        [BUCKET],
        {"bucket": "shelf", "versioningConfiguration": {"status": "Enabled"}},
        {"bucket": "shelf", "versioningConfiguration": {"status": "Suspended"}},
        {"versioningConfiguration.status"},
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        [BUCKET],
        {"bucket": "shelf", "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        {
            "bucket": "shelf",
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {
                        "sseAlgorithm": "aws:kms",
                        "kmsMasterKeyId": "key",
                    },
                    "bucketKeyEnabled": True,
                }
            ],
        },
        {
            "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm",
            "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId",
            "rules[0].bucketKeyEnabled",
        },
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
        [BUCKET],
        {"bucket": "shelf", "blockPublicAcls": True, "blockPublicPolicy": True},
        {"bucket": "shelf", "blockPublicAcls": True, "restrictPublicBuckets": True},
        {"blockPublicPolicy", "restrictPublicBuckets"},
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": (
        [BUCKET],
        {"bucket": "shelf", "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"bucket": "shelf", "rule": {"objectOwnership": "ObjectWriter"}},
        {"rule.objectOwnership"},
    ),
    "aws:s3/bucketPolicy:BucketPolicy": (
        [BUCKET],
        {"bucket": "shelf", "policy": policy("s3:GetObject", "arn:aws:s3:::shelf/*")},
        {"bucket": "shelf", "policy": policy("s3:PutObject", "arn:aws:s3:::shelf/*")},
        {"policy"},
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        [BUCKET],
        {"bucket": "shelf", "rules": lifecycle(30)},
        {"bucket": "shelf", "rules": lifecycle(90)},
        {"rules[0].noncurrentVersionExpiration.noncurrentDays"},
    ),
    "aws:s3/bucketLogging:BucketLogging": (
        [
            ("aws:s3/bucket:Bucket", {"bucket": "logs"}),
            BUCKET,
            (
                "aws:s3/bucketPolicy:BucketPolicy",
                {
                    "bucket": "logs",
                    "policy": json.dumps(
                        {
                            "Version": "2012-10-17",
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Principal": {"Service": "logging.s3.amazonaws.com"},
                                    "Action": ["s3:PutObject"],
                                    "Resource": "arn:aws:s3:::logs/*",
                                }
                            ],
                        }
                    ),
                },
            ),
        ],
        {"bucket": "shelf", "targetBucket": "logs", "targetPrefix": "a/"},
        {"bucket": "shelf", "targetBucket": "logs", "targetPrefix": "b/"},
        {"targetPrefix"},
    ),
    "aws:kms/key:Key": (
        [],
        {
            "description": "models",
            "enableKeyRotation": True,
            "deletionWindowInDays": 7,
            "policy": policy("kms:*"),
        },
        {"description": "models", "deletionWindowInDays": 30, "policy": policy("kms:Decrypt")},
        {"enableKeyRotation", "deletionWindowInDays", "policy"},
    ),
    "aws:ecr/repository:Repository": (
        [],
        {
            "name": "flights",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "AES256"}],
        },
        {
            "name": "flights",
            "imageScanningConfiguration": {"scanOnPush": False},
            "encryptionConfigurations": [{"encryptionType": "KMS"}],
            "forceDelete": True,
        },
        {
            "imageTagMutability",
            "imageScanningConfiguration.scanOnPush",
            "encryptionConfigurations[0].encryptionType!",
            "forceDelete",
        },
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": (
        [REPOSITORY],
        {"repository": "images", "policy": ecr_lifecycle(10)},
        {"repository": "images", "policy": ecr_lifecycle(20)},
        {"policy!"},
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": (
        [REPOSITORY],
        {"repository": "images", "policy": policy("ecr:BatchGetImage")},
        {"repository": "images", "policy": policy("ecr:GetDownloadUrlForLayer")},
        {"policy"},
    ),
    "aws:iam/role:Role": (
        [],
        {"name": "serving", "assumeRolePolicy": TRUST, "description": "a", "tags": {"owner": "ml"}},
        {"name": "serving", "assumeRolePolicy": TRUST, "path": "/models/", "maxSessionDuration": 7200},
        {"path!", "maxSessionDuration", "description", "tags"},
    ),
    "aws:iam/rolePolicy:RolePolicy": (
        [("aws:iam/role:Role", {"name": "serving", "assumeRolePolicy": TRUST})],
        {"name": "read", "role": "serving", "policy": policy("s3:GetObject", principal=False)},
        {"name": "read", "role": "serving", "policy": policy("s3:PutObject", principal=False)},
        {"policy"},
    ),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": (
        [],
        {"modelPackageGroupName": "flights", "tags": {"owner": "ml"}},
        {
            "modelPackageGroupName": "flights",
            "modelPackageGroupDescription": "all",
            "tags": {"owner": "data"},
        },
        {"modelPackageGroupDescription!", "tags.owner"},
    ),
    # Without enableNetworkIsolation, which moto forgets; the sandbox's own SageMaker keeps it.
    "aws:sagemaker/model:Model": (
        [],
        {**RUNNING, "primaryContainer": container("v1"), "tags": {"owner": "ml"}},
        {**RUNNING, "primaryContainer": container("v2"), "tags": {"owner": "data"}},
        {"primaryContainer.image!", "primaryContainer.environment.MODEL_VERSION!", "tags.owner"},
    ),
    "aws:sagemaker/pipeline:Pipeline": (
        [],
        {**PIPELINE, "pipelineDefinition": definition("Validate"), "tags": {"owner": "ml"}},
        {
            **PIPELINE,
            "pipelineDefinition": definition("Check"),
            "pipelineDescription": "x",
            "tags": {"owner": "data"},
        },
        {"pipelineDefinition", "pipelineDescription", "tags.owner"},
    ),
    "aws:appautoscaling/target:Target": (
        [],
        {**SCALED, "minCapacity": 1, "maxCapacity": 2},
        {**SCALED, "minCapacity": 1, "maxCapacity": 4},
        {"maxCapacity"},
    ),
    "aws:appautoscaling/policy:Policy": (
        [("aws:appautoscaling/target:Target", {**SCALED, "minCapacity": 1, "maxCapacity": 2})],
        {**SCALED, "name": "follow", **tracking(100)},
        {**SCALED, "name": "follow", **tracking(250.5)},
        {"targetTrackingScalingPolicyConfiguration.targetValue"},
    ),
    "aws:cloudwatch/dashboard:Dashboard": (
        [],
        {"dashboardName": "flights-prod", "dashboardBody": dashboard("a")},
        {"dashboardName": "flights-prod", "dashboardBody": dashboard("b")},
        {"dashboardBody"},
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        [],
        {**ALARM, "threshold": 500000, "alarmDescription": "slow"},
        {**ALARM, "threshold": 0.5, "alarmDescription": "slow", "dimensions": {"EndpointName": "flights"}},
        {"threshold", "dimensions.VariantName"},
    ),
    "aws:sns/topic:Topic": (
        [],
        {"name": "alarms", "displayName": "Alarms", "tags": {"owner": "ml"}},
        {"name": "alarms", "displayName": "Bells", "tags": {"owner": "ml", "cost": "1"}},
        {"displayName", "tags.cost"},
    ),
    "aws:cloudwatch/logGroup:LogGroup": (
        [],
        {
            "name": "/aws/codebuild/test",
            "kmsKeyId": "arn:key/1",
            "retentionInDays": 30,
            "tags": {"owner": "ml"},
        },
        {"name": "/aws/codebuild/test", "kmsKeyId": "arn:key/2", "retentionInDays": 90, "skipDestroy": True},
        {"kmsKeyId!", "retentionInDays", "skipDestroy", "tags"},
    ),
    "aws:cloudwatch/eventRule:EventRule": (
        [],
        {"name": "failures", "eventPattern": pattern("FAILED"), "tags": {"owner": "ml"}},
        {"name": "failures", "eventPattern": pattern("STOPPED"), "description": "why", "forceDestroy": True},
        {"eventPattern", "description", "forceDestroy", "tags"},
    ),
    "aws:cloudwatch/eventTarget:EventTarget": (
        [("aws:cloudwatch/eventRule:EventRule", {"name": "failures", "eventPattern": pattern("FAILED")})],
        {"rule": "failures", "targetId": "topic", "arn": TOPIC},
        {
            "rule": "failures",
            "targetId": "topic",
            "arn": TOPIC,
            "inputTransformer": {"inputTemplate": '"<state>"', "inputPaths": {"state": "$.detail.state"}},
        },
        {"inputTransformer"},
    ),
}
# moto has them not, or as a record alone: tests/faults/test_sandbox_delivery_types.py
IN_THE_SANDBOX = {
    "aws:codebuild/project:Project",
    "aws:codeconnections/connection:Connection",
    "aws:codepipeline/pipeline:Pipeline",
    "aws:scheduler/schedule:Schedule",
}
ARNS = {
    "aws:kms/alias:Alias": "arn of a key",
    "aws:sns/topicPolicy:TopicPolicy": "arn of a topic",
}  # they name what only exists at run time and have tests of their own


def prepared(cloud, needed):
    for index, (type_, inputs) in enumerate(needed):
        cloud.create(type_, inputs, name=f"needed{index}")


def paths(diff):
    return {f"{path}!" if change.replaces else path for path, change in diff.changes.items()}


def test_every_type_is_tried():
    assert set(CASES) | set(ARNS) | IN_THE_SANDBOX == set(KINDS)


@pytest.mark.parametrize("type_", CASES)
def test_asking_again_for_the_same_changes_nothing(cloud, type_):
    needed, inputs, _, _ = CASES[type_]
    prepared(cloud, needed)
    cloud.create(type_, inputs)
    assert cloud.diff(inputs).changes == {}


@pytest.mark.parametrize("type_", CASES)
def test_a_refresh_of_what_nobody_touched_finds_the_same(cloud, type_):
    needed, inputs, _, _ = CASES[type_]
    prepared(cloud, needed)
    cloud.create(type_, inputs)
    _, _, old_inputs, outputs = cloud.state["thing"]
    state = cloud.read()
    assert (state.inputs, state.outputs) == (old_inputs, outputs)


@pytest.mark.parametrize("type_", CASES)
def test_other_inputs_change_what_they_name(cloud, type_):
    needed, inputs, others, changed = CASES[type_]
    prepared(cloud, needed)
    cloud.create(type_, inputs)
    assert paths(cloud.diff(others)) == changed


@pytest.mark.parametrize(
    "type_", [type_ for type_, case in CASES.items() if not any(path.endswith("!") for path in case[3])]
)
def test_an_update_in_place_settles(cloud, type_):
    needed, inputs, others, _ = CASES[type_]
    prepared(cloud, needed)
    cloud.create(type_, inputs)
    cloud.update(others)
    assert cloud.diff(others).changes == {}
    assert cloud.read().outputs == cloud.state["thing"][3]
    assert paths(cloud.diff(inputs))


MOTO_DELETES = [
    type_ for type_ in CASES if "modelPackageGroup" not in type_
]  # tests/stacks has the sandbox delete one


@pytest.mark.parametrize("type_", MOTO_DELETES)
def test_what_is_deleted_is_gone_and_deleting_it_again_succeeds(cloud, type_):
    needed, inputs, _, _ = CASES[type_]
    prepared(cloud, needed)
    cloud.create(type_, inputs)
    cloud.delete()
    settles_back = "bucketVersioning"  # a bucket that was versioned stays suspended for ever
    assert cloud.read() is None or settles_back in type_
    cloud.delete()


def test_a_key_is_named_by_its_alias_by_id_or_arn(cloud):
    key = cloud.create("aws:kms/key:Key", {}, name="key").outputs
    cloud.create("aws:kms/alias:Alias", {"name": "alias/flights", "targetKeyId": key["arn"]})
    assert cloud.state["thing"][3]["targetKeyArn"] == key["arn"]
    assert cloud.diff({"name": "alias/flights", "targetKeyId": key["arn"]}).changes == {}
    other = cloud.create("aws:kms/key:Key", {}, name="other").outputs
    cloud.update({"name": "alias/flights", "targetKeyId": other["keyId"]})
    assert cloud.read().outputs["targetKeyArn"] == other["arn"]
    cloud.delete()
    assert cloud.read() is None
    cloud.delete()


def test_a_topics_policy_is_set_and_its_default_comes_back(cloud):
    arn = cloud.create("aws:sns/topic:Topic", {"name": "alarms"}, name="topic").id
    inputs = {"arn": arn, "policy": policy("sns:Publish", arn)}
    cloud.create("aws:sns/topicPolicy:TopicPolicy", inputs)
    assert cloud.diff(inputs).changes == {}
    cloud.delete()
    assert json.loads(cloud.read().outputs["policy"])["Id"] == "__default_policy_ID"
    cloud.delete("topic")
    assert cloud.read() is None


def test_tags_that_the_config_ignores_are_neither_seen_nor_removed(cloud):
    made = cloud.create("aws:s3/bucket:Bucket", {"bucket": "tagged", "tags": {"owner": "ml"}})
    theirs = [
        {"Key": "CostCenter", "Value": "7"},
        {"Key": "acme:team", "Value": "x"},
        {"Key": "owner", "Value": "ml"},
    ]
    cloud.aws._place({})("s3", "put_bucket_tagging", Bucket="tagged", Tagging={"TagSet": theirs})
    assert set(cloud.read().inputs["tags"]) == {"CostCenter", "acme:team", "owner"}

    ignoring = Stack(configured(ignoreTags='{"keys": ["CostCenter"], "keyPrefixes": ["acme:"]}'))
    ignoring.state = cloud.state
    assert ignoring.read().inputs["tags"] == {"owner": "ml"}
    assert ignoring.read().outputs["tagsAll"] == {"owner": "ml"}
    outputs = ignoring.update({"bucket": "tagged", "tags": {"owner": "data"}})

    assert outputs["tags"] == {"owner": "data"}
    assert cloud.imported("aws:s3/bucket:Bucket", made.id).outputs["tags"] == {
        "CostCenter": "7",
        "acme:team": "x",
        "owner": "data",
    }
