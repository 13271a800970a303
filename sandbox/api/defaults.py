"""AWS's defaults of members that the sandbox does not act on, where they are not false, 0 or empty.

Each is what the service's API reference says, as botocore's models repeat it, unless another source is named.
"""

from collections.abc import Mapping
from typing import Any

# By botocore's name of the service, then `Structure.Member`.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "ecr": {
        # DescribeImages lists tagged and untagged images unless it is told otherwise.
        "DescribeImagesFilter.tagStatus": "ANY",
    },
    "kms": {
        # "If no value is specified, the default value is 365 days."
        "EnableKeyRotationRequest.RotationPeriodInDays": 365,
        # "The default value, SYMMETRIC_DEFAULT, is the algorithm used for symmetric encryption KMS keys."
        "EncryptRequest.EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    },
    "logs": {
        # "If you omit this parameter, the default of STANDARD is used."
        "CreateLogGroupRequest.logGroupClass": "STANDARD",
        # "The default value is true."
        "FilterLogEventsRequest.startFromHead": True,
    },
    "s3": {
        # What an unspecified state is: "MFA delete is disabled" (the guide's page on versioning).
        "VersioningConfiguration.MFADelete": "Disabled",
        # "all_storage_classes_128K - Objects smaller than 128 KB will not transition … by default."
        "PutBucketLifecycleConfigurationRequest.TransitionDefaultMinimumObjectSize": "all_storage_classes_128K",
    },
    "sagemaker": {
        # "Platform - The model image is hosted in Amazon ECR": what is meant without it.
        "ImageConfig.RepositoryAccessMode": "Platform",
        "InferenceExecutionConfig.Mode": "Serial",
        "MultiModelConfig.ModelCacheSetting": "Enabled",
        # "Least outstanding requests" is to be asked for: "SageMaker by default uses a random routing strategy"
        # (the guide's page on routing strategies).
        "ProductionVariantRoutingConfig.RoutingStrategy": "RANDOM",
        # "The default value for new endpoint configurations is True."
        "MetricsConfig.EnableDetailedObservability": True,
        # "Defaults to 60."
        "MetricsConfig.MetricPublishFrequencyInSeconds": 60,
        # "SageMaker uses a blue/green deployment strategy with all at once traffic shifting by default."
        "TrafficRoutingConfig.Type": "ALL_AT_ONCE",
        # "The default is SameAccount."
        "ListModelPackageGroupsInput.CrossAccountFilterOption": "SameAccount",
        # "AllData … This is the default."
        "DescribeModelPackageInput.IncludedData": "AllData",
        "CreateModelPackageInput.SkipModelValidation": "None",
    },
}
