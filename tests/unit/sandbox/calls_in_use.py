"""The calls of AWS that this project and its clients make: a right request of each kind of them, and all names.

`CALLS` is what `make up`, the stack tests, `modelctl` and the recorded clients (tests/faults/clients) were seen to call.
"""

import json

from tests.unit.sandbox.training.pipelines import CLUSTER, source, target

ROLE = "arn:aws:iam::111111111111:role/serving"
IMAGE = f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:{'0' * 64}"
TAGS = [{"Key": "a", "Value": "b"}]
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
)
VARIANT = {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
TOPIC = "arn:aws:sns:eu-west-1:111111111111:t"
PROJECT = {
    "name": "project",
    "source": {"type": "CODEPIPELINE", "buildspec": "buildspec.yml"},
    "artifacts": {"type": "CODEPIPELINE"},
    "environment": {
        "type": "LINUX_CONTAINER",
        "image": "aws/codebuild/standard:7.0",
        "computeType": "BUILD_GENERAL1_SMALL",
    },
    "serviceRole": ROLE,
    "timeoutInMinutes": 30,
    "logsConfig": {"cloudWatchLogs": {"status": "ENABLED", "groupName": "g"}},
    "tags": [{"key": "a", "value": "b"}],
}
PIPELINE = {
    "name": "p",
    "roleArn": ROLE,
    "pipelineType": "V2",
    "executionMode": "QUEUED",
    "artifactStore": {"type": "S3", "location": "bucket", "encryptionKey": {"id": "k", "type": "KMS"}},
    "stages": [
        {
            "name": "s",
            "actions": [
                {
                    "name": "a",
                    "actionTypeId": {
                        "category": "Source",
                        "owner": "AWS",
                        "provider": "CodeStarSourceConnection",
                        "version": "1",
                    },
                    "configuration": {"FullRepositoryId": "us/models"},
                    "outputArtifacts": [{"name": "Code"}],
                }
            ],
            "onFailure": {"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}},
        }
    ],
    "triggers": [
        {
            "providerType": "CodeStarSourceConnection",
            "gitConfiguration": {"sourceActionName": "a", "push": [{"tags": {"includes": ["v*"]}}]},
        }
    ],
}
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/e/variant/v",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}

RIGHT = {
    ("sagemaker", "CreateModel"): {
        "ModelName": "m",
        "PrimaryContainer": {
            "Image": IMAGE,
            "ModelDataUrl": "s3://b/model.tar.gz",
            "Environment": {"A": "b"},
        },
        "ExecutionRoleArn": ROLE,
        "Tags": TAGS,
    },
    ("sagemaker", "CreateEndpointConfig"): {
        "EndpointConfigName": "c",
        "ProductionVariants": [VARIANT],
        "Tags": TAGS,
    },
    ("sagemaker", "CreateEndpoint"): {"EndpointName": "e", "EndpointConfigName": "c"},
    ("sagemaker", "UpdateEndpoint"): {
        "EndpointName": "e",
        "EndpointConfigName": "c",
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
    },
    ("sagemaker", "UpdateEndpointWeightsAndCapacities"): {
        "EndpointName": "e",
        "DesiredWeightsAndCapacities": [
            {"VariantName": "v", "DesiredWeight": 1.0, "DesiredInstanceCount": 1}
        ],
    },
    ("sagemaker", "CreateModelPackageGroup"): {"ModelPackageGroupName": "g", "Tags": TAGS},
    ("sagemaker", "CreateModelPackage"): {
        "ModelPackageGroupName": "g",
        "InferenceSpecification": {"Containers": [{"Image": IMAGE}], "SupportedContentTypes": ["text/csv"]},
        "CustomerMetadataProperties": {"version": "v1.0.0"},
        "ModelApprovalStatus": "Approved",
    },
    ("sagemaker", "ListModelPackages"): {
        "ModelPackageGroupName": "g",
        "MaxResults": 10,
        "SortOrder": "Ascending",
    },
    ("sagemaker", "CreatePipeline"): {
        "PipelineName": "p",
        "PipelineDefinition": "{}",
        "ClientRequestToken": "t" * 32,
        "RoleArn": ROLE,
        "Tags": TAGS,
    },
    ("sagemaker", "StartPipelineExecution"): {
        "PipelineName": "p",
        "PipelineParameters": [{"Name": "a", "Value": "b"}],
        "ClientRequestToken": "t" * 32,
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 2},
    },
    ("sagemaker", "CreateProcessingJob"): {
        "ProcessingJobName": "j",
        "ProcessingInputs": [source("data", "s3://b/data")],
        "ProcessingOutputConfig": {"Outputs": [target("out", "s3://b/out")]},
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "AppSpecification": {"ImageUri": IMAGE, "ContainerArguments": ["step"]},
        "Environment": {"A": "b"},
        "NetworkConfig": {"EnableNetworkIsolation": True},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "RoleArn": ROLE,
        "Tags": TAGS,
    },
    ("sagemaker", "CreateTrainingJob"): {
        "TrainingJobName": "j",
        "HyperParameters": {"seed": "0"},
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "InputDataConfig": [
            {
                "ChannelName": "training",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/data"}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://b/models"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "EnableNetworkIsolation": True,
        "RoleArn": ROLE,
        "Tags": TAGS,
    },
    ("sagemaker", "AddTags"): {
        "ResourceArn": "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/e",
        "Tags": TAGS,
    },
    ("s3", "CreateBucket"): {
        "Bucket": "b-1",
        "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"},
    },
    ("s3", "PutObject"): {
        "Bucket": "b-1",
        "Key": "k",
        "Body": b"x",
        "IfNoneMatch": "*",
        "ContentType": "text/csv",
    },
    ("s3", "ListObjectsV2"): {"Bucket": "b-1", "Prefix": "a/", "MaxKeys": 10},
    ("s3", "PutBucketVersioning"): {"Bucket": "b-1", "VersioningConfiguration": {"Status": "Enabled"}},
    ("s3", "PutBucketEncryption"): {
        "Bucket": "b-1",
        "ServerSideEncryptionConfiguration": {
            "Rules": [
                {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}
            ]
        },
    },
    ("s3", "PutBucketLifecycleConfiguration"): {
        "Bucket": "b-1",
        "LifecycleConfiguration": {
            "Rules": [{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 3}}]
        },
    },
    ("s3", "PutPublicAccessBlock"): {
        "Bucket": "b-1",
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": True},
    },
    ("iam", "CreateRole"): {
        "RoleName": "r",
        "Path": "/",
        "AssumeRolePolicyDocument": POLICY,
        "MaxSessionDuration": 3600,
        "Tags": TAGS,
    },
    ("iam", "PutRolePolicy"): {"RoleName": "r", "PolicyName": "p", "PolicyDocument": POLICY},
    ("kms", "CreateKey"): {
        "Description": "d",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "Tags": [{"TagKey": "a", "TagValue": "b"}],
    },
    ("kms", "ScheduleKeyDeletion"): {"KeyId": "k", "PendingWindowInDays": 7},
    ("ecr", "CreateRepository"): {
        "repositoryName": "abc",
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
    },
    ("ecr", "DescribeImages"): {"repositoryName": "abc", "imageIds": [{"imageDigest": f"sha256:{'0' * 64}"}]},
    ("cloudwatch", "PutMetricAlarm"): {
        "AlarmName": "a",
        "MetricName": "m",
        "Namespace": "n",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "Dimensions": [{"Name": "n", "Value": "v"}],
    },
    ("application-autoscaling", "RegisterScalableTarget"): {**TARGET, "MinCapacity": 1, "MaxCapacity": 2},
    ("application-autoscaling", "PutScalingPolicy"): {
        **TARGET,
        "PolicyName": "p",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 50.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        },
    },
    ("logs", "CreateLogGroup"): {"logGroupName": "/a", "tags": {"a": "b"}},
    ("sns", "CreateTopic"): {"Name": "t", "Tags": TAGS},
    ("codebuild", "CreateProject"): PROJECT,
    ("codebuild", "UpdateProject"): PROJECT,
    ("codebuild", "StartBuild"): {
        "projectName": "project",
        "environmentVariablesOverride": [{"name": "A", "value": "b", "type": "PLAINTEXT"}],
    },
    ("codeconnections", "CreateConnection"): {"ConnectionName": "c", "ProviderType": "GitHub", "Tags": TAGS},
    ("codepipeline", "CreatePipeline"): {"pipeline": PIPELINE, "tags": [{"key": "a", "value": "b"}]},
    ("codepipeline", "UpdatePipeline"): {"pipeline": PIPELINE},
    ("codepipeline", "RetryStageExecution"): {
        "pipelineName": "p",
        "stageName": "s",
        "pipelineExecutionId": "01234567-0123-0123-0123-0123456789ab",
        "retryMode": "FAILED_ACTIONS",
    },
    ("events", "PutTargets"): {"Rule": "r", "Targets": [{"Id": "1", "Arn": TOPIC}]},
    ("sts", "AssumeRole"): {"RoleArn": ROLE, "RoleSessionName": "session", "DurationSeconds": 900},
}

