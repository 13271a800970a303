"""Members of the calls in use that moto (5.2.5) drops in silence: with AWS's default they are taken, with another refused by name.

Found by reading moto's handlers and by writing everything and reading it back (tests/faults/test_sandbox_moto.py). Of calls that
neither this project nor a recorded client makes (tests/unit/sandbox/calls_in_use.py) nobody has looked for such members.
"""

from collections.abc import Mapping

from sandbox.api.acts import Acts

_PAGES = ("Marker", "MaxItems")
_LIMITS = ("Limit", "Marker")
_CUSTOMER_KEY = ("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5")
_OBJECT = (*_CUSTOMER_KEY, "RequestPayer")
_EVENT_HOLD = ("ObjectLockEventHold", "ObjectLockEventHoldDurationDays", "ObjectLockEventHoldDurationYears")
# Checksums of a body; the others are held to it (sandbox/checksums.py).
_UNCOMPARED = (
    "ChecksumCRC32C",
    "ChecksumCRC64NVME",
    "ChecksumMD5",
    "ChecksumSHA512",
    "ChecksumXXHASH128",
    "ChecksumXXHASH3",
    "ChecksumXXHASH64",
)
_RULES = "LifecycleConfiguration.Rules"

# By botocore's name of the service, then by call: paths of names.
IGNORED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "application-autoscaling": {
        "PutScalingPolicy": ("PredictiveScalingPolicyConfiguration",),
        "RegisterScalableTarget": ("Tags",),
    },
    "cloudwatch": {
        "DescribeAlarms": ("ChildrenOfAlarmName", "ParentsOfAlarmName", "MaxRecords", "NextToken"),
        "GetMetricData": (
            "LabelOptions",
            "MaxDatapoints",
            "MetricDataQueries.AccountId",
            "MetricDataQueries.Period",
            "NextToken",
        ),
        "ListDashboards": ("NextToken",),
        "ListMetrics": ("IncludeLinkedAccounts", "OwningAccount"),
        "PutDashboard": ("Tags",),
        "PutMetricAlarm": (
            "ActionConfiguration",
            "EvaluationCriteria",
            "EvaluationInterval",
            "EvaluationWindow",
            "Metrics.AccountId",
            "WarmUpConfiguration",
        ),
        "PutMetricData": ("EntityMetricData", "StrictEntityValidation"),
    },
    "ecr": {
        "DescribeImages": ("nextToken", "maxResults", "filter"),
        "DescribeRepositories": ("nextToken", "maxResults"),
    },
    "events": {"DeleteRule": ("Force",)},
    "iam": {
        "ListInstanceProfilesForRole": _PAGES,
        "ListPolicies": ("PolicyUsageFilter",),
        "ListRolePolicies": _PAGES,
    },
    "kms": {
        "CreateKey": ("CustomKeyStoreId", "BypassPolicyLockoutSafetyCheck", "XksKeyId"),
        "DescribeKey": ("GrantTokens",),
        "EnableKeyRotation": ("RotationPeriodInDays",),
        "Encrypt": ("GrantTokens", "EncryptionAlgorithm", "DryRun"),
        "ListAliases": _LIMITS,
        "ListKeys": _LIMITS,
        "ListResourceTags": _LIMITS,
    },
    "logs": {
        "CreateLogGroup": ("logGroupClass", "deletionProtectionEnabled"),
        "DescribeLogGroups": (
            "accountIdentifiers",
            "includeLinkedAccounts",
            "logGroupClass",
            "logGroupIdentifiers",
            "logGroupNamePattern",
        ),
        "FilterLogEvents": ("logGroupIdentifier", "startFromHead", "unmask"),
        "GetLogEvents": ("unmask",),
    },
    "resourcegroupstaggingapi": {"GetResources": ("IncludeComplianceDetails", "ExcludeCompliantResources")},
    "s3": {
        "AbortMultipartUpload": ("RequestPayer", "IfMatchInitiatedTime"),
        "CompleteMultipartUpload": (
            *_OBJECT,
            *_UNCOMPARED,
            "ChecksumCRC32",
            "ChecksumSHA1",
            "ChecksumSHA256",
            "MpuObjectSize",
        ),
        "CopyObject": (
            *_OBJECT,
            *_EVENT_HOLD,
            "AnnotationDirective",
            "CopySourceIfMatch",
            "CopySourceIfModifiedSince",
            "CopySourceIfUnmodifiedSince",
            "CopySourceSSECustomerAlgorithm",
            "CopySourceSSECustomerKey",
            "CopySourceSSECustomerKeyMD5",
            "SSEKMSEncryptionContext",
        ),
        "CreateBucket": (
            "BucketNamespace",
            "CreateBucketConfiguration.Bucket",
            "CreateBucketConfiguration.Location",
            "CreateBucketConfiguration.Tags",
        ),
        "CreateMultipartUpload": (*_OBJECT, *_EVENT_HOLD, "SSEKMSEncryptionContext"),
        "DeleteObject": ("MFA", "RequestPayer", "IfMatchLastModifiedTime", "IfMatchSize"),
        "DeleteObjects": (
            "MFA",
            "RequestPayer",
            "Delete.Objects.ETag",
            "Delete.Objects.LastModifiedTime",
            "Delete.Objects.Size",
        ),
        "GetBucketAccelerateConfiguration": ("RequestPayer",),
        "GetObject": _OBJECT,
        "GetObjectAttributes": (*_OBJECT, "MaxParts", "PartNumberMarker"),
        "HeadObject": _OBJECT,
        "ListObjectVersions": ("RequestPayer", "OptionalObjectAttributes"),
        "ListObjectsV2": ("RequestPayer", "OptionalObjectAttributes"),
        "PutBucketEncryption": ("ServerSideEncryptionConfiguration.Rules.BlockedEncryptionTypes",),
        "PutBucketLifecycleConfiguration": (
            "TransitionDefaultMinimumObjectSize",
            f"{_RULES}.Filter.And.ObjectSizeGreaterThan",
            f"{_RULES}.Filter.And.ObjectSizeLessThan",
            f"{_RULES}.Filter.ObjectSizeGreaterThan",
            f"{_RULES}.Filter.ObjectSizeLessThan",
            f"{_RULES}.NoncurrentVersionExpiration.NewerNoncurrentVersions",
        ),
        "PutBucketLogging": ("BucketLoggingStatus.LoggingEnabled.TargetObjectKeyFormat",),
        "PutBucketPolicy": ("ConfirmRemoveSelfBucketAccess",),
        "PutBucketVersioning": ("MFA", "VersioningConfiguration.MFADelete"),
        "PutObject": (
            *_OBJECT,
            *_EVENT_HOLD,
            *_UNCOMPARED,
            "SSEKMSEncryptionContext",
            "WriteOffsetBytes",
        ),
        "UploadPart": (*_OBJECT, *_UNCOMPARED),
    },
    "sns": {"CreateTopic": ("DataProtectionPolicy",), "Subscribe": ("ReturnSubscriptionArn",)},
    "sts": {"GetSessionToken": ("SerialNumber", "TokenCode", "MinimumSessionTokenSize")},
}


def acts_of(service: str) -> Mapping[str, Acts]:
    """By call, whether moto acts on a member."""
    return {action: _acts(paths) for action, paths in IGNORED.get(service, {}).items()}


def _acts(paths: tuple[str, ...]) -> Acts:
    ignored = {tuple(path.split(".")) for path in paths}
    return lambda path: path not in ignored