CALLS = {
    "application-autoscaling": (
        "DeleteScalingPolicy",
        "DeregisterScalableTarget",
        "DescribeScalableTargets",
        "DescribeScalingPolicies",
        "PutScalingPolicy",
        "RegisterScalableTarget",
    ),
    "cloudwatch": (
        "DeleteAlarms",
        "DescribeAlarms",
        "GetMetricStatistics",
        "ListMetrics",
        "ListTagsForResource",
        "PutMetricAlarm",
        "PutMetricData",
        "TagResource",
    ),
    "ecr": (
        "BatchGetImage",
        "CreateRepository",
        "DeleteRepository",
        "DescribeImages",
        "DescribeRepositories",
        "GetAuthorizationToken",
        "GetDownloadUrlForLayer",
        "ListTagsForResource",
        "PutImage",
    ),
    "codebuild": (
        "BatchGetBuilds",
        "BatchGetProjects",
        "BatchGetReports",
        "CreateProject",
        "DeleteProject",
        "ListBuildsForProject",
        "StartBuild",
        "StopBuild",
        "UpdateProject",
    ),
    "codepipeline": (
        "CreatePipeline",
        "DeletePipeline",
        "GetPipeline",
        "GetPipelineExecution",
        "GetPipelineState",
        "ListActionExecutions",
        "ListPipelineExecutions",
        "ListPipelines",
        "PutApprovalResult",
        "RetryStageExecution",
        "StartPipelineExecution",
        "StopPipelineExecution",
        "UpdatePipeline",
    ),
    "codeconnections": (
        "CreateConnection",
        "DeleteConnection",
        "GetConnection",
    ),
    "events": (
        "DeleteRule",
        "DescribeRule",
        "ListRules",
        "ListTargetsByRule",
        "PutRule",
        "PutTargets",
        "RemoveTargets",
    ),
    "iam": (
        "AttachRolePolicy",
        "CreatePolicy",
        "CreateRole",
        "DeletePolicy",
        "DeleteRole",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "GetRole",
        "GetRolePolicy",
        "ListAttachedRolePolicies",
        "ListInstanceProfilesForRole",
        "ListPolicies",
        "ListRolePolicies",
        "ListRoleTags",
        "ListRoles",
        "PutRolePolicy",
        "TagRole",
        "UpdateRole",
    ),
    "kms": (
        "CreateAlias",
        "CreateKey",
        "DeleteAlias",
        "DescribeKey",
        "DisableKey",
        "EnableKeyRotation",
        "Encrypt",
        "GetKeyPolicy",
        "GetKeyRotationStatus",
        "ListAliases",
        "ListKeys",
        "ListResourceTags",
        "ScheduleKeyDeletion",
        "TagResource",
    ),
    "logs": (
        "CreateLogGroup",
        "CreateLogStream",
        "DeleteLogGroup",
        "DescribeLogGroups",
        "FilterLogEvents",
        "GetLogEvents",
        "ListTagsForResource",
        "PutRetentionPolicy",
        "TagResource",
    ),
    "resourcegroupstaggingapi": ("GetResources",),
    "s3": (
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CreateMultipartUpload",
        "UploadPart",
        "CopyObject",
        "CreateBucket",
        "DeleteBucket",
        "DeleteBucketEncryption",
        "DeleteBucketLifecycle",
        "DeleteBucketOwnershipControls",
        "DeleteBucketPolicy",
        "DeleteObject",
        "DeleteObjects",
        "DeletePublicAccessBlock",
        "GetBucketAccelerateConfiguration",
        "GetBucketAcl",
        "GetBucketCors",
        "GetBucketEncryption",
        "GetBucketLifecycleConfiguration",
        "GetBucketLocation",
        "GetBucketLogging",
        "GetBucketOwnershipControls",
        "GetBucketPolicy",
        "GetBucketReplication",
        "GetBucketRequestPayment",
        "GetBucketTagging",
        "GetBucketVersioning",
        "GetBucketWebsite",
        "GetObject",
        "GetObjectAttributes",
        "GetObjectLockConfiguration",
        "GetPublicAccessBlock",
        "HeadBucket",
        "HeadObject",
        "ListBuckets",
        "ListObjectVersions",
        "ListObjectsV2",
        "PutBucketEncryption",
        "PutBucketLifecycleConfiguration",
        "PutBucketLogging",
        "PutBucketOwnershipControls",
        "PutBucketPolicy",
        "PutBucketTagging",
        "PutBucketVersioning",
        "PutObject",
        "PutPublicAccessBlock",
    ),
    "sagemaker": (
        "AddTags",
        "CreateEndpoint",
        "CreateEndpointConfig",
        "CreateModel",
        "CreateModelPackage",
        "CreateModelPackageGroup",
        "DeleteEndpoint",
        "DeleteEndpointConfig",
        "DeleteModel",
        "DeleteModelPackage",
        "DeleteModelPackageGroup",
        "DeleteTags",
        "DescribeEndpoint",
        "DescribeEndpointConfig",
        "DescribeModel",
        "DescribeModelPackage",
        "DescribeModelPackageGroup",
        "ListEndpointConfigs",
        "ListEndpoints",
        "ListModelPackageGroups",
        "ListModelPackages",
        "ListModels",
        "ListTags",
        "UpdateEndpoint",
        "UpdateEndpointWeightsAndCapacities",
        "UpdateModelPackage",
    ),
    "sns": (
        "CreateTopic",
        "DeleteTopic",
        "GetTopicAttributes",
        "ListTagsForResource",
        "ListTopics",
        "Publish",
        "SetTopicAttributes",
        "Subscribe",
    ),
    "sts": (
        "GetCallerIdentity",
        "GetSessionToken",
    ),
}
